"""The doctor command: what is here, what is missing, how to get it."""

import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from json import dumps
from pathlib import Path
from typing import Literal

import typer

from musaic.cli.flags import in_flags
from musaic.cli.making import engine_at
from musaic.cli.options import JsonOption, LibraryOption
from musaic.cli.output import errors_to_stderr, name_of, notice, program
from musaic.errors import LibraryNotFoundError, MusaicError

_PACKAGES = (
    "pymilvus", "milvus-lite", "tokenizers", "huggingface-hub", "pillow", "pillow-heif", "numpy",
    "google-genai",
)  # fmt: skip
_EXTRAS = {
    "onnx": ("int8", "int8 precision"),
    "openai": ("openai", "OpenAI's image models and servers that speak their API"),
    "c2pa-python": ("c2pa", "signed content credentials"),
}

BEST = "vit-b-32"
"""The encoder that is worth its download for most."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of the doctor."""

    topic: str
    state: Literal["ok", "note", "problem"]
    text: str


def doctor(json: JsonOption = False, library: LibraryOption = None) -> None:
    """Check what is here and what is missing.

    Looks at versions, library, encoder, store, fonts and speed, and says how to get what is missing.
    Ends with 2 if something is wrong.
    """
    problems = 0
    with errors_to_stderr():
        for line in _examine(library):
            problems += line.state == "problem"
            mark = {"ok": " ", "note": "-", "problem": "!"}[line.state]
            typer.echo(dumps(asdict(line)) if json else f"{mark} {line.topic:20} {name_of(line.text)}")
    if problems:
        raise typer.Exit(2)


def own_version() -> str:
    """Return Musaic's version, also where it runs from its source without an installation."""
    return _installed("musaic") or "(not installed: running from source)"


def _examine(library: Path | None) -> Iterator[Line]:
    text = f"{own_version()}, Python {platform.python_version()}, {platform.platform()}"
    yield Line(topic="musaic", state="ok", text=text)
    yield from (_package(name) for name in _PACKAGES)
    for name, (extra, what) in _EXTRAS.items():
        if _installed(name) is None:
            text = f"not installed; for {what}: pip install 'musaic[{extra}]'"
            yield Line(topic=name, state="note", text=text)
    for check in (
        _onnx_runtime,
        lambda: _library(library),
        _encoders,
        lambda: _engine(library),
        _fonts,
        _speed,
    ):
        yield from check()


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _package(name: str) -> Line:
    found = _installed(name)
    if found is None:
        how = f"not installed; {sys.executable} -m pip install {name}"
        return Line(topic=name, state="problem", text=how)
    return Line(topic=name, state="ok", text=found)


def _onnx_runtime() -> Iterator[Line]:
    """Look at ONNX Runtime, which several packages bring: for the CPU alone, for a GPU, with OpenVINO."""
    from musaic.embed.providers import builds, clash

    topic, found = "onnxruntime", builds()
    if len(found) > 1:
        yield Line(topic=topic, state="note", text=clash(found))
    try:
        from musaic.embed.runtime import onnxruntime
    except Exception as exc:  # files of two versions beside each other fail in many ways
        how = f"cannot be used ({exc}); {sys.executable} -m pip install --force-reinstall {topic}"
        yield Line(topic=topic, state="problem", text=how)
        return
    others = f" ({', '.join(found)})" if found not in ([], [topic]) else ""
    yield Line(topic=topic, state="ok", text=f"{onnxruntime.__version__}{others}")
    names = (each.removesuffix("ExecutionProvider") for each in onnxruntime.get_available_providers())
    text = f"{', '.join(names)} (others come with another build of ONNX Runtime: docs/quickstart.md)"
    yield Line(topic="providers", state="ok", text=text)


def _library(path: Path | None) -> Iterator[Line]:
    from musaic.library import Library

    topic = "library"
    try:
        with Library.open(path, notify=notice) as library:
            assets, files, vanished = library.counts()
            text = f"{library.folder}: {assets:,} assets from {files:,} files, {vanished:,} of them vanished"
            yield Line(topic=topic, state="ok", text=text)
            if library.unwritable:
                text = (
                    f"cannot be written ({library.unwritable}): it can be searched, and nothing new is kept"
                )
                yield Line(topic=topic, state="note", text=text)
            topic = "store"
            built_with = library.built_with()
            if built_with is not None:
                text = f"{built_with.model}, {built_with.precision}, {built_with.dim} numbers a vector"
                yield Line(topic="encoder", state="ok", text=text)
                if lacking := library.missing_encoder():
                    yield Line(topic="encoder", state="problem", text=in_flags(lacking))
            server, missing, rows = library.check_store()
            yield Line(topic=topic, state="ok", text=f"{server}, {rows:,} rows")
            if apart := library.check_agreement():
                text = (
                    f"{apart}: a run was killed, or one of them was lost or restored; `{program()} ingest` of any "
                    "folder brings them together"
                )
                yield Line(topic=topic, state="problem", text=text)
            yield from (Line(topic=topic, state="note", text=each) for each in missing)
    except LibraryNotFoundError as exc:
        # Nobody has to have a library; one that was named has to be there.
        named = path is not None
        yield Line(topic=topic, state="problem" if named else "note", text=in_flags(str(exc)))
    except MusaicError as exc:
        yield Line(topic=topic, state="problem", text=in_flags(str(exc)))


def _encoders() -> Iterator[Line]:
    from musaic.embed import MODELS, is_downloaded

    here = [spec.id for spec in MODELS.values() if is_downloaded(spec)]
    yield Line(topic="encoders", state="ok", text=f"on this machine: {', '.join(here)}")
    if BEST not in here:
        megabytes = MODELS[BEST].size_bytes / 1e6
        get = f"`{program()} models get {BEST}`"
        text = f"{BEST}, which knows any English word: {get} ({megabytes:.0f} MB)"
        yield Line(topic="encoders", state="note", text=text)


def _engine(path: Path | None) -> Iterator[Line]:
    from musaic import config
    from musaic.generate.engines import check_engine, choose_engine
    from musaic.generate.tables import default_model, load_models
    from musaic.home import find

    try:
        folder = find(path)
        settings = config.load(None if folder is None else folder / "config.toml").generate
        engine = choose_engine(settings)
        check_engine(engine, settings)
        model = settings.model or default_model(engine, load_models(settings.models))
    except MusaicError as exc:
        yield Line(topic="engine", state="problem", text=in_flags(str(exc)))
        return
    if engine == "moodboard":
        text = "moodboard: drafts without a key; for generated pictures set GEMINI_API_KEY (docs/engines.md)"
        yield Line(topic="engine", state="note", text=text)
    else:
        yield Line(topic="engine", state="ok", text=f"{engine_at(engine, settings)}, model {model}")


def _fonts() -> Iterator[Line]:
    from musaic.fonts import font_for

    for script, sample in (("Russian", "часы"), ("Chinese", "手表")):
        missing = font_for(sample, 16).missing
        text = f"{script} titles of contact sheets: " + ("can be drawn" if missing is None else missing)
        yield Line(topic="fonts", state="ok" if missing is None else "note", text=text)


def _speed() -> Iterator[Line]:
    cores = f"{os.cpu_count()} cores"
    try:
        rate = _pictures_a_second()
    except (MusaicError, ImportError) as exc:
        yield Line(topic="speed", state="problem", text=f"{cores}; the bundled encoder does not run: {exc}")
    else:
        text = f"{cores}; the bundled encoder takes {rate:,.0f} pictures a second"
        yield Line(topic="speed", state="ok", text=text)


def _pictures_a_second() -> float:
    import numpy as np

    from musaic.config import EmbedSettings
    from musaic.embed import load_embedder

    embedder = load_embedder(EmbedSettings(model="starter")).embedder
    pixels = np.zeros((16, 3, embedder.image_size, embedder.image_size), np.float32)
    embedder.embed_prepared(pixels)
    started, rounds = time.perf_counter(), 8
    for _ in range(rounds):
        embedder.embed_prepared(pixels)
    return rounds * len(pixels) / (time.perf_counter() - started)
