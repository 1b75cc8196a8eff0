"""Write the trained starter as a model folder: ``python -m training.export --from DIR``.

The folder has the same layout as the encoders published by Immich, and loads like any of them.
"""

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from torch import Tensor, nn

from musaic.embed.runtime import onnxruntime
from training.model import DIM, MEAN, SIZE_PX, STD
from training.tokens import LENGTH, PAD
from training.train import CHECKPOINT, load

STARTER = Path(__file__).parents[1] / "src/musaic/embed/starter"
LIMIT_BYTES = 8_000_000
TOLERANCE = 1e-4
# Of unit vectors' elements, about 0.06 each, once the weights have lost all but 11 bits.
HALF_TOLERANCE = 5e-3
_OPSET = 17
_SMALL = 64


def export(checkpoint: Path, folder: Path) -> int:
    """Write the averaged towers and their tokenizer; return the folder's size in bytes.

    Raises:
        ValueError: ONNX Runtime disagrees with torch by more than `TOLERANCE` (`HALF_TOLERANCE` once
            the weights are stored in half precision), or the files exceed `LIMIT_BYTES`.
    """
    learner, _ = load(checkpoint, torch.device("cpu"))
    image, text = learner.averaged
    for name in ("visual", "textual"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _write_tower(image, torch.rand(3, 3, SIZE_PX, SIZE_PX), folder / "visual/model.onnx", "image")
    vocabulary = learner.tokenizer.get_vocab_size()
    ids = torch.randint(1, vocabulary, (3, LENGTH), dtype=torch.int32)
    ids[:, LENGTH // 2 :] = 0
    _write_tower(text, ids, folder / "textual/model.onnx", "text")
    _write_configs(folder, learner.tokenizer)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    if size > LIMIT_BYTES:
        raise ValueError(
            f"the starter takes {size} bytes, more than {LIMIT_BYTES}; use fewer channels or pieces"
        )
    return size


def _write_tower(tower: nn.Module, example: Tensor, file: Path, name: str) -> None:
    axes = {name: {0: "batch"}, "embedding": {0: "batch"}}
    with warnings.catch_warnings():
        # The exporter in use is the older one; the newer needs another package and fixes the batch.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tower, (example,), file, input_names=[name], output_names=["embedding"], dynamic_axes=axes,
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
    with torch.no_grad():
        expected = tower(example).numpy()
    _check(file, name, example.numpy(), expected, TOLERANCE)
    onnx.save(stored_in_half(onnx.load(file)), file)
    _check(file, name, example.numpy(), expected, HALF_TOLERANCE)


def stored_in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights as float16, cast back to float32: half the bytes, folded away when loaded."""
    graph, kept, casts = model.graph, [], []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) <= _SMALL:
            kept.append(tensor)
            continue
        half = numpy_helper.to_array(tensor).astype(np.float16)
        kept.append(numpy_helper.from_array(half, f"{tensor.name}_half"))
        casts.append(helper.make_node("Cast", [f"{tensor.name}_half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return model


def _check(
    file: Path, name: str, example: NDArray[np.generic], expected: NDArray[np.float32], tolerance: float
) -> None:
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    found = np.asarray(session.run(["embedding"], {name: example})[0])
    if (worst := float(np.abs(found - expected).max())) > tolerance:
        raise ValueError(f"{file} differs from the trained net by {worst:.1e}, more than {tolerance:.0e}")


def _write_configs(folder: Path, tokenizer: Tokenizer) -> None:
    tokenizer.save(str(folder / "textual/tokenizer.json"), pretty=False)
    text = {"context_length": LENGTH, "vocab_size": tokenizer.get_vocab_size()}
    preprocess = {
        "size": [SIZE_PX, SIZE_PX],
        "mode": "RGB",
        "mean": list(MEAN),
        "std": list(STD),
        "interpolation": "bicubic",
        "resize_mode": "squash",
        "fill_color": 0,
    }
    config = {"embed_dim": DIM, "vision_cfg": {"image_size": SIZE_PX}, "text_cfg": text}
    tokens = {"pad_token": PAD, "unk_token": "[UNK]", "model_max_length": LENGTH}
    files = {
        "config.json": config,
        "visual/preprocess_cfg.json": preprocess,
        "textual/tokenizer_config.json": tokens,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.export", description="Write the starter's files."
    )
    parser.add_argument("--from", dest="source", type=Path, required=True, help="The --out of training.")
    parser.add_argument("--to", type=Path, default=STARTER, help="Model folder to write.")
    given = parser.parse_args(arguments)
    size = export(given.source / CHECKPOINT, given.to)
    print(f"{given.to}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
