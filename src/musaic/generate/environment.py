"""What the services' own libraries would take from the environment is kept from them: settings say all of it."""

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_turn = threading.Lock()


@contextmanager
def hidden(*prefixes: str, but: Collection[str] = ()) -> Iterator[None]:
    """Hide variables, while a client is made that reads them then and not later.

    Args:
        *prefixes: What their names begin with.
        but: Names that stay.
    """
    with _turn:
        away = {name: value for name, value in os.environ.items() if name.startswith(prefixes)}
        away = {name: value for name, value in away.items() if name not in but}
        for name in away:
            del os.environ[name]
        try:
            yield
        finally:
            os.environ.update(away)
