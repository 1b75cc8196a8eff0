"""The way to ONNX Runtime: whoever needs it takes `onnxruntime` from here, and nobody imports it directly.

Its official builds write an identifier of the machine under the user's cache folder and send what is done with them
to Microsoft, from the first import on (seen in 1.31.1; see ``Privacy.md`` in the package). Switching that off by a
call comes too late, so it is done by this variable, before the import. Who wants it sets the variable to 0.
"""

import os
from importlib import import_module
from types import ModuleType

_SWITCH = "ORT_DISABLE_TELEMETRY"
_theirs = os.environ.get(_SWITCH)
if not _theirs:
    os.environ[_SWITCH] = "1"
try:
    import onnxruntime
finally:
    # Read once, and the environment is the program's whose process this is.
    if _theirs is None:
        del os.environ[_SWITCH]
    else:
        os.environ[_SWITCH] = _theirs

__all__ = ["onnxruntime", "quantization"]


def quantization() -> ModuleType:
    """Return the part that makes int8 graphs; it needs the package onnx, and is slow to import."""
    return import_module("onnxruntime.quantization")
