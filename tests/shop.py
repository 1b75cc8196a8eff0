"""A small shop on disk, as fixtures: plain pictures, a tiny encoder that knows colours, a library of them.

The fixtures reach the tests through `conftest.py`. Programs are run as processes of their own by `run`, with nothing
of this machine's settings, caches or libraries.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from musaic.embed.testing import tiny_model
from musaic.library import Library

COLOURS = ("red", "green", "blue", "yellow", "black", "white")
SOURCES = Path(__file__).parents[1] / "src"


@dataclass(frozen=True)
class Shop:
    """Where everything is. `library` holds `.musaic`; `pictures` has one a colour, named after it."""

    library: Path
    pictures: Path
    model: Path


@dataclass(frozen=True)
class Answer:
    """What a program said."""

    exit_code: int
    stdout: str
    stderr: str


def write_pictures(folder: Path, colours: tuple[str, ...] = COLOURS) -> Path:
    """Write one plain picture a colour, old enough not to look as if it were still being written."""
    folder.mkdir(parents=True, exist_ok=True)
    for colour in colours:
        file = folder / f"{colour}.png"
        Image.new("RGB", (300, 200), colour).save(file)
        age(file)
    return folder


def age(file: Path) -> None:
    """Make a file look an hour old."""
    an_hour_ago = time.time() - 3600
    os.utime(file, (an_hour_ago, an_hour_ago))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="session")
def shop(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A library that no test changes."""
    folder = tmp_path_factory.mktemp("shop")
    pictures = write_pictures(folder / "pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        with Library.open(folder, create=True, embed={"model": str(model)}) as library:
            assert library.ingest(pictures).added == len(COLOURS)
    return Shop(folder, pictures, model)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep this machine's settings out of a test that runs in this process; return the working folder."""
    import huggingface_hub.constants  # before the variables are set: it keeps what it reads

    assert huggingface_hub.constants
    for name in [name for name in os.environ if name.startswith(("MUSAIC_", "HF_"))]:
        monkeypatch.delenv(name)
    for name, value in _settings(tmp_path).items():
        monkeypatch.setenv(name, value)
    # The hub's library reads its variables once, when it is first imported; another test may have done that.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub" / "hub"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def _settings(folder: Path) -> dict[str, str]:
    return {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "HF_HOME": str(folder / "hub"),
        "HF_HUB_OFFLINE": "1",
        "TERM": "dumb",
    }


def call(*arguments: object) -> Answer:
    """Run a command in this process: quick, but without real streams, signals and exits."""
    from musaic.cli import app

    result = CliRunner().invoke(app, [str(each) for each in arguments], prog_name="musaic")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program: of this one's only what it needs to start."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "SYSTEMROOT") if name in os.environ}
    return {**kept, **_settings(folder), "PYTHONPATH": str(SOURCES), "PYTHONWARNINGS": "error", **more}


PROGRAM = (sys.executable, "-m", "musaic")


def run(*arguments: object, here: Path, more: Mapping[str, str] | None = None) -> Answer:
    """Run the program as a process of its own, its streams being pipes."""
    return _ran(*PROGRAM, *(str(each) for each in arguments), here=here, more=more)


def run_python(text: str, *, here: Path, more: Mapping[str, str] | None = None) -> Answer:
    """Run a text of Python, as a notebook does, in a process of its own."""
    return _ran(sys.executable, "-c", text, here=here, more=more)


def _ran(*command: str, here: Path, more: Mapping[str, str] | None) -> Answer:
    done = subprocess.run(
        command, cwd=here, env=environment(here, **(more or {})),
        capture_output=True, text=True, timeout=100, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)
