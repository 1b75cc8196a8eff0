"""The doctor command: what is here, what is missing, how to get it."""

import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import typer
from pydantic import BaseModel

from musaic.cli.options import JsonOption, LibraryOption
from musaic.cli.output import errors_to_stderr
from musaic.errors import MusaicError

_PACKAGES = (
    "pymilvus", "milvus-lite", "onnxruntime", "tokenizers", "huggingface-hub", "pillow", "pillow-heif", "numpy",
)  # fmt: skip
_EXTRAS = {"onnx": ("int8", "int8 precision"), "onnxruntime-openvino": ("openvino", "OpenVINO")}


class Line(BaseModel):
    """One finding of the doctor."""

    topic: str
    state: Literal["ok", "note", "problem"]
    text: str


def doctor(json: JsonOption = False, library: LibraryOption = None) -> None:
    """Check versions, library, encoder, store and speed; say what is missing and how to get it."""
    problems = False
    with errors_to_stderr():
        for line in _examine(library):
            problems |= line.state == "problem"
            mark = {"ok": " ", "note": "-", "problem": "!"}[line.state]
            typer.echo(line.model_dump_json() if json else f"{mark} {line.topic:10} {line.text}")
    if problems:
        raise typer.Exit(2)


def _examine(library: Path | None) -> Iterator[Line]:
    text = f"{version('musaic')}, Python {platform.python_version()}, {platform.platform()}"
    yield Line(topic="musaic", state="ok", text=text)
    yield from (_package(name) for name in _PACKAGES)
    for name, (extra, what) in _EXTRAS.items():
        if _installed(name) is None:
            yield Line(
                topic=name, state="note", text=f"not installed; for {what}: pip install 'musaic[{extra}]'"
            )
    yield _providers()
    yield from _library(library)
    yield from _speed()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _package(name: str) -> Line:
    found = _installed(name)
    if found is None:
        return Line(
            topic=name, state="problem", text=f"not installed; {sys.executable} -m pip install {name}"
        )
    return Line(topic=name, state="ok", text=found)


def _providers() -> Line:
    import onnxruntime

    names = ", ".join(
        each.removesuffix("ExecutionProvider") for each in onnxruntime.get_available_providers()
    )
    return Line(
        topic="providers", state="ok", text=f"{names} (others come with their own build of ONNX Runtime)"
    )


def _library(path: Path | None) -> Iterator[Line]:
    from musaic.library import Library

    try:
        with Library.open(path) as library:
            assets, files, vanished = library.counts()
            text = f"{library.folder}: {assets:,} assets from {files:,} files, {vanished:,} of them vanished"
            yield Line(topic="library", state="ok", text=text)
            built_with = library.built_with()
            if built_with is not None:
                text = f"{built_with.model}, {built_with.precision}, {built_with.dim} numbers a vector"
                yield Line(topic="encoder", state="ok", text=text)
            server, missing, rows = library.check_store()
            yield Line(topic="store", state="ok", text=f"{server}, {rows:,} rows")
            yield from (Line(topic="store", state="note", text=each) for each in missing)
    except MusaicError as exc:
        absent = path is None and type(exc).__name__ == "LibraryNotFoundError"
        yield Line(topic="library", state="note" if absent else "problem", text=str(exc))


def _speed() -> Iterator[Line]:
    import os

    import numpy as np

    from musaic.config import EmbedSettings
    from musaic.embed import load_embedder

    embedder = load_embedder(EmbedSettings(model="starter")).embedder
    pixels = np.zeros((16, 3, embedder.image_size, embedder.image_size), np.float32)
    embedder.embed_prepared(pixels)
    started, rounds = time.perf_counter(), 8
    for _ in range(rounds):
        embedder.embed_prepared(pixels)
    rate = rounds * len(pixels) / (time.perf_counter() - started)
    text = f"{os.cpu_count()} cores; the starter encodes {rate:,.0f} pictures a second on one"
    yield Line(topic="speed", state="ok", text=text)
