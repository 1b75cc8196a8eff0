"""How runs end: with a sum that agrees with itself, at once where nothing is in hand, and leaving nothing behind."""

import io
import random
import time
from pathlib import Path

import pytest
from PIL import Image

from musaic.embed import MODELS
from musaic.embed.testing import tiny_model
from musaic.library import Library
from tests.fakes.hub import running
from tests.shop import PROGRAM, age, call, write_pictures
from tests.terminal import Terminal

pytestmark = pytest.mark.usefixtures("alone")

BEST = MODELS["vit-b-32"]


# --- the sum -----------------------------------------------------------------------------------------
def test_sum_of_a_run_that_pruned_does_not_say_that_anything_stays(model: Path, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p")
    call("ingest", pictures, "--model", model, "--library", tmp_path)
    (pictures / "red.png").unlink()

    pruned = call("ingest", pictures, "--library", tmp_path, "--prune")

    assert pruned.stdout.startswith("0 added, 5 unchanged, 1 vanished, 1 pruned in ")


# --- nothing is left behind --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "vitb32"],
        ["--model", "no/such/folder"],
        ["--model", "vit-b-32"],  # there is no network here
        ["--provider", "cuda"],
    ],
)
def test_library_that_was_made_for_nothing_goes_again(tmp_path: Path, arguments: list[str]) -> None:
    pictures = write_pictures(tmp_path / "p")
    before = sorted(tmp_path.iterdir())

    answer = call("ingest", pictures, "--library", tmp_path / "deep" / "lib", *arguments)

    assert answer.exit_code in (2, 3)
    assert [path for path in sorted(tmp_path.iterdir()) if path.name not in ("cache", "hub")] == before


def test_bad_setting_in_the_environment_makes_no_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSAIC_EMBED__THREADS", "many")

    answer = call("ingest", write_pictures(tmp_path / "p"), "--library", tmp_path / "lib")

    assert answer.exit_code == 2
    assert not (tmp_path / "lib").exists()


def test_library_that_was_there_stays_and_so_does_its_folder(model: Path, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p")
    Library.open(tmp_path / "empty", create=True).close()
    call("ingest", pictures, "--model", model, "--library", tmp_path / "full")
    (tmp_path / "bare").mkdir()

    for name in ("empty", "full", "bare"):
        assert call("ingest", pictures, "--model", "vitb32", "--library", tmp_path / name).exit_code == 2

    assert (tmp_path / "empty/.musaic/config.toml").is_file()
    assert call("search", "red", "--paths", "--library", tmp_path / "full").stdout
    assert list((tmp_path / "bare").iterdir()) == []


def test_library_stays_where_files_failed_and_what_was_there_always(model: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 100)
    age(tmp_path / "broken.jpg")
    Library.open(tmp_path / "damaged", create=True).close()
    (tmp_path / "damaged/.musaic/config.toml").unlink()

    failed = call("ingest", tmp_path / "broken.jpg", "--model", model, "--library", tmp_path / "other")
    refused = call("ingest", tmp_path / "broken.jpg", "--model", "vitb32", "--library", tmp_path / "damaged")

    assert (failed.exit_code, refused.exit_code) == (1, 2)
    assert (tmp_path / "other/.musaic/config.toml").is_file()
    assert (tmp_path / "damaged/.musaic/ledger.sqlite").is_file()


# --- Ctrl-C before the first file is in hand ---------------------------------------------------------
def test_ctrl_c_at_the_question_and_in_the_download_ends_at_once_and_what_came_is_kept(
    tmp_path: Path,
) -> None:
    published, pictures = tiny_model(tmp_path / "published", dim=512, batch=1), write_pictures(tmp_path / "p")
    command = [*PROGRAM, "ingest", pictures, "--library", tmp_path / "lib"]
    with running(str(BEST.repository), published) as hub:
        more = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1,localhost"}
        asked = Terminal(command, here=tmp_path, **more)
        asked.read_until(lambda screen: "[Y/n]" in screen)
        assert _interrupted(asked) == 130
        hub.stall_after = [1_000]
        fetching = Terminal(command, here=tmp_path, **more)
        fetching.read_until(lambda screen: "[Y/n]" in screen)
        fetching.type("y\n")
        fetching.read_until(lambda screen: "downloading" in screen)
        # The small files come first and whole; what is interrupted is the weights, named by their SHA-256.
        weights = "?" * 64 + ".musaic-part"
        deadline = time.monotonic() + 90
        while not [part for part in (tmp_path / "hub").rglob(weights) if part.stat().st_size == 1_000]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert _interrupted(fetching) == 130

    for terminal in (asked, fetching):
        assert "finishing" not in terminal.screen
        assert "musaic: interrupted" in terminal.screen
        assert "Traceback" not in terminal.screen
    assert [part.stat().st_size for part in (tmp_path / "hub").rglob(weights)] == [1_000]
    assert not (tmp_path / "lib").exists()


def _interrupted(terminal: Terminal) -> int:
    """Type Ctrl-C, and give it the time that a run takes to end which has nothing to wait for."""
    started = time.monotonic()
    terminal.type("\x03")
    code = terminal.end()
    assert time.monotonic() - started < 30, terminal.screen
    return code


# --- what C libraries say ----------------------------------------------------------------------------
def test_libraries_do_not_write_through_the_bar(model: Path, tmp_path: Path) -> None:
    whole = io.BytesIO()
    noise = random.Random(1).randbytes(120 * 120 * 3)
    Image.frombytes("RGB", (120, 120), noise).save(whole, "TIFF", compression="tiff_lzw")
    odd = bytearray(whole.getvalue())
    odd[2000:3000] = b"\xff" * 1000
    (tmp_path / "p").mkdir()
    (tmp_path / "p/odd.tif").write_bytes(odd)
    age(tmp_path / "p/odd.tif")
    command = [*PROGRAM, "ingest", tmp_path / "p", "--model", model, "--library", tmp_path / "lib"]

    terminal = Terminal(command, here=tmp_path)

    assert terminal.end() == 1
    assert "1 failed" in terminal.screen
    assert f"failed: {tmp_path / 'p/odd.tif'}" in terminal.screen
    assert "code not yet in table" not in terminal.screen
    assert "tempfile.tif" not in terminal.screen
