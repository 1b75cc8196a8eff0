"""Musaic: multimodal RAG for brand and media libraries."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musaic.errors import MusaicError
    from musaic.library import Library
    from musaic.schemas import (
        Asset,
        Brief,
        CostLine,
        DoneEvent,
        FileEvent,
        Finding,
        Fingerprint,
        Generation,
        Hit,
        ImageModel,
        Lineage,
        Plan,
        ProgressEvent,
        Recipe,
        Record,
        Reference,
    )

__all__ = [
    "Asset",
    "Brief",
    "CostLine",
    "DoneEvent",
    "FileEvent",
    "Finding",
    "Fingerprint",
    "Generation",
    "Hit",
    "ImageModel",
    "Library",
    "Lineage",
    "MusaicError",
    "Plan",
    "ProgressEvent",
    "Recipe",
    "Record",
    "Reference",
]

_HOMES = {"Library": "library", "MusaicError": "errors"}


def __getattr__(name: str) -> object:
    # Import late: `import musaic` costs nothing until a name is used (PEP 562).
    if name not in __all__:
        raise AttributeError(f"module 'musaic' has no attribute {name!r}")
    return getattr(import_module(f"musaic.{_HOMES.get(name, 'schemas')}"), name)
