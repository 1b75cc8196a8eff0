"""Tiny model folders for tests: real ONNX graphs in the published layouts, made in milliseconds.

They are no toys in one respect: pictures and colour words share a space, so "a red square" finds the
red picture. Needs the optional package onnx (``pip install 'musaic[int8]'``).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from musaic.errors import ExtraMissingError

if TYPE_CHECKING:
    from onnx import NodeProto

COLOURS = {
    "red": (1, -1, -1),
    "green": (-1, 0, -1),
    "blue": (-1, -1, 1),
    "yellow": (1, 1, -1),
    "black": (-1, -1, -1),
    "white": (1, 1, 1),
    "orange": (1, 0, -1),
    "purple": (0, -1, 0),
    "pink": (1, 0.5, 0.6),
}
NOUNS = ("a", "an", "of", "the", "square", "circle", "picture", "photo", "shirt", "dress", "watch", "shoe")
CONTEXT_LENGTH = 16
_SPECIAL = ("[PAD]", "[UNK]", "[BOS]", "[EOS]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_CELLS = 4
_FILTERS = 8

Weights = dict[str, NDArray[np.float32]]
Axes = list[str | int]


@dataclass(frozen=True)
class _Shape:
    """What the two layouts write differently."""

    batch: str | int
    length: str | int
    names: tuple[str, str, str, str]
    ids: Literal["INT32", "INT64"]
    normalised: bool


def tiny_model(
    folder: Path,
    *,
    layout: Literal["immich", "transformers.js"] = "immich",
    dim: int = 32,
    image_size: int = 32,
    seed: int = 0,
    batch: Literal[1] | None = None,
) -> Path:
    """Write a model folder that `musaic.embed.load_embedder` takes, and return it.

    Args:
        folder: Made if it is not there.
        layout: Which of the two published layouts.
        dim: Length of the vectors, at least 4.
        image_size: Side of the square the vision tower sees, in pixels; a multiple of 4.
        seed: Of all weights; two models of one seed give equal vectors.
        batch: 1 fixes the batch in both graphs, as Immich publishes them; None leaves it free.

    Raises:
        ExtraMissingError: The package onnx is not installed.
        ValueError: `dim` or `image_size` cannot be had.
    """
    if dim < 4 or image_size < _CELLS or image_size % _CELLS:
        raise ValueError(f"dim must be at least 4 and image_size a multiple of {_CELLS}: {dim}, {image_size}")
    vision, text = _weights(dim, image_size, seed)
    if layout == "immich":
        names = ("image", "embedding", "text", "embedding")
        shape = _Shape(batch or "batch", CONTEXT_LENGTH, names, "INT32", normalised=True)
        towers, configs, words = (
            ("visual/model", "textual/model"),
            _immich_configs(dim, image_size),
            "textual",
        )
    else:
        names = ("pixel_values", "image_embeds", "input_ids", "text_embeds")
        shape = _Shape(batch or "batch", "sequence", names, "INT64", normalised=False)
        towers, configs, words = (
            ("onnx/vision_model", "onnx/text_model"),
            _transformers_configs(dim, image_size),
            ".",
        )
    _write_graphs(folder, towers, shape, vision, text)
    for name, config in (configs | _tokenizer_configs(words)).items():
        (folder / name).write_text(json.dumps(config, indent=1), encoding="utf-8")
    return folder


def _vocabulary() -> dict[str, int]:
    words = (*_SPECIAL, *COLOURS, *NOUNS, *(f"##{letter}" for letter in _LETTERS), *_LETTERS)
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


def _weights(dim: int, image_size: int, seed: int) -> tuple[Weights, Weights]:
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.standard_normal((dim, 4)))[0].T
    colours, offset = axes[:3], 0.2 * axes[3]
    filters = (
        rng.standard_normal((_FILTERS, 3, image_size // _CELLS, image_size // _CELLS)) * _CELLS / image_size
    )
    filters -= filters.mean((2, 3), keepdims=True)  # an even colour has no texture
    texture = 0.3 * rng.standard_normal((_FILTERS * _CELLS**2, dim)) / np.sqrt(dim)
    words = 0.2 * rng.standard_normal((len(_vocabulary()), dim)) / np.sqrt(dim)
    for name, colour in COLOURS.items():
        words[_vocabulary()[name]] = np.asarray(colour) @ colours
    words[0] = 0  # padding says nothing
    vision = {"colours": colours, "offset": offset, "filters": filters, "texture": texture}
    text = {"words": words, "offset": offset}
    return _float32(vision), _float32(text)


def _float32(weights: dict[str, NDArray[np.float64]]) -> Weights:
    return {name: value.astype(np.float32) for name, value in weights.items()}


def _write_graphs(
    folder: Path, towers: tuple[str, str], shape: _Shape, vision: Weights, text: Weights
) -> None:
    dim, side = vision["colours"].shape[1], vision["filters"].shape[2] * _CELLS
    image, image_out, ids, text_out = shape.names
    vision_file, text_file = (folder / f"{tower}.onnx" for tower in towers)
    tail: Axes = [shape.batch, dim]
    _write_graph(
        vision_file,
        _vision_nodes(image, image_out, vision["filters"].shape[2], shape.normalised),
        vision,
        ends=((image, "FLOAT", [shape.batch, 3, side, side]), (image_out, "FLOAT", tail)),
    )
    _write_graph(
        text_file,
        _text_nodes(ids, text_out, shape.normalised),
        text,
        ends=((ids, shape.ids, [shape.batch, shape.length]), (text_out, "FLOAT", tail)),
    )


def _vision_nodes(image: str, out: str, cell: int, normalised: bool) -> "list[NodeProto]":
    from onnx.helper import make_node

    return [
        make_node("GlobalAveragePool", [image], ["mean4"]),
        make_node("Flatten", ["mean4"], ["mean"]),
        make_node("MatMul", ["mean", "colours"], ["colour"]),
        make_node("Conv", [image, "filters"], ["cells"], strides=[cell, cell]),
        make_node("Relu", ["cells"], ["positive"]),
        make_node("Flatten", ["positive"], ["flat"]),
        make_node("MatMul", ["flat", "texture"], ["textured"]),
        make_node("Add", ["colour", "textured"], ["sum"]),
        *_tail(out, normalised),
    ]


def _text_nodes(ids: str, out: str, normalised: bool) -> "list[NodeProto]":
    from onnx.helper import make_node

    return [
        make_node("Gather", ["words", ids], ["rows"]),
        make_node("ReduceSum", ["rows", "over_words"], ["sum"], keepdims=0),
        *_tail(out, normalised),
    ]


def _tail(out: str, normalised: bool) -> "list[NodeProto]":
    from onnx.helper import make_node

    if not normalised:
        return [make_node("Add", ["sum", "offset"], [out])]
    norm = make_node("LpNormalization", ["raw"], [out], axis=-1, p=2)
    return [make_node("Add", ["sum", "offset"], ["raw"]), norm]


def _write_graph(
    file: Path,
    nodes: "list[NodeProto]",
    weights: Weights,
    *,
    ends: tuple[tuple[str, str, Axes], tuple[str, str, Axes]],
) -> None:
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as exc:
        raise ExtraMissingError(extra="int8", needed_for="making a tiny model") from exc

    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    constants.append(helper.make_tensor("over_words", TensorProto.INT64, [1], [1]))
    start, end = (helper.make_tensor_value_info(n, getattr(TensorProto, t), axes) for n, t, axes in ends)
    graph = helper.make_graph(nodes, "tiny", [start], [end], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)


def _immich_configs(dim: int, size: int) -> dict[str, object]:
    text = {"context_length": CONTEXT_LENGTH, "vocab_size": len(_vocabulary())}
    preprocess = {"size": [size, size], "mode": "RGB", "mean": [0.5] * 3, "std": [0.5] * 3}
    return {
        "config.json": {"embed_dim": dim, "vision_cfg": {"image_size": size}, "text_cfg": text},
        "visual/preprocess_cfg.json": preprocess | {"interpolation": "bicubic", "resize_mode": "shortest"},
    }


def _transformers_configs(dim: int, size: int) -> dict[str, object]:
    return {
        "config.json": {
            "model_type": "clip",
            "projection_dim": dim,
            "text_config": {"max_position_embeddings": CONTEXT_LENGTH},
            "vision_config": {"image_size": size},
        },
        "preprocessor_config.json": {
            "do_resize": True, "size": {"shortest_edge": size}, "resample": 3,
            "do_center_crop": True, "crop_size": {"height": size, "width": size},
            "do_rescale": True, "rescale_factor": 1 / 255,
            "do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        },
    }  # fmt: skip


def _tokenizer_configs(folder: str) -> dict[str, object]:
    vocabulary = _vocabulary()
    special = [
        {"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for token in _SPECIAL
    ]  # fmt: skip
    ends = [{"SpecialToken": {"id": "[BOS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    template = {
        "type": "TemplateProcessing",
        "single": [*ends, {"SpecialToken": {"id": "[EOS]", "type_id": 0}}],
        "pair": [],
        "special_tokens": {t: {"id": t, "ids": [vocabulary[t]], "tokens": [t]} for t in ("[BOS]", "[EOS]")},
    }
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
             "max_input_chars_per_word": 100, "vocab": vocabulary}  # fmt: skip
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
        "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template, "decoder": None, "model": model,
    }  # fmt: skip
    settings = {"pad_token": "[PAD]", "model_max_length": CONTEXT_LENGTH}
    return {f"{folder}/tokenizer.json": tokenizer, f"{folder}/tokenizer_config.json": settings}
