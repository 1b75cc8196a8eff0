"""int8 graphs, made on this machine from a model's own fp32 graphs and kept in the cache."""

import logging
import tempfile
import warnings
from pathlib import Path

from musaic.errors import ExtraMissingError, ModelFilesError


def quantized(graph: Path, *, name: str, cache: Path) -> Path:
    """Return the int8 form of a graph: weights of its matrix products by channel, activations as they come.

    Made once, in about ten seconds for a ViT-B/32, and kept in ``int8/`` of the cache.

    Args:
        graph: The fp32 graph.
        name: To keep it under; of the weights, not of their place.
        cache: The user's cache folder.

    Raises:
        ExtraMissingError: The optional package onnx is not installed.
        ModelFilesError: The graph cannot be quantised, or the cache cannot be written to.
    """
    made = cache / "int8" / f"{name}.onnx"
    if made.is_file():
        return made
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
            new = Path(scratch) / "model.onnx"
            _quantize(graph, new)
            new.replace(made)
    except ExtraMissingError:
        raise
    except Exception as exc:  # onnx, ONNX Runtime and the system raise their own
        reason = f"{graph.name} cannot be made int8 ({exc}); use precision fp32"
        raise ModelFilesError(reason, folder=graph.parent) from exc
    return made


def _quantize(graph: Path, new: Path) -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as exc:
        raise ExtraMissingError(extra="int8", needed_for="precision int8") from exc
    from musaic.embed.runtime import quantization

    making = quantization()

    # It tells the root logger to run a preparation first, which brings nothing for these graphs.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            products = ["MatMul", "Gemm"]
            making.quantize_dynamic(
                graph,
                new,
                op_types_to_quantize=products,
                per_channel=True,
                weight_type=making.QuantType.QInt8,
            )
    finally:
        logging.disable(before)
