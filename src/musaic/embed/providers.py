"""Which of ONNX Runtime's execution providers encodes."""

import os
from collections.abc import Sequence
from importlib.metadata import packages_distributions

from musaic.config import Provider
from musaic.errors import ConfigError

_NAMES: dict[Provider, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_WHEELS: dict[Provider, str] = {
    "cuda": "onnxruntime-gpu",
    "tensorrt": "onnxruntime-gpu",
    "coreml": "onnxruntime",
    "directml": "onnxruntime-directml",
    "openvino": "onnxruntime-openvino",
}
_SYSTEMS: dict[Provider, str] = {"coreml": "macOS", "directml": "Windows"}
# Left out: TensorRT compiles for minutes at each new shape, and CoreML is in every macOS wheel without being
# faster on graphs of free batch size. Both can be named.
_BEST_FIRST: tuple[Provider, ...] = ("cuda", "directml", "openvino", "cpu")


def choose_provider(wanted: Provider, *, available: Sequence[str]) -> Provider:
    """Return the provider to use.

    Args:
        wanted: From the settings.
        available: What ``onnxruntime.get_available_providers()`` says.

    Raises:
        ConfigError: A provider is named that this machine's ONNX Runtime was built without.
    """
    if wanted == "auto":
        return next((name for name in _BEST_FIRST if _NAMES[name] in available), "cpu")
    if _NAMES[wanted] in available:
        return wanted
    installed = [name for name, long in _NAMES.items() if long in available]
    raise ConfigError(
        f"provider {wanted!r} is not installed; there is {', '.join(installed)}. {_remedy(wanted)}".strip()
    )


def _remedy(wanted: Provider) -> str:
    wheel, found = _WHEELS.get(wanted), builds()
    if wheel is None:
        return ""
    if wheel in found and len(found) > 1:
        return clash(found, wanted=wheel)
    where = f" (on {_SYSTEMS[wanted]})" if wanted in _SYSTEMS else ""
    return f"The package {wheel}{where} brings it: {_exchange(found or ['onnxruntime'], wheel)}"


def builds() -> list[str]:
    """Return the installed packages that bring ONNX Runtime, such as ``onnxruntime-gpu``, in order of name.

    All of them fill the same folder: of two, one has overwritten the other's files. A copy that no installer knows of
    is in none.
    """
    return sorted(set(packages_distributions().get("onnxruntime", [])))


def clash(builds: Sequence[str], *, wanted: str | None = None) -> str:
    """Return what to say where several packages that bring ONNX Runtime are installed, in a whole sentence.

    Args:
        builds: Those packages.
        wanted: The one to keep; None: one that is not the plain one.
    """
    kept = wanted or next((each for each in builds if each != "onnxruntime"), builds[0])
    return (
        f"The packages {' and '.join(builds)} fill the same folder, and one has overwritten the other; "
        f"to have {kept}: {_exchange(builds, kept)}"
    )


def _exchange(old: Sequence[str], new: str) -> str:
    # All go first: removing one of two takes files of the other along.
    return f"`pip uninstall -y {' '.join(old)}` and then `pip install {new}`"


def onnx_names(provider: Provider) -> list[str]:
    """Return ONNX Runtime's names for a provider, with the CPU for what it cannot do."""
    return list(dict.fromkeys([_NAMES[provider], _NAMES["cpu"]]))


def cores() -> int:
    """Return the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
