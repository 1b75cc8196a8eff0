"""The drawing of every kind in `musaic.demo.vocabulary`."""

import pkgutil
from collections.abc import Callable
from importlib import import_module

from musaic.demo.canvas import Canvas

DRAWINGS: dict[str, Callable[[Canvas], None]] = {}
for _module in pkgutil.iter_modules(__path__):
    DRAWINGS.update(import_module(f"{__name__}.{_module.name}").DRAWINGS)
