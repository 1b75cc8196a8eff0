"""Measure an exported starter: ``python -m training.evaluate --model DIR [--photos DIR]``; no torch."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from musaic.demo.vocabulary import COLOURS, KINDS
from musaic.embed.runtime import onnxruntime
from musaic.embed.starter.reading import understood
from training.captions import LANGUAGES
from training.dataset import CATEGORIES, DRAWN_PX, Labelled, Pictures, read_photos, split_photos
from training.exam import (
    Catalogue,
    Encoder,
    Vectors,
    catalogue,
    colour_accuracy,
    kind_accuracy,
    material_precision,
    photo_precision,
    photo_ranks,
    precision_at_3,
    prepared,
    trim_told_apart,
    trim_triples,
)
from training.tokens import encode

# The quick exam of training is catalogue 0; these were never looked at while training.
_CATALOGUES = (1, 2)
_AT_ONCE = 100
_UNTAUGHT = ("", "floral", "sleeveless", "cozy", "a very nice new")

Line = tuple[str, str]


def encoder(folder: Path) -> Encoder:
    """Return an exported model as functions of pictures and texts."""
    image, text = (
        onnxruntime.InferenceSession(str(folder / name / "model.onnx"), providers=["CPUExecutionProvider"])
        for name in ("visual", "textual")
    )
    settings = json.loads((folder / "visual/preprocess_cfg.json").read_text())
    tokenizer = Tokenizer.from_file(str(folder / "textual/tokenizer.json"))

    def pictures(batch: Pictures) -> Vectors:
        parts = [batch[start : start + _AT_ONCE] for start in range(0, len(batch), _AT_ONCE)]
        inputs = [prepared(part, settings["size"][0], settings["mean"], settings["std"]) for part in parts]
        return np.concatenate([image.run(None, {"image": part})[0] for part in inputs])

    def texts(batch: Sequence[str]) -> Vectors:
        vectors: Vectors = text.run(None, {"text": encode(tokenizer, batch).astype(np.int32)})[0]
        return vectors

    return Encoder(pictures, texts)


def drawn_lines(model: Encoder, size_px: int) -> list[Line]:
    """Return the measures on drawings, worded."""
    catalogues = [catalogue(number, size_px=size_px) for number in _CATALOGUES]
    vectors = [model.pictures(one.shown.pictures) for one in catalogues]
    both = list(zip(catalogues, vectors, strict=True))
    lines = _precision_lines(model, both)
    kinds = np.concatenate([kind_accuracy(model, one.shown, found) for one, found in both])
    colours = np.concatenate([colour_accuracy(model, one.shown, found) for one, found in both])
    rows = np.concatenate([one.shown.rows for one in catalogues])
    lines += [
        (f"kind alone, {len(KINDS)}-way", f"{kinds.mean():.3f}"),
        ("  worst", _worst(kinds, rows[:, 0], KINDS)),
    ]
    names = tuple(COLOURS)
    lines += [
        (f"colour alone, {len(names)}-way", f"{colours.mean():.3f}"),
        ("  worst", _worst(colours, rows[:, 1], names)),
    ]
    everything = Labelled(np.concatenate([one.shown.pictures for one in catalogues]), rows)
    precision = material_precision(model, everything, np.concatenate(vectors))
    lines += [(f"P@20 something {name}", f"{value:.2f}") for name, value in precision.items()]
    return lines + _trim_lines(model, size_px)


def _precision_lines(model: Encoder, catalogues: Sequence[tuple[Catalogue, Vectors]]) -> list[Line]:
    lines = []
    for language in LANGUAGES:
        for synonyms in (False, True):
            trained, untrained = (
                np.mean([
                    precision_at_3(
                        model, one, found, one.untrained if apart else one.trained, language=language, synonyms=synonyms
                    )
                    for one, found in catalogues
                ])
                for apart in (False, True)
            )  # fmt: skip
            name = f"P@3 {language}{' synonyms' if synonyms else ''}, trained / untrained"
            lines.append((name, f"{trained:.3f} / {untrained:.3f}"))
    return lines


def _trim_lines(model: Encoder, size_px: int) -> list[Line]:
    triples = trim_triples(1, size_px=size_px)
    vectors = model.pictures(triples.pictures)
    lines = []
    for language in LANGUAGES:
        none, silver = trim_told_apart(model, triples, vectors, language)
        lines.append((f"gold trim {language}, above none / above silver", f"{none:.3f} / {silver:.3f}"))
    return lines


def photo_lines(model: Encoder, photos: Labelled) -> list[Line]:
    """Return the measures on held-out photos, worded."""
    ranks = photo_ranks(model, photos, model.pictures(photos.pictures))
    top = " / ".join(f"{(ranks < count).mean():.3f}" for count in (1, 3))
    categories = photos.rows[:, 0] - len(KINDS)
    each = [
        (f"  {name} ({int((categories == index).sum())})", f"{(ranks[categories == index] == 0).mean():.2f}")
        for index, name in enumerate(CATEGORIES)
    ]
    return [(f"photos ({len(ranks)}), ten-way top-1 / top-3", top), *each, *_untaught_lines(model, photos)]


def _untaught_lines(model: Encoder, photos: Labelled) -> list[Line]:
    """Return what words that were not taught do to nine searches: encoded as typed, and as the program reads them."""
    vectors = model.pictures(photos.pictures)
    read = Encoder(model.pictures, lambda texts: model.texts([understood(text).text for text in texts]))
    lines = []
    for before in _UNTAUGHT:
        typed, made = (photo_precision(each, photos, vectors, before=before) for each in (model, read))
        lines.append(
            (f"photos, P@3 of nine kinds behind {before!r}, typed / read", f"{typed:.3f} / {made:.3f}")
        )
    return lines


def _worst(
    right: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    labels: np.ndarray[tuple[int, ...], np.dtype[np.int16]],
    names: Sequence[str],
    count: int = 6,
) -> str:
    means = {names[int(label)]: float(right[labels == label].mean()) for label in np.unique(labels)}
    return ", ".join(
        f"{name} {means[name]:.2f}" for name in sorted(means, key=lambda name: means[name])[:count]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Measure an exported starter."
    )
    parser.add_argument(
        "--model", type=Path, required=True, help="Model folder, as written by training.export."
    )
    parser.add_argument("--photos", type=Path, help="Folder with labels.csv; without it, drawings alone.")
    parser.add_argument("--size", type=int, default=DRAWN_PX, help="Size of the drawings, in pixels.")
    given = parser.parse_args(arguments)
    model = encoder(given.model)
    lines = drawn_lines(model, given.size)
    if given.photos:
        lines += photo_lines(model, read_photos(given.photos, split_photos(given.photos)[1]))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
