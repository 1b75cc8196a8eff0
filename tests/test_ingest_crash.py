"""Real processes, interrupted and killed: the next run completes the work, nothing is lost or doubled."""

import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest

from musaic.embed.testing import tiny_model
from musaic.errors import LibraryBusyError
from musaic.ledger import Ledger
from musaic.library import Library
from musaic.store import Store
from tests.gate import Gate, gate
from tests.ingesting import draw, draw_many, id_of
from tests.shop import PROGRAM

SRC = Path(__file__).parents[1] / "src"
COUNT = 400


class Bench:
    """A library folder with photos beside it, and `musaic` as a process of its own."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.model = folder, model
        self.photos = folder / "photos"
        self.library = folder / ".musaic"
        # The same on every machine: how many batches a run is cut into goes by the threads.
        threads = {"MUSAIC_EMBED__THREADS": "2", "MUSAIC_INGEST__DECODERS": "2"}
        waits = {"MUSAIC_STORE__WAIT_S": "0", "MUSAIC_INGEST__SETTLE_S": "0"}
        self.env = {**os.environ, "PYTHONPATH": str(SRC), **waits, **threads}

    def start(self, *arguments: str, program: Sequence[str] = PROGRAM) -> "subprocess.Popen[str]":
        """Start the command line, or the one that waits at a gate."""
        return subprocess.Popen(
            [*program, *arguments, "--library", str(self.folder)],
            env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ingest(self, *, program: Sequence[str] = PROGRAM) -> "subprocess.Popen[str]":
        return self.start("ingest", str(self.photos), "--model", str(self.model), "--json", program=program)

    def open(self, **embed: object) -> Library:
        return Library.open(
            self.folder,
            create=True,
            store={"wait_s": 0},
            embed=embed or {"model": str(self.model)},
            ingest={"settle_s": 0},
        )

    def acknowledged(self, lines: list[str]) -> int:
        """How many files a run said were done."""
        return max((json.loads(line).get("done", 0) for line in lines if '"progress"' in line), default=0)

    def check_whole(self, expected: set[str], *, stray_thumbnails: bool = False) -> None:
        """Store, ledger and thumbnails hold these assets, each once, and nothing else.

        A picture that is changed or removed after a kill may leave a thumbnail of what it was.
        """
        with Library.open(self.folder) as library, library._opened() as store:
            ids = list(store.ids())
            assert len(ids) == len(set(ids)) == store.count()
            assert set(ids) == expected
            assert library._ledger.asset_ids() == expected
        thumbnails = {path.stem for path in (self.library / "thumbs").rglob("*.webp")}
        assert thumbnails >= expected if stray_thumbnails else thumbnails == expected


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    draw_many(folder, COUNT)
    return folder


@pytest.fixture
def bench(tmp_path: Path, model: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("XDG_CACHE_HOME", str(model / "cache"))
    made = Bench(tmp_path, model)
    shutil.copytree(pictures, made.photos)
    return made


def read_progress(process: "subprocess.Popen[str]", times: int) -> list[str]:
    """Read until a run has said so many times that work is safe; return what it said."""
    assert process.stdout is not None
    lines: list[str] = []
    while sum('"progress"' in line for line in lines) < times:
        lines.append(process.stdout.readline())
        assert lines[-1], "it ended too early to show anything"
    return lines


def kill_among(process: "subprocess.Popen[str]", gate: Gate, dice: random.Random) -> list[str]:
    """Let some batches through and kill -9 the run while they are written; return what it said.

    Behind them the gate is shut, so that it cannot end before, however late the kill comes.
    """
    batches = dice.randint(1, 3)
    gate.let(batches)
    lines = read_progress(process, dice.randint(1, batches))
    time.sleep(dice.uniform(0, 0.15))
    process.kill()
    rest, _ = process.communicate()
    return [line for line in [*lines, *rest.splitlines(keepends=True)] if line.endswith("\n")]


def test_killed_at_random_moments_the_next_run_completes(bench: Bench) -> None:
    dice = random.Random(20)
    for round_number in range(4):
        with gate(bench.folder / f"gate-{round_number}") as shut:
            lines = kill_among(bench.ingest(program=shut.program), shut, dice)
        assert not any('"done",' in line for line in lines)
        acknowledged = bench.acknowledged(lines)
        assert acknowledged > 0
        with Ledger(bench.library / "ledger.sqlite") as ledger:
            known = ledger.asset_ids()
        assert COUNT > len(known) >= acknowledged
        with Store.open(bench.open().settings.store, bench.library) as store:
            held = set(store.ids()) if store.fingerprint() else set()
        assert known <= held, f"round {round_number}: the ledger says what the store does not hold"
        # The world goes on: some files change, some are new, some go.
        draw_many(bench.photos, 8, first=COUNT + 1_000 * round_number)
        draw(bench.photos / f"{dice.randrange(COUNT):05}.bmp", f"changed {round_number}")
        (bench.photos / f"{dice.randrange(COUNT):05}.bmp").unlink(missing_ok=True)

    with bench.open() as library:
        done = library.ingest(bench.photos, prune=True)
        again = library.ingest(bench.photos)

    assert done.failed == 0
    expected = {id_of(path) for path in bench.photos.iterdir()}
    assert (again.unchanged, again.added, again.updated) == (len(list(bench.photos.iterdir())), 0, 0)
    bench.check_whole(expected, stray_thumbnails=True)


def test_killed_while_pruning_the_next_prune_completes(bench: Bench) -> None:
    with bench.open() as library:
        library.ingest(bench.photos)
    for path in sorted(bench.photos.iterdir())[10:]:
        path.unlink()
    slow = (
        "import time\n"
        "from musaic.ingest import write\n"
        "write._SETTLED_ROWS = 20\n"
        "real = write.remove_thumb\n"
        "write.remove_thumb = lambda *given: (time.sleep(0.005), print('.', flush=True), real(*given))\n"
        "from musaic.cli import main\nmain()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, "ingest", str(bench.photos), "--prune", "--library", str(bench.folder)],
        env=bench.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(150):
        assert process.stdout.readline() == ".\n"
    process.kill()
    process.wait()
    process.stdout.close()

    with bench.open() as library:
        library.ingest(bench.photos, prune=True)
    bench.check_whole({id_of(path) for path in bench.photos.iterdir()})


def test_killed_while_reindexing_the_library_answers_and_the_next_reindex_goes_on(
    bench: Bench, tmp_path: Path
) -> None:
    other = tiny_model(tmp_path / "other", seed=1, dim=16)
    with bench.open() as library:
        library.ingest(bench.photos)
    dice = random.Random(3)
    acknowledged = 0
    for round_number in range(2):
        with gate(tmp_path / f"gate-{round_number}") as shut:
            process = bench.start("reindex", "--model", str(other), "--json", program=shut.program)
            lines = kill_among(process, shut, dice)
        assert not any('"done",' in line for line in lines)
        assert bench.acknowledged(lines) > acknowledged
        acknowledged = bench.acknowledged(lines)
        with Library.open(bench.folder) as library:
            assert len(library.search("red", limit=5)) == 5
            assert library.check_store()[2] == COUNT

    with bench.open(model=str(other)) as library:
        done = library.reindex()

    assert done.updated + done.unchanged == COUNT
    assert done.unchanged >= acknowledged, "what the killed runs had encoded is kept"
    with Library.open(bench.folder) as library:
        built_with = library.built_with()
        assert built_with is not None
        assert built_with.dim == 16
        assert len(library.search("red", limit=5)) == 5
    bench.check_whole({id_of(path) for path in bench.photos.iterdir()})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_finishes_the_batch_says_how_to_go_on_and_exits_130(bench: Bench, number: int) -> None:
    with gate(bench.folder / "gate") as shut:
        process = bench.ingest(program=shut.program)
        shut.let(1)
        said = read_progress(process, 1)
        process.send_signal(number)
        assert process.stderr is not None
        told = next(line for line in process.stderr if line.strip())
        shut.open()
        out, err = process.communicate(timeout=100)

    assert process.returncode == 130
    last = json.loads([*said, *out.splitlines()][-1])
    assert (last["event"], last["interrupted"]) == ("done", True)
    assert 0 < last["added"] < COUNT
    assert "finishing the batch in hand" in told
    assert "nothing is lost. To go on: " in err
    assert str(bench.photos) in err.splitlines()[-1]
    with Ledger(bench.library / "ledger.sqlite") as ledger:
        assert len(ledger.asset_ids()) == last["added"]
    with bench.open() as library:
        done = library.ingest(bench.photos)
    assert (done.unchanged, done.added) == (last["added"], COUNT - last["added"])
    bench.check_whole({id_of(path) for path in bench.photos.iterdir()})


def test_a_second_process_is_told_who_holds_the_library_and_since_when(bench: Bench) -> None:
    before = datetime.now().astimezone().replace(microsecond=0)
    with gate(bench.folder / "gate") as shut:
        process = bench.ingest(program=shut.program)
        shut.let(1)
        read_progress(process, 1)

        with pytest.raises(LibraryBusyError) as caught, bench.open() as library:
            library.ingest(bench.photos)
        second = bench.ingest()
        out, err = second.communicate(timeout=100)
        process.kill()
        process.communicate()

    assert caught.value.pid == process.pid
    assert caught.value.since is not None
    assert before <= datetime.fromisoformat(caught.value.since) <= datetime.now().astimezone()
    assert second.returncode == 2
    assert out == ""
    assert f"process {process.pid}" in err
    assert caught.value.since in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("survives", ["kill", "power cut"])
def test_a_transaction_that_ctrl_c_left_before_its_block_ends_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: Literal["kill", "power cut"]
) -> None:
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    ledger = Ledger(tmp_path / "ledger.sqlite")
    begun = ledger._transaction(survives)
    begun.__enter__()
    # As a KeyboardInterrupt does, whose traceback keeps the generator until the ledger is closed.
    ledger.close()

    del begun
    gc.collect()

    assert said == []
    with Ledger(tmp_path / "ledger.sqlite") as again:
        again.remember("nobody", "holds it")
