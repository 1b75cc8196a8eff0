"""A lost ledger is read back from the sidecars: all of it or nothing, once, whoever looks and whatever lies there."""

import json
import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from musaic.errors import BudgetError, EngineTransportError, LibraryError
from musaic.generate.base import Blocked, Pictured
from musaic.ledger import Ledger
from musaic.lineage import open_run, record_of
from musaic.making import Limits, recover, restore
from musaic.making.save import folder_of, note_down
from musaic.schemas import CostLine, Record
from tests.engine import USAGE, Engine, came, making, picture, plan
from tests.recording import all_at_once, count, finished, generation, process, record, reference, reserve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".musaic").mkdir()
    return tmp_path / ".musaic"


def ledger_of(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.sqlite")


def lose(folder: Path) -> None:
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()


def filled(folder: Path) -> tuple[list[Record], list[CostLine]]:
    """Make pictures in every way that a call can end; return the records, newest first, and what they cost."""
    lost = EngineTransportError("gone", engine="test", billed="unknown")
    free = EngineTransportError("refused", engine="test", retryable=True, wait_s=0.0)
    engine = Engine(
        came(), Pictured(pictures=(picture("blue"),)), lost, free, came("green"), Blocked(reason="no", usage=USAGE)
    )  # fmt: skip
    with ledger_of(folder) as ledger:
        restore(folder, ledger)
        making(folder, ledger, engine).run(plan(5))
        return told(ledger)


def told(ledger: Ledger) -> tuple[list[Record], list[CostLine]]:
    records = [record_of(ledger, each) for each in ledger.recent(1000)]
    return records, ledger.cost_lines("model")


def sidecar(folder: Path, id_: str) -> Path:
    return folder_of(folder, id_) / "record.json"


def changed(path: Path, **changes: Any) -> None:
    """Rewrite a sidecar; what is under `call` goes into its first call, None takes a field away there."""
    said = json.loads(path.read_text())
    for name, value in changes.pop("call", {}).items():
        said["calls"][0][name] = value
    path.write_text(json.dumps({**said, **changes}))


# --- what comes back -------------------------------------------------------------------------------------
def test_records_and_costs_come_back_as_they_were_to_the_millionth(folder: Path) -> None:
    before = filled(folder)
    assert before[1][0].unconfirmed_usd > 0
    lose(folder)

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 5
        assert told(ledger) == before
        assert restore(folder, ledger) == 0
        assert told(ledger) == before
        assert ledger.open_runs() == []


def test_a_call_that_does_not_know_its_bound_gets_what_is_left_of_the_shots(folder: Path) -> None:
    """Sidecars written before calls knew their bounds."""
    records, _ = filled(folder)
    lose(folder)
    for each in records:
        said = json.loads(sidecar(folder, each.id).read_text())
        for call in said["calls"]:
            del call["bound_usd"]
        sidecar(folder, each.id).write_text(json.dumps(said))

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 5
        for each in records:
            known = sum(call.cost_usd or 0 for call in each.calls)
            lost = [call for call in each.calls if call.billed != "no" and call.cost_usd is None]
            unconfirmed = sum(ledger_bound for ledger_bound in _unconfirmed(ledger, each.id))
            left = (each.cost_bound_usd or 0) - known
            assert unconfirmed == pytest.approx(left if lost else 0, abs=2e-6)
            assert unconfirmed >= sum(call.bound_usd or 0 for call in lost)


def _unconfirmed(ledger: Ledger, id_: str) -> list[float]:
    return [
        row.bound_usd or 0 for row in ledger.calls_of(id_)
        if row.outcome is None or (row.outcome.billed != "no" and row.outcome.cost_usd is None)
    ]  # fmt: skip


def test_what_was_being_asked_for_when_the_ledger_was_lost_may_have_been_billed(folder: Path) -> None:
    begun = record(generation(1), "r-00000000000a").model_copy(update={"cost_bound_usd": 0.2})
    note_down(begun, folder)

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 1
        assert ledger.spent() == 0.2
        (ended,) = recover(folder, ledger)
        assert (ended.state, [call.billed for call in ended.calls]) == ("failed", ["unknown"])
        assert "may have been billed" in (ended.reason or "")
        assert ledger.spent() == 0.2


def test_a_ledger_that_lacks_some_records_gets_those(folder: Path) -> None:
    """One that an earlier Musaic began to read back, and was killed."""
    before = filled(folder)
    lose(folder)
    with ledger_of(folder) as ledger, ledger._transaction():
        ledger._take_back(before[0][2])

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 4
        assert told(ledger) == before


def test_a_ledger_is_whole_from_its_first_look_on(folder: Path) -> None:
    with ledger_of(folder) as ledger:
        assert not ledger.is_whole()
        assert restore(folder, ledger) == 0
        assert ledger.is_whole()
        note_down(record(generation(1), "r-00000000000a"), folder)

        assert restore(folder, ledger) == 0

        assert count(ledger, "generations") == 0


def test_a_ledger_that_cannot_be_written_is_an_error_only_where_something_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise LibraryError("cannot be written")

    monkeypatch.setattr(Ledger, "take_back", full)
    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 0
        note_down(record(generation(1), "r-00000000000a"), folder)
        with pytest.raises(LibraryError):
            restore(folder, ledger)


# --- what cannot be right --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"call": {"cost_usd": -1.0}}, "money"),
        ({"call": {"cost_usd": float("nan")}}, "money"),
        ({"call": {"bound_usd": 1e300}}, "money"),
        ({"cost_bound_usd": 1e12}, "money"),
        ({"cost_usd": float("inf")}, "money"),
        ({"call": {"sent_at": 1e300}}, "time"),
        ({"call": {"seconds": -5}}, "time"),
        ({"created_at": float("inf")}, "time"),
        ({"seconds": 1e300}, "time"),
        ({"run": "../../r-00000000000a"}, "id or run"),
        ({"run": "r-1\0"}, "id or run"),
        ({"parent": "'; DROP TABLE calls"}, "parent"),
        ({"asset_id": None}, "state does not fit"),
        ({"asset_id": "../x"}, "state does not fit"),
        ({"state": "failed"}, "state does not fit"),
        ({"references": [reference("a", 10**30).model_dump()]}, "more references"),
        ({"state": "splendid"}, "no record"),
        ({"calls": 5}, "no record"),
        ({"prompt": "\ud800"}, "no record"),
        ({"id": generation(99)}, "is the record of"),
    ],
)
def test_a_sidecar_that_cannot_be_right_is_passed_over_by_name_and_the_others_come_back(
    folder: Path, changes: dict[str, Any], why: str
) -> None:
    records, _ = filled(folder)
    odd = next(each for each in records if each.state == "picture" and each.cost_usd)
    lose(folder)
    changed(sidecar(folder, odd.id), **changes)
    notes: list[str] = []

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger, notify=notes.append) == 4
        (note,) = notes
        assert note.startswith(f"{sidecar(folder, odd.id)} is passed over: ")
        assert why in note
        assert told(ledger)[0] == [each for each in records if each.id != odd.id]
        recover(folder, ledger)
        making(folder, ledger, Engine()).run(plan())
        assert restore(folder, ledger, notify=notes.append) == 0
    assert len(notes) == 1


def test_a_sidecar_without_end_is_passed_over(folder: Path) -> None:
    records, _ = filled(folder)
    lose(folder)
    for number, target in enumerate(("/dev/zero", "pipe", "huge", "folder", "nowhere"), 1):
        path = sidecar(folder, generation(number))
        path.parent.mkdir()
        if target == "pipe":
            os.mkfifo(path)
        elif target == "huge":
            with path.open("wb") as file:
                file.truncate(1_000_000_000)
        elif target == "folder":
            path.mkdir()
        else:
            path.symlink_to(target)
    notes: list[str] = []

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger, notify=notes.append) == len(records)

    assert all(generation(number) in "".join(notes) for number in (1, 2, 3, 4))


# --- killed, and several at once -------------------------------------------------------------------------
RESTORE = """
    import os, signal, sys, time
    from pathlib import Path
    from musaic.ledger import Ledger
    from musaic.making import recover, restore
    folder, fatal = Path(sys.argv[1]), int(sys.argv[2])
    real, done = Ledger._take_back, []
    def one(self, record):
        real(self, record)
        done.append(record.id)
        time.sleep(0.005)
        if len(done) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    Ledger._take_back = one
    print("ready")
    sys.stdin.readline()
    with Ledger(folder / "ledger.sqlite") as ledger:
        restored = restore(folder, ledger)
        ended = recover(folder, ledger)
        print(restored, len(ended), len(ledger.recent(1000)), ledger.spent())
"""


@pytest.mark.parametrize("fatal", [1, 3, 5])
def test_killed_while_it_reads_back_nothing_is_there_and_the_next_one_does_it_all(
    folder: Path, fatal: int
) -> None:
    before = filled(folder)
    lose(folder)
    started = process(RESTORE, folder, fatal)
    started.communicate("go\n", timeout=60)
    assert started.returncode == -signal.SIGKILL

    with ledger_of(folder) as ledger:
        assert (count(ledger, "generations"), count(ledger, "calls"), ledger.is_whole()) == (0, 0, False)
        assert restore(folder, ledger) == 5
        assert told(ledger) == before


def test_killed_at_random_moments_it_is_all_there_or_nothing(folder: Path) -> None:
    before, dice = filled(folder), random.Random(5)
    for _ in range(6):
        lose(folder)
        started = process(RESTORE, folder, 0)
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdout.readline()
        started.stdin.write("go\n")
        started.stdin.flush()
        time.sleep(dice.uniform(0.0, 0.08))
        started.kill()
        started.communicate()

        with ledger_of(folder) as ledger:
            assert count(ledger, "generations") == (5 if ledger.is_whole() else 0)
            restore(folder, ledger)
            assert told(ledger) == before


def test_processes_that_look_at_once_all_see_everything_and_end_nothing(folder: Path) -> None:
    before = filled(folder)
    lose(folder)
    started = [process(RESTORE, folder, 0) for _ in range(4)]
    all_at_once(started)

    answers = [finished(each)[-1].split() for each in started]

    assert sorted(answer[0] for answer in answers) == ["0", "0", "0", "5"]
    with ledger_of(folder) as ledger:
        assert {tuple(answer[1:]) for answer in answers} == {("0", "5", str(ledger.spent()))}
        assert told(ledger) == before


@pytest.mark.usefixtures("mid_month")
def test_who_makes_pictures_meanwhile_waits_and_is_held_to_the_whole_budget(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder)
    with ledger_of(folder) as ledger:
        spent = ledger.spent()
    lose(folder)
    half, real = threading.Event(), Ledger._take_back

    def slowly(self: Ledger, one: Record) -> None:
        real(self, one)
        half.set()
        time.sleep(0.05)

    monkeypatch.setattr(Ledger, "_take_back", slowly)

    def read_back() -> None:
        with ledger_of(folder) as ledger:
            restore(folder, ledger)

    other = threading.Thread(target=read_back)
    other.start()
    half.wait(10)
    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 0
        with pytest.raises(BudgetError) as caught:
            making(folder, ledger, Engine(), limits=Limits(month_usd=spent)).run(plan())
    other.join()
    assert caught.value.spent_usd == spent


def test_what_is_made_after_it_is_never_read_back_twice(folder: Path) -> None:
    filled(folder)
    lose(folder)
    with ledger_of(folder) as ledger:
        restore(folder, ledger)
        making(folder, ledger, Engine()).run(plan(2))
        with open_run(ledger, folder) as run:
            run.begin(record(generation(1), run.id))
            reserve(run, generation(1), 0.1)
        before = told(ledger)

    with ledger_of(folder) as ledger:
        assert restore(folder, ledger) == 0
        assert told(ledger) == before
