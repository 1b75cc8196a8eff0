"""Which of ONNX Runtime's execution providers encodes."""

import os
from collections.abc import Sequence

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
    "coreml": "onnxruntime (on macOS)",
    "directml": "onnxruntime-directml (on Windows)",
    "openvino": "onnxruntime-openvino",
}
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
    wheel = f"`pip install {_WHEELS[wanted]}` in place of onnxruntime brings it" if wanted in _WHEELS else ""
    raise ConfigError(
        f"provider {wanted!r} is not installed; there is {', '.join(installed)}. {wheel}".strip()
    )


def onnx_names(provider: Provider) -> list[str]:
    """Return ONNX Runtime's names for a provider, with the CPU for what it cannot do."""
    return list(dict.fromkeys([_NAMES[provider], _NAMES["cpu"]]))


def cores() -> int:
    """Return the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
