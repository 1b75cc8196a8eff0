import json
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from musaic.config import IngestSettings
from musaic.ledger import Ledger
from musaic.schemas import DoneEvent, FileEvent, ProgressEvent
from tests.gate import gate
from tests.shop import COLOURS, PROGRAM, age, call, environment, run, write_pictures
from tests.terminal import Terminal

pytestmark = pytest.mark.usefixtures("alone")

MANY = 120
DONE = [
    "event",
    "added",
    "updated",
    "unchanged",
    "failed",
    "skipped",
    "vanished",
    "pruned",
    "interrupted",
    "seconds",
]


def with_failures(folder: Path) -> Path:
    """Six pictures, one that is cut short, one file that is none."""
    write_pictures(folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 100)
    (folder / "notes.txt").write_text("no picture")
    for file in folder.iterdir():
        age(file)
    return folder


# --- results -----------------------------------------------------------------------------------------


def test_ingest_prints_its_sum_on_stdout_and_the_rest_on_stderr(model: Path, tmp_path: Path) -> None:
    pictures = with_failures(tmp_path / "p")

    answer = run("ingest", pictures, "--model", model, here=tmp_path)

    assert answer.exit_code == 1
    assert re.fullmatch(r"6 added, 1 failed, 1 skipped in \d+\.\d s\n", answer.stdout)
    lines = answer.stderr.splitlines()
    assert re.fullmatch(r"ingest: 8 of 8, \d+ a second, 0 s left, 1 failed", lines[-4])
    assert lines[-3] == f"library {tmp_path / '.musaic'}, encoder tiny"
    assert lines[-2].startswith(f"failed: {pictures / 'broken.jpg'}: ")
    assert "JPEG" in lines[-2]
    assert lines[-1].startswith(f"skipped: {pictures / 'notes.txt'}: is no picture")
    assert "\r" not in answer.stderr
    assert "\x1b" not in answer.stderr


def test_json_is_one_event_a_line_of_the_documented_shapes(model: Path, tmp_path: Path) -> None:
    pictures = with_failures(tmp_path / "p")

    answer = run("ingest", "p", "--model", model, "--json", here=tmp_path)

    assert (answer.exit_code, answer.stderr) == (1, "")
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    shapes = {"progress": ProgressEvent, "failed": FileEvent, "skipped": FileEvent, "done": DoneEvent}
    for event in events:
        shapes[event["event"]].model_validate(event)
    files = {event["event"]: event for event in events if "path" in event}
    assert files["failed"]["path"] == str(pictures / "broken.jpg")
    assert files["skipped"]["path"] == str(pictures / "notes.txt")
    assert all(event["reason"] for event in files.values())
    assert [event["event"] for event in events].index("done") == len(events) - 1
    assert list(events[-1]) == DONE
    assert {name: events[-1][name] for name in DONE[1:6]} == {
        "added": 6, "updated": 0, "unchanged": 0, "failed": 1, "skipped": 1,
    }  # fmt: skip


def test_skipped_files_alone_are_no_failure(model: Path, tmp_path: Path) -> None:
    pictures = with_failures(tmp_path / "p")
    (pictures / "broken.jpg").unlink()

    answer = call("ingest", pictures, "--model", model, "--library", tmp_path)

    assert answer.exit_code == 0
    assert answer.stdout.startswith("6 added, 1 skipped in")


def test_second_run_finds_nothing_to_do_and_says_so(model: Path, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p")
    call("ingest", pictures, "--model", model, "--library", tmp_path)

    answer = call("ingest", pictures, "--library", tmp_path)

    assert answer.exit_code == 0
    assert answer.stdout.startswith("0 added, 6 unchanged in")


def test_vanished_files_are_told_and_prune_forgets_them(model: Path, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p")
    call("ingest", pictures, "--model", model, "--library", tmp_path)
    (pictures / "red.png").unlink()

    told = call("ingest", pictures, "--library", tmp_path)
    pruned = call("ingest", pictures, "--library", tmp_path, "--prune")

    assert told.stdout.startswith(
        "0 added, 5 unchanged, 1 vanished (still in the library; --prune forgets them)"
    )
    assert "1 pruned" in pruned.stdout
    assert "red.png" not in call("search", "red", "--paths", "-n", "6", "--library", tmp_path).stdout


def test_folders_files_and_globs_are_taken_together(model: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", ("red", "green"))
    write_pictures(tmp_path / "b", ("blue", "white"))
    write_pictures(tmp_path / "c", ("black", "yellow"))

    answer = call(
        "ingest",
        tmp_path / "a",
        tmp_path / "b/blue.png",
        f"{tmp_path}/c/*ack.png",
        "--model",
        model,
        "--json",
    )

    assert json.loads(answer.stdout.splitlines()[-1])["added"] == 4


def test_a_list_of_many_failures_is_cut_and_many_skips_of_one_kind_are_one_line(
    model: Path, tmp_path: Path
) -> None:
    for number in range(33):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 100)
        (tmp_path / f"{number}.txt").write_text("no picture")
    for file in tmp_path.glob("*.*"):
        if file.is_file():
            age(file)

    answer = call("ingest", f"{tmp_path}/*.*", "--model", model)

    lines = answer.stderr.splitlines()
    assert len([line for line in lines if line.startswith("failed: ")]) == 30
    assert "... and 3 more failed; --json lists them all" in lines
    assert (
        len([line for line in lines if line.startswith("skipped: ") and "and 32 more: is no picture" in line])
        == 1
    )


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone"], "musaic: nothing to ingest at 'gone': no such file or folder, and no glob that matches"),
        (["*.png"], "musaic: nothing to ingest at '*.png'"),
        (["p", "--modle", "starter"], "No such option: --modle"),
        (["p", "--precision", "int3"], "Invalid value for '--precision'"),
        (["p", "--provider", "tpu"], "Invalid value for '--provider'"),
        (["p", "--model", "vit-b-23"], "musaic: no model 'vit-b-23': use one of vit-b-32,"),
        (["p", "--model", "no/such/folder"], "no/such/folder"),
        (["p", "--model", "p"], "musaic: model folder "),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_a_sentence(
    alone: Path, arguments: list[str], sentence: str
) -> None:
    write_pictures(alone / "p")

    answer = call("ingest", *arguments)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert sentence in answer.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[ingest]\nbatch = 3\n", "ingest.batch: there is no such setting; did you mean batch_size?"),
        ("[ingest]\nbatch_size = 0\n", "ingest.batch_size: Input should be greater than or equal to 1"),
        ("[ingest\n", "config.toml is not valid TOML"),
        ("[photos]\nx = 1\n", "photos: there is no such setting"),
    ],
)
def test_bad_config_file_ends_with_2_and_names_the_key(
    model: Path, tmp_path: Path, text: str, sentence: str
) -> None:
    pictures = write_pictures(tmp_path / "p", ("red",))
    call("ingest", pictures, "--model", model, "--library", tmp_path)
    (tmp_path / ".musaic/config.toml").write_text(text)

    answer = call("ingest", pictures, "--library", tmp_path)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert "config.toml" in answer.stderr


def test_library_that_cannot_be_made_ends_with_2_and_the_way_out(model: Path, tmp_path: Path) -> None:
    # A file where the folder should be: that stops root too, whom no permission stops.
    (tmp_path / "taken").write_text("")
    pictures = write_pictures(tmp_path / "p", ("red",))

    answer = call("ingest", pictures, "--model", model, "--library", tmp_path / "taken")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"musaic: a library cannot be made in {tmp_path / 'taken' / '.musaic'} (")
    assert "--library DIR" in answer.stderr


# --- on a terminal, and interrupted ------------------------------------------------------------------


def many_pictures(folder: Path) -> Path:
    """Write pictures that take a while together, all different, and before them a file that is none."""
    folder.mkdir()
    (folder / "!notes.txt").write_text("no picture")
    for number in range(MANY):
        Image.frombytes("RGB", (240, 240), random.Random(number).randbytes(240 * 240 * 3)).save(
            folder / f"{number:04}.bmp"
        )
    for file in folder.iterdir():
        age(file)
    return folder


def test_terminal_gets_a_bar_with_count_rate_time_left_and_failures(model: Path, tmp_path: Path) -> None:
    pictures = many_pictures(tmp_path / "p")
    (pictures / "0000.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 100)
    age(pictures / "0000.jpg")

    terminal = Terminal(
        [*PROGRAM, "ingest", pictures, "--model", model], here=tmp_path, MUSAIC_INGEST__DECODERS="1"
    )

    assert terminal.end() == 1
    assert "━" in terminal.screen
    assert f"{MANY + 2}/{MANY + 2}" in terminal.screen
    assert re.search(r"\d+/s", terminal.screen)
    assert re.search(r"\d+ s left", terminal.screen)
    assert "1 failed" in terminal.screen
    assert terminal.screen.count("\x1b[?25l") <= terminal.screen.count("\x1b[?25h")  # the cursor is back
    assert f"{MANY} added, 1 failed, 1 skipped" in terminal.screen


def test_bar_goes_to_stderr_so_that_json_can_be_piped(model: Path, tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "p")
    with (tmp_path / "out").open("wb") as out:
        terminal = Terminal(
            [*PROGRAM, "ingest", pictures, "--model", model], here=tmp_path, stdout=out.fileno()
        )
        assert terminal.end() == 0

    assert re.fullmatch(r"6 added in \d+\.\d s\n", (tmp_path / "out").read_text())
    assert "6/6" in terminal.screen


def test_interrupted_run_ends_with_130_says_how_to_go_on_and_the_next_completes_it(
    model: Path, tmp_path: Path
) -> None:
    pictures = many_pictures(tmp_path / "my pictures")
    command = ["ingest", pictures, "--model", model, "--json"]
    with gate(tmp_path / "gate") as shut:
        process = subprocess.Popen(
            [*shut.program, *map(str, command)], cwd=tmp_path,
            env=environment(tmp_path, MUSAIC_INGEST__DECODERS="1", MUSAIC_EMBED__THREADS="1"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()  # it has begun: the file that is none comes first
        process.send_signal(signal.SIGINT)
        told = next(line for line in process.stderr if line.strip())
        shut.open()
        out, err = process.communicate(timeout=100)

    assert process.returncode == 130
    assert told == "finishing the batch in hand; Ctrl-C again to stop at once\n"
    last = err.splitlines()[-1]
    assert last.startswith("interrupted; nothing is lost. To go on: ")
    # By name where the shell finds it, else `python -m musaic`, as it was called here.
    assert last.endswith(f"musaic ingest '{pictures}' --model {model} --json")
    done = json.loads(([first, *out.splitlines()])[-1])
    assert done["event"] == "done"
    assert done["interrupted"] is True
    assert done["added"] < MANY
    rest = json.loads(run(*command, here=tmp_path).stdout.splitlines()[-1])
    assert done["added"] + rest["added"] == MANY
    assert rest["unchanged"] == done["added"]


def test_second_ctrl_c_ends_at_once_and_gives_the_cursor_back(model: Path, tmp_path: Path) -> None:
    pictures = many_pictures(tmp_path / "p")
    with gate(tmp_path / "gate") as shut:
        shut.let(1)
        terminal = Terminal(
            [*shut.program, "ingest", pictures, "--model", model], here=tmp_path,
            MUSAIC_INGEST__DECODERS="1", MUSAIC_EMBED__THREADS="1",
        )  # fmt: skip
        # The file that is none counts too, so that two are one picture.
        terminal.read_until(lambda screen: re.search(r"([2-9]|\d\d)/\d", screen) is not None)

        terminal.process.send_signal(signal.SIGINT)
        terminal.read_until(lambda screen: "Ctrl-C again" in screen)
        terminal.process.send_signal(signal.SIGINT)
        shut.open()
        code = terminal.end()

    assert code == 130, terminal.screen
    # At once: of the many that were in hand, none is taken in any more.
    with Ledger(tmp_path / ".musaic" / "ledger.sqlite") as ledger:
        assert 0 < len(ledger.asset_ids()) <= IngestSettings().batch_size
    assert "interrupted" in terminal.screen
    assert "Traceback" not in terminal.screen
    assert terminal.screen.rindex("\x1b[?25h") > terminal.screen.rindex("\x1b[?25l")


# --- reindex -----------------------------------------------------------------------------------------


def test_reindex_changes_the_encoder_and_search_goes_by_the_new_one(model: Path, tmp_path: Path) -> None:
    from musaic.embed.testing import tiny_model

    other = tiny_model(tmp_path / "other", seed=3, dim=48)
    call("ingest", write_pictures(tmp_path / "p"), "--model", model, "--library", tmp_path)

    answer = call("reindex", "--model", other, "--library", tmp_path)

    assert (answer.exit_code, answer.stdout.split(" in ")[0]) == (0, f"0 added, {len(COLOURS)} updated")
    assert answer.stderr.splitlines()[-1] == f"library {tmp_path / '.musaic'}, encoder other"
    found = call("search", "red", "--library", tmp_path)
    assert found.stderr.endswith("encoder other\n")
    assert "red.png" in found.stdout.splitlines()[0]


def test_reindex_of_an_empty_library_ends_with_2(alone: Path, model: Path) -> None:
    from musaic.library import Library

    Library.open(alone, create=True).close()

    answer = call("reindex", "--model", model)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "is empty" in answer.stderr
