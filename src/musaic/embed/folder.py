"""A model folder in either published layout, read from its own config files.

Immich's: ``visual/model.onnx``, ``visual/preprocess_cfg.json``, ``textual/model.onnx``,
``textual/tokenizer.json``, ``config.json`` in open_clip's form. transformers.js': ``onnx/vision_model.onnx``,
``onnx/text_model.onnx``, ``preprocessor_config.json``, ``tokenizer.json``, ``config.json``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from musaic.embed.preprocess import Preprocessing, Resize
from musaic.embed.text import TextRules
from musaic.errors import ModelFilesError

Layout = Literal["immich", "transformers.js"]
Stored = Literal["fp32", "fp16", "int8"]
MADE_INT8: Final = "int8-7bit"
"""What is recorded where an int8 graph was made here; asked for as int8. See `musaic.embed.quantize`."""
Suffix = Literal["", "_fp16", "_quantized", "_int8"]

LAYOUT_FILES: dict[Layout, tuple[str, ...]] = {
    "immich": (
        "config.json",
        *("visual/model.onnx", "visual/preprocess_cfg.json"),
        *("textual/model.onnx", "textual/tokenizer.json"),
    ),
    "transformers.js": ("config.json", "preprocessor_config.json", "tokenizer.json"),
}
"""What a folder must hold; in transformers.js' layout also the graphs of one precision."""

# What each precision is called in transformers.js' file names, the wanted one first, then what comes nearest.
_SUFFIXES: dict[Stored, tuple[Suffix, ...]] = {
    "fp32": ("", "_fp16", "_quantized", "_int8"),
    "fp16": ("_fp16", "", "_quantized", "_int8"),
    "int8": ("_quantized", "_int8", "", "_fp16"),
}
_STORED: dict[Suffix, Stored] = {"": "fp32", "_fp16": "fp16", "_quantized": "int8", "_int8": "int8"}
_NO_WEIGHTS = frozenset({".json", ".txt", ".md", ".model", ".armnn", ".rknn", ".incomplete"})


@dataclass(frozen=True)
class ModelFolder:
    """What a model folder says of itself.

    Attributes:
        path: The folder.
        layout: Which of the two.
        stored: Precision of the weights in the files that were chosen.
        vision: Graph of the vision tower.
        text: Graph of the text tower.
        dim: Length of the vectors, where a config file tells.
        preprocessing: Of pictures.
        rules: Of texts.
    """

    path: Path
    layout: Layout
    stored: Stored
    vision: Path
    text: Path
    dim: int | None
    preprocessing: Preprocessing
    rules: TextRules

    def weight_files(self) -> tuple[Path, ...]:
        """Return both graphs and the external weights that lie beside them, in a fixed order."""
        return tuple(file for graph in (self.vision, self.text) for file in (graph, *self._external(graph)))

    def _external(self, graph: Path) -> list[Path]:
        if self.layout == "transformers.js":
            return sorted(graph.parent.glob(f"{graph.name}_data*"))
        beside = (file for file in graph.parent.iterdir() if file.is_file() and not file.name.startswith("."))
        return sorted(file for file in beside if file != graph and file.suffix not in _NO_WEIGHTS)


def read_folder(path: Path, *, precision: Stored = "fp32") -> ModelFolder:
    """Return what a model folder says of itself; opens no weights.

    Args:
        path: The folder.
        precision: Preferred where the folder holds several; another is taken where it is missing.

    Raises:
        ModelFilesError: The folder is in neither layout, or a file of it cannot be used.
    """
    if not path.is_dir():
        raise ModelFilesError("there is no such folder", folder=path)
    if (path / "visual").is_dir() or (path / "textual").is_dir():
        return _read_immich(path)
    if (path / "onnx").is_dir():
        return _read_transformers(path, precision)
    raise ModelFilesError(
        "neither visual/ and textual/ (Immich's layout) nor onnx/ (transformers.js' layout) is in it",
        folder=path,
    )


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Triple = tuple[float, float, float]
C = TypeVar("C", bound=_Config)


class _TextConfig(_Config):
    context_length: int = Field(default=77, gt=0)
    tokenizer_kwargs: dict[str, object] | None = None


class _OpenClipConfig(_Config):
    embed_dim: int | None = Field(default=None, gt=0)
    text_cfg: _TextConfig = _TextConfig()


class _OpenClipPreprocess(_Config):
    size: int | tuple[int, int]
    mean: Triple
    std: Triple
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    resize_mode: Resize = "shortest"  # open_clip's default, which older files rely on


class _Token(_Config):
    content: str


class _TokenizerConfig(_Config):
    pad_token: str | _Token | None = None
    # "No limit" is written as a huge number, at times as a float.
    model_max_length: float | None = None


class _Size(_Config):
    shortest_edge: int | None = None
    height: int | None = None
    width: int | None = None


class _TransformersPreprocess(_Config):
    do_resize: bool = True
    size: int | _Size
    do_center_crop: bool = False
    crop_size: int | _Size | None = None
    resample: int = 3
    do_rescale: bool = True
    rescale_factor: float = 1 / 255
    do_normalize: bool = True
    image_mean: Triple
    image_std: Triple


class _Tower(_Config):
    max_position_embeddings: int | None = None
    hidden_size: int | None = None
    projection_size: int | None = None


class _TransformersConfig(_Config):
    model_type: str = "clip"
    projection_dim: int | None = None
    text_config: _Tower = _Tower()
    vision_config: _Tower = _Tower()


def _read(file: Path, shape: type[C], *, optional: bool = False) -> C:
    if optional and not file.is_file():
        return shape()
    try:
        return shape.model_validate_json(file.read_bytes())
    except FileNotFoundError as exc:
        raise ModelFilesError(f"{file.name} is missing", folder=file.parent) from exc
    except OSError as exc:
        raise ModelFilesError(f"{file.name} cannot be read ({exc.strerror})", folder=file.parent) from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ModelFilesError(
            f"{file.name} cannot be used: {place} {first['msg']}", folder=file.parent
        ) from exc


def _need(path: Path, names: tuple[str, ...]) -> None:
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        raise ModelFilesError(f"{', '.join(missing)} is missing; copy or fetch the folder again", folder=path)


def _read_immich(path: Path) -> ModelFolder:
    _need(path, LAYOUT_FILES["immich"])
    config = _read(path / "config.json", _OpenClipConfig)
    given = _read(path / "visual/preprocess_cfg.json", _OpenClipPreprocess)
    side = given.size if isinstance(given.size, int) else given.size[0]
    if isinstance(given.size, tuple) and given.size[0] != given.size[1]:
        raise ModelFilesError(
            f"preprocess_cfg.json asks for {given.size} pixels, which is no square", folder=path
        )
    preprocessing = Preprocessing(
        side, given.resize_mode, side, Image.Resampling[given.interpolation.upper()], given.mean, given.std
    )
    canonical = (config.text_cfg.tokenizer_kwargs or {}).get("clean") == "canonicalize"
    rules = TextRules(
        path / "textual/tokenizer.json",
        config.text_cfg.context_length,
        _pad_token(path / "textual"),
        canonical,
    )
    graphs = path / "visual/model.onnx", path / "textual/model.onnx"
    return ModelFolder(path, "immich", "fp32", *graphs, config.embed_dim, preprocessing, rules)


def _pad_token(folder: Path) -> str | None:
    config = _read(folder / "tokenizer_config.json", _TokenizerConfig, optional=True)
    return config.pad_token.content if isinstance(config.pad_token, _Token) else config.pad_token


def _read_transformers(path: Path, precision: Stored) -> ModelFolder:
    suffix, stored = _variant(path, precision)
    _need(path, LAYOUT_FILES["transformers.js"])
    config = _read(path / "config.json", _TransformersConfig)
    given = _read(path / "preprocessor_config.json", _TransformersPreprocess)
    siglip = config.model_type.startswith("siglip")
    rules = TextRules(
        path / "tokenizer.json", _context_length(path, config), _pad_token(path),
        canonicalise=siglip, pad_to_longest=config.model_type == "clip",
    )  # fmt: skip
    vision = config.vision_config
    dim = (vision.projection_size or vision.hidden_size) if siglip else config.projection_dim
    graphs = path / f"onnx/vision_model{suffix}.onnx", path / f"onnx/text_model{suffix}.onnx"
    return ModelFolder(path, "transformers.js", stored, *graphs, dim, _preprocessing(given, path), rules)


def find_variant(names: Collection[str], precision: Stored) -> tuple[Suffix, Stored] | None:
    """Return the suffix of the graphs to take in transformers.js' layout, and their precision.

    Args:
        names: Of the folder's files, relative to it.
        precision: Preferred.
    """
    for suffix in _SUFFIXES[precision]:
        if all(f"onnx/{tower}_model{suffix}.onnx" in names for tower in ("vision", "text")):
            return suffix, _STORED[suffix]
    return None


def has_weights(path: Path, layout: Layout, precision: Stored) -> bool:
    """Return whether a folder holds both graphs, in just this precision where the layout has several."""
    if layout == "immich":
        return all((path / tower / "model.onnx").is_file() for tower in ("visual", "textual"))
    found = find_variant(_graph_names(path), precision)
    return found is not None and found[1] == precision


def _graph_names(path: Path) -> set[str]:
    return {f"onnx/{file.name}" for file in (path / "onnx").glob("*.onnx") if file.is_file()}


def _variant(path: Path, precision: Stored) -> tuple[Suffix, Stored]:
    found = find_variant(_graph_names(path), precision)
    if found is None:
        raise ModelFilesError(
            "onnx/vision_model.onnx and onnx/text_model.onnx (or both with _fp16 or _quantized) are missing; "
            "a model.onnx that holds both towers in one cannot be used",
            folder=path,
        )
    return found


def _context_length(path: Path, config: _TransformersConfig) -> int:
    said = _read(path / "tokenizer_config.json", _TokenizerConfig, optional=True).model_max_length
    positions = config.text_config.max_position_embeddings
    default = 64 if config.model_type.startswith("siglip") else 77
    limits = [int(limit) for limit in (said, positions) if limit and 0 < limit < 100_000]
    return min(limits, default=default)


def _preprocessing(given: _TransformersPreprocess, path: Path) -> Preprocessing:
    size = given.size if isinstance(given.size, _Size) else _plain_size(given)
    crop = given.crop_size if isinstance(given.crop_size, _Size) else _square(given.crop_size)
    resize_side = size.shortest_edge or size.height
    side = (crop.height if given.do_center_crop else None) or resize_side
    if (
        not (given.do_resize and resize_side and side)
        or size.height != size.width
        or crop.height != crop.width
    ):
        raise ModelFilesError("preprocessor_config.json does not resize to a square", folder=path)
    mode: Resize = "shortest" if size.shortest_edge else "squash"
    if side > resize_side or (mode == "shortest" and not given.do_center_crop):
        raise ModelFilesError(
            "preprocessor_config.json does not cut a square out of the picture", folder=path
        )
    try:
        resampling = Image.Resampling(given.resample)
    except ValueError as exc:
        raise ModelFilesError(
            f"preprocessor_config.json: resample {given.resample} is unknown", folder=path
        ) from exc
    mean, std = (
        (given.image_mean, given.image_std) if given.do_normalize else ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    )
    factor = given.rescale_factor if given.do_rescale else 1.0
    return Preprocessing(side, mode, resize_side, resampling, mean, std, factor)


def _plain_size(given: _TransformersPreprocess) -> _Size:
    assert isinstance(given.size, int)
    # CLIP's older files write the short side as a bare number; those that cut nothing mean a square.
    if given.do_center_crop:
        return _Size(shortest_edge=given.size)
    return _square(given.size)


def _square(side: int | None) -> _Size:
    return _Size(height=side, width=side)
