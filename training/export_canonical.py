"""Canonical vectors: what transformers computes, against what Musaic computes from exported graphs.

Development only; needs torch, transformers and onnx.

``python -m training.export_canonical real OUT --vocabulary bpe_simple_vocab_16e6.txt.gz`` writes random weights of
the real ViT-B/32 shape in both layouts below OUT and compares. The vocabulary is a file of the open-clip-torch wheel.

``python -m training.export_canonical pin`` writes a tiny CLIP and a tiny SigLIP, with tokenizers trained on a few
sentences, and what transformers says of them to ``tests/canonical``, where a test holds Musaic to it.
"""

import argparse
import gzip
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, SiglipConfig, SiglipModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip.tokenization_siglip import SiglipTokenizer

from musaic.config import EmbedSettings
from musaic.embed import load_embedder

PINNED = Path(__file__).parent.parent / "tests/canonical"
TEXTS = (
    "a golden watch",
    "  Red silk cape,\twith GOLD trim!  ",
    "a",
    "",
    "reloj dorado, 金色手表 и золотые часы",
    "it's a photo of the dog's blue-green bowl (№ 17) " * 12,
)
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Reference:
    """A model as transformers runs it."""

    model: CLIPModel | SiglipModel
    pixels: Callable[[Image.Image], torch.Tensor]
    ids: Callable[[str], torch.Tensor]

    def pictures(self, pictures: list[Image.Image]) -> Vectors:
        rows = [
            self.model.vision_model(pixel_values=self.pixels(picture)).pooler_output for picture in pictures
        ]
        return self._unit(torch.cat(rows), "visual_projection")

    def texts(self, texts: tuple[str, ...]) -> Vectors:
        rows = [self.model.text_model(input_ids=self.ids(text)).pooler_output for text in texts]
        return self._unit(torch.cat(rows), "text_projection")

    def _unit(self, rows: torch.Tensor, projection: str) -> Vectors:
        with torch.no_grad():
            rows = getattr(self.model, projection, torch.nn.Identity())(rows)
            return torch.nn.functional.normalize(rows, dim=-1).numpy()


class Tower(torch.nn.Module):
    """One tower of a model, as it is exported."""

    def __init__(
        self, tower: torch.nn.Module, projection: torch.nn.Module | None, *, normalise: bool
    ) -> None:
        super().__init__()
        self.tower, self.projection, self.normalise = tower, projection or torch.nn.Identity(), normalise

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        out = self.projection(self.tower(given).pooler_output)
        return torch.nn.functional.normalize(out, dim=-1) if self.normalise else out


def draw(side: int) -> list[Image.Image]:
    """Return pictures of all shapes a preprocessing can get wrong, about `side` pixels large."""
    rng = np.random.default_rng(7)
    pictures = []
    for across, down in ((1.5, 1.12), (1, 2.57), (1, 1), (3.03, 2), (0.4, 0.6), (1.26, 1.29)):
        size = max(round(across * side), 3), max(round(down * side), 3)
        noise = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
        pen = ImageDraw.Draw(picture)
        for _ in range(5):
            (x, y), edge = rng.integers(0, size), int(rng.integers(2, side // 2))
            pen.ellipse((x, y, x + edge, y + edge), fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
            pen.line((0, y, size[0], x), fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
        pictures.append(picture)
    return pictures


# --- models --------------------------------------------------------------------------------------
def clip(*, tiny: bool, vocabulary: int) -> CLIPModel:
    wide = (12, 24, 1, 2) if tiny else (768, 3072, 12, 12)
    narrow = (12, 24, 1, 2) if tiny else (512, 2048, 12, 8)
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    dim, side, patch = (16, 32, 8) if tiny else (512, 224, 32)
    torch.manual_seed(0)
    config = CLIPConfig(
        projection_dim=dim,
        vision_config={
            **dict(zip(names, wide, strict=True)), "image_size": side, "patch_size": patch, "projection_dim": dim,
        },
        text_config={
            **dict(zip(names, narrow, strict=True)), "vocab_size": vocabulary, "max_position_embeddings": 77,
            "bos_token_id": vocabulary - 2, "eos_token_id": vocabulary - 1, "projection_dim": dim,
        },
    )  # fmt: skip
    config._attn_implementation = "eager"
    return _spread(CLIPModel(config).eval())


def siglip(vocabulary: int) -> SiglipModel:
    shape = {"hidden_size": 12, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(1)
    config = SiglipConfig(
        vision_config={**shape, "image_size": 32, "patch_size": 8},
        text_config={**shape, "vocab_size": vocabulary, "max_position_embeddings": 64, "projection_size": 12},
    )
    config._attn_implementation = "eager"
    return _spread(SiglipModel(config).eval())


def _spread(model: torch.nn.Module) -> torch.nn.Module:
    # Fresh weights are so small that all inputs come out alike, which would make every comparison pass.
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1:
                weight.mul_(3.0)
            elif "bias" in name:
                weight.normal_(std=0.1)
    return model


def clip_vocabulary(file: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return CLIP's vocabulary and merges from the file of the open-clip-torch wheel."""
    lines = gzip.decompress(file.read_bytes()).decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    merges = [(first, second) for first, second in (line.split() for line in lines)]
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    letters = [chr(code) for code in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    words = [*letters, *(f"{c}</w>" for c in letters), *("".join(pair) for pair in merges)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    return {word: number for number, word in enumerate(words)}, merges


def tiny_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return a vocabulary and merges in CLIP's form, trained on a few sentences of ours."""
    letters = pre_tokenizers.ByteLevel.alphabet()
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = normalizers.Lowercase()
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )  # fmt: skip
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False
    )
    trained.train_from_iterator(TEXTS * 3, trainer)
    merges = [tuple(pair) for pair in json.loads(trained.to_str())["model"]["merges"]]
    words = [*sorted(letters), *(f"{c}</w>" for c in sorted(letters)), *("".join(pair) for pair in merges)]
    words = [*dict.fromkeys(words), "<|startoftext|>", "<|endoftext|>"]
    return {word: number for number, word in enumerate(words)}, merges


def siglip_tokenizer() -> Tokenizer:
    """Return a tokenizer in SigLIP's form: sentencepiece pieces, an end token that also fills up."""
    words = [f"▁{word}" for text in TEXTS for word in canonical(text).split()]
    pieces = dict.fromkeys([*words, *sorted(set("".join(words)))])
    # Longer pieces are likelier than their letters; a trainer would not give the same pieces twice.
    scored = [("<unk>", 0.0), ("</s>", 0.0), *((piece, -10.0 - 1 / len(piece)) for piece in pieces)]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(["<unk>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return tokenizer


def canonical(text: str) -> str:
    """Return transformers' own canonical form of a text for SigLIP."""

    class Bare(SiglipTokenizer):
        def __init__(self) -> None:
            self.__dict__["do_lower_case"] = True

        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    return SiglipTokenizer.canonicalize_text(Bare(), text)


# --- folders -------------------------------------------------------------------------------------
def export(tower: Tower, given: torch.Tensor, file: Path, *, names: tuple[str, str], free: bool) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    axes: dict[str, dict[int, str]] = {names[0]: {0: "batch"}, names[1]: {0: "batch"}} if free else {}
    if free and given.ndim == 2 and names[1] == "text_embeds":
        axes[names[0]][1] = "sequence"
    torch.onnx.export(
        tower, (given,), file, input_names=[names[0]], output_names=[names[1]], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip


def write_json(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value), encoding="utf-8")


def immich_clip(
    folder: Path, model: CLIPModel, tokenizer: CLIPTokenizer, processor: CLIPImageProcessorPil
) -> None:
    side, text = model.config.vision_config.image_size, model.config.text_config
    pixels, ids = torch.randn(1, 3, side, side), torch.full((1, 77), text.eos_token_id, dtype=torch.int32)
    ends = ("embedding",)
    export(Tower(model.vision_model, model.visual_projection, normalise=True), pixels,
           folder / "visual/model.onnx", names=("image", *ends), free=False)  # fmt: skip
    export(Tower(model.text_model, model.text_projection, normalise=True), ids,
           folder / "textual/model.onnx", names=("text", *ends), free=False)  # fmt: skip
    write_json(folder / "config.json", {
        "embed_dim": model.config.projection_dim, "vision_cfg": {"image_size": side},
        "text_cfg": {"context_length": 77, "vocab_size": text.vocab_size},
    })  # fmt: skip
    write_json(folder / "visual/preprocess_cfg.json", {
        "size": [side, side], "mode": "RGB", "mean": list(processor.image_mean), "std": list(processor.image_std),
        "interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0,
    })  # fmt: skip
    tokenizer.backend_tokenizer.save(str(folder / "textual/tokenizer.json"), pretty=False)
    write_json(
        folder / "textual/tokenizer_config.json", {"pad_token": "<|endoftext|>", "model_max_length": 77}
    )


def transformers_clip(
    folder: Path, model: CLIPModel, tokenizer: CLIPTokenizer, processor: CLIPImageProcessorPil
) -> None:
    side = model.config.vision_config.image_size
    ids = torch.full((2, 9), model.config.text_config.eos_token_id)
    export(Tower(model.vision_model, model.visual_projection, normalise=False), torch.randn(2, 3, side, side),
           folder / "onnx/vision_model.onnx", names=("pixel_values", "image_embeds"), free=True)  # fmt: skip
    export(Tower(model.text_model, model.text_projection, normalise=False), ids,
           folder / "onnx/text_model.onnx", names=("input_ids", "text_embeds"), free=True)  # fmt: skip
    _transformers_configs(folder, model, processor, {"pad_token": "<|endoftext|>", "model_max_length": 77})
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def transformers_siglip(
    folder: Path, model: SiglipModel, tokenizer: Tokenizer, processor: SiglipImageProcessorPil
) -> None:
    export(Tower(model.vision_model, None, normalise=False), torch.randn(2, 3, 32, 32),
           folder / "onnx/vision_model.onnx", names=("pixel_values", "pooler_output"), free=True)  # fmt: skip
    export(Tower(model.text_model, None, normalise=False), torch.ones((2, 64), dtype=torch.int64),
           folder / "onnx/text_model.onnx", names=("input_ids", "pooler_output"), free=True)  # fmt: skip
    _transformers_configs(folder, model, processor, {"pad_token": "</s>", "model_max_length": 64})
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def _transformers_configs(
    folder: Path, model: CLIPModel | SiglipModel, processor: CLIPImageProcessorPil | SiglipImageProcessorPil,
    tokenizer: dict[str, object],
) -> None:  # fmt: skip
    write_json(folder / "config.json", json.loads(model.config.to_json_string()))
    write_json(folder / "preprocessor_config.json", json.loads(processor.to_json_string()))
    write_json(folder / "tokenizer_config.json", tokenizer)


# --- comparison ----------------------------------------------------------------------------------
def clip_reference(model: CLIPModel, vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> tuple[
    Reference, CLIPTokenizer, CLIPImageProcessorPil
]:  # fmt: skip
    side = model.config.vision_config.image_size
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges)
    processor = CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})

    def ids(text: str) -> torch.Tensor:
        return tokenizer(
            text, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        ).input_ids

    return (
        Reference(model, lambda p: processor(p, return_tensors="pt").pixel_values, ids),
        tokenizer,
        processor,
    )


def compare(
    folder: Path, reference: Reference, pictures: list[Image.Image], *, least: float = 0.9999
) -> None:
    """Print and check how near Musaic is to transformers; also for what tells the inputs apart."""
    with tempfile.TemporaryDirectory() as cache, torch.no_grad():
        embedder = load_embedder(EmbedSettings(model=str(folder)), cache=Path(cache)).embedder
        pairs = {
            "pictures": (embedder.embed_pictures(pictures), reference.pictures(pictures)),
            "texts": (embedder.embed_texts(TEXTS), reference.texts(TEXTS)),
        }
    for name, (ours, theirs) in pairs.items():
        cosine = (ours * theirs).sum(1)
        a, b = ours - theirs.mean(0), theirs - theirs.mean(0)
        centred = (a * b).sum(1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
        print(
            f"{folder.name:16} {name:9} least cosine {cosine.min():.7f}, with the mean taken off {centred.min():.7f}"
        )
        if cosine.min() < least or centred.min() < least:
            raise SystemExit(f"{folder}: {name} differ")


def real(out: Path, vocabulary_file: Path) -> None:
    vocabulary, merges = clip_vocabulary(vocabulary_file)
    reference, tokenizer, processor = clip_reference(
        clip(tiny=False, vocabulary=len(vocabulary)), vocabulary, merges
    )
    immich_clip(out / "immich", reference.model, tokenizer, processor)
    transformers_clip(out / "transformers.js", reference.model, tokenizer, processor)
    for layout in ("immich", "transformers.js"):
        compare(out / layout, reference, draw(224))


def pin() -> None:
    pictures = draw(32)
    (PINNED / "pictures").mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        picture.save(PINNED / f"pictures/{number}.png")
    vocabulary, merges = tiny_vocabulary()
    reference, clip_tokens, processor = clip_reference(
        clip(tiny=True, vocabulary=len(vocabulary)), vocabulary, merges
    )
    immich_clip(PINNED / "clip-immich", reference.model, clip_tokens, processor)
    transformers_clip(PINNED / "clip-transformers", reference.model, clip_tokens, processor)
    tokens = siglip_tokenizer()
    square = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    other = Reference(siglip(tokens.get_vocab_size()), lambda p: square(p, return_tensors="pt").pixel_values,
                      lambda text: _siglip_ids(tokens, text))  # fmt: skip
    transformers_siglip(PINNED / "siglip-transformers", other.model, tokens, square)
    for name, each in (
        ("clip-immich", reference),
        ("clip-transformers", reference),
        ("siglip-transformers", other),
    ):
        compare(PINNED / name, each, pictures)
        with torch.no_grad():
            write_json(PINNED / f"{name}.json", {
                "texts": TEXTS, "text_vectors": each.texts(TEXTS).round(6).tolist(),
                "picture_vectors": each.pictures(pictures).round(6).tolist(),
            })  # fmt: skip


def _siglip_ids(tokenizer: Tokenizer, text: str) -> torch.Tensor:
    ids = tokenizer.encode(canonical(text)).ids
    end = tokenizer.token_to_id("</s>")
    ids = [*ids[:63], end] if len(ids) > 64 else ids
    return torch.tensor([ids + [end] * (64 - len(ids))])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    full = commands.add_parser("real", help="the shape of ViT-B/32, compared only")
    full.add_argument("out", type=Path)
    full.add_argument("--vocabulary", type=Path, required=True)
    commands.add_parser("pin", help="tiny models for tests/canonical")
    given = parser.parse_args()
    torch.set_grad_enabled(False)
    pin() if given.command == "pin" else real(given.out, given.vocabulary)


if __name__ == "__main__":
    main()
