"""int8 graphs, made on this machine from a model's own fp32 graphs and kept in the cache.

Their weights have seven bits. Where a CPU lacks VNNI, the products of an unsigned and a signed byte are added in pairs
in 16 bits, and stop at 32,767: with eight bits 2 x 255 x 127 does not fit, and the vectors come out wrong (cosine .88
with fp32's); 2 x 255 x 64 fits. So every CPU gives the same vectors, and a library can be shared.
"""

import logging
import tempfile
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musaic.embed.onnx import Running, Tower
from musaic.errors import ExtraMissingError, ModelFilesError

LEAST_COSINE = 0.95
"""Between what an fp32 graph and its int8 form give for one input; see `check_alike`."""
_SAMPLES, _CELLS, _SIDE, _LENGTH, _FIRST_IDS = 8, 8, 224, 16, 30


def quantized(graph: Path, *, name: str, cache: Path) -> Path:
    """Return the int8 form of a graph: weights of its matrix products by channel, activations as they come.

    Made once, in about ten seconds for a ViT-B/32, and kept in ``int8/`` of the cache.

    Args:
        graph: The fp32 graph.
        name: To keep it under; of the weights, not of their place.
        cache: The user's cache folder.

    Raises:
        ExtraMissingError: The optional package onnx is not installed.
        ModelFilesError: The graph cannot be quantised, its int8 form gives other vectors, or the cache cannot be
            written to.
    """
    made = cache / "int8" / f"{name}-7bit.onnx"
    if made.is_file():
        return made
    try:
        made.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
            new = Path(scratch) / "model.onnx"
            _quantize(graph, new)
            check_alike(graph, new)
            new.replace(made)
    except (ExtraMissingError, ModelFilesError):
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
                reduce_range=True,
                weight_type=making.QuantType.QInt8,
            )
    finally:
        logging.disable(before)


def check_alike(graph: Path, made: Path) -> None:
    """Compare a graph with its int8 form on made-up inputs, on this machine.

    Raises:
        ModelFilesError: A cosine is under `LEAST_COSINE`.
    """
    exact, small = (Tower(each, Running(), threads=1) for each in (graph, made))
    feeds = {name: _samples(name, exact) for name in exact.inputs}
    one, other = (tower.run(feeds).astype(np.float64) for tower in (exact, small))
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    least = float(((one * other).sum(1) / np.maximum(norms, 1e-30)).min())
    if not least >= LEAST_COSINE:
        raise ModelFilesError(
            f"the int8 form of {graph.name} gives other vectors than it does itself (cosine {least:.2f}); use "
            "precision fp32",
            folder=graph.parent,
        )


def _samples(name: str, tower: Tower) -> NDArray[np.generic]:
    """Return inputs of a tower, always the same: pictures of coarse cells, or ids of any words."""
    rng = np.random.default_rng(7)
    axes = [axis if isinstance(axis, int) else None for axis in tower.inputs[name].shape]
    if len(axes) == 4:
        height, width = (axis or _SIDE for axis in axes[2:])
        cells = rng.uniform(-2, 2, (_SAMPLES, 3, _CELLS, _CELLS)).astype(np.float32)
        rows, columns = (np.arange(size) * _CELLS // size for size in (height, width))
        return np.asarray(cells[:, :, rows][:, :, :, columns])
    shape = (_SAMPLES, axes[1] if len(axes) > 1 and axes[1] else _LENGTH)
    if name == "token_type_ids":
        return np.zeros(shape, np.int64)
    return np.ones(shape, np.int64) if name == "attention_mask" else rng.integers(1, _FIRST_IDS, shape)
