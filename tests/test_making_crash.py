"""Real processes that make pictures, interrupted and killed: nothing that was sent is lost, nothing is doubled."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from musaic.ledger import Ledger
from musaic.schemas import Record
from tests.shop import PROGRAM, environment
from tests.studio import Studio

# Several processes a test, each of which may take long where the machine is busy.
pytestmark = pytest.mark.timeout(300)

VARIANTS = 6


@contextmanager
def making(studio: Studio, *arguments: object, **more: str) -> Iterator["subprocess.Popen[str]"]:
    """A `generate` of its own, which is gone at the end."""
    words = [*PROGRAM, "generate", "a red square", "--library", studio.folder, *arguments]
    process = subprocess.Popen(
        [str(each) for each in words],
        cwd=studio.folder, env=environment(studio.folder, **studio.fake.env, **more),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        with suppress(ValueError):  # it was read to its end already
            process.communicate()


def calls(records: Sequence[Record]) -> int:
    return sum(len(record.calls) for record in records)


def check_whole(studio: Studio) -> list[Record]:
    """Recover, then compare ledger, disk and store with each other; return the records."""
    library = studio.open()
    library.costs()
    records = studio.records()
    for record in records:
        assert record.state != "open"
        assert studio.sidecar(record) == record
        pictures = list((studio.library / "outputs" / record.id).glob("picture.*"))
        assert [str(path) for path in pictures] == ([record.path] if record.state == "picture" else [])
        assert (record.export_path is not None) == (record.state == "picture")
        assert not list((studio.library / "outputs" / record.id).glob("answer-*"))
        for call in record.calls:
            assert (call.cost_usd is None) == (call.billed != "yes")
    made = {record.asset_id for record in records if record.state == "picture"}
    hits = library.search("red", limit=1000, where='kind == "generated"')
    assert len(hits) == len(made)
    assert {hit.asset_id for hit in hits} == made
    with Ledger(studio.library / "ledger.sqlite") as ledger:
        assert ledger.open_runs() == []
    return records


def test_killed_at_random_moments_every_sent_call_is_recorded_and_nothing_is_lost_or_doubled(
    studio: Studio,
) -> None:
    dice = random.Random(11)
    states = []
    for number in range(5):
        seen = len(studio.fake.requests)
        # In turn: while all wait, while some have come, and with nobody held.
        if number % 3 < 2:
            studio.fake.hold(after=(number % 3) * dice.randint(1, 4))
        with making(studio, "--find", "red", "--variants", VARIANTS, "--ratio", "1:1,16:9") as process:
            studio.fake.wait_for(seen + dice.randint(1, 4))
            time.sleep(dice.uniform(0, 0.3))
            process.kill()
            process.wait()
        studio.fake.release()

        left = [record for record in studio.records() if record.state == "open"]
        states += [record.state for record in check_whole(studio)[-len(left) :]] if left else []

    records = check_whole(studio)
    assert len(studio.fake.requests) >= 5
    assert calls(records) >= len(studio.fake.requests)
    # Each process holds at most its four calls, reserved and not sent yet, when it is killed.
    assert calls(records) <= len(studio.fake.requests) + 5 * 4
    assert {"cancelled", "failed"} <= set(states), "the kills came at the wrong moments to show anything"
    with Ledger(studio.library / "ledger.sqlite") as ledger:
        lost = [each for record in records for each in ledger.calls_of(record.id) if _unknown(each.outcome)]
        bounds = sum(each.bound_usd or 0 for each in lost)
    (line,) = studio.open().costs(by="model")
    assert lost
    assert line.unconfirmed_usd == pytest.approx(bounds, abs=1e-9)
    assert line.calls == calls(records)


def _unknown(outcome: object) -> bool:
    return getattr(outcome, "billed", "unknown") == "unknown"


def test_a_picture_on_disk_whose_end_was_not_recorded_is_saved_with_all_that_was_known(
    studio: Studio,
) -> None:
    """The moment between the two cannot be met by chance: its traces are laid by hand in a killed run."""
    library = studio.open()
    (whole,) = library.generate("a red square", find=["red"])
    assert whole.path is not None
    studio.fake.hold()
    with making(studio, "--find", "red", "--variants", 2) as process:
        studio.fake.wait_for(3)
        process.kill()
        process.wait()
    first, second = (record for record in studio.records() if record.state == "open")
    shutil.copy(whole.path, studio.library / "outputs" / first.id / "picture.png")
    (studio.library / "outputs" / second.id / "record.json").write_text("{half")

    notes: list[str] = []
    again = studio.open(notes=notes)
    saved, lost = again.record(first.id), again.record(second.id)

    assert (saved.state, lost.state) == ("picture", "failed")
    assert saved.asset_id == library.record(whole.id).asset_id
    assert [call.billed for call in (*saved.calls, *lost.calls)] == ["unknown", "unknown"]
    assert [each.sha256 for each in saved.sent] == [each.sha256 for each in library.record(whole.id).sent]
    assert "it may have been billed" in (lost.reason or "")
    assert len(notes) == 2
    assert str(saved.path) in notes[0]
    again.record(first.id)
    assert len(notes) == 2, "a second look finds nothing left to recover"
    check_whole(studio)


@pytest.mark.parametrize("name", ["Run.end", "end_abandoned"], ids=["making", "recovering"])
@pytest.mark.parametrize("order", ["os._exit(9)", "(real(*words), os._exit(9))"], ids=["before", "after"])
def test_killed_at_the_very_end_the_sidecar_says_what_the_ledger_does(
    studio: Studio, name: str, order: str
) -> None:
    """Right before, or right after, the end of a picture is in the ledger."""
    if name == "end_abandoned":
        studio.fake.hold()
        with making(studio, "--find", "red"):
            studio.fake.wait_for(1)
        studio.fake.release()
    module = "musaic.lineage.runs" if name == "Run.end" else "musaic.making.recover"
    killed = (
        f"import os, runpy, sys\nimport {module}\nmodule = sys.modules['{module}']\n"
        f"real = module.{name}\nmodule.{name} = lambda *words: {order}\n"
        "sys.argv[0] = 'musaic'\nrunpy.run_module('musaic', run_name='__main__', alter_sys=True)\n"
    )
    words = ["generate", "a red square", "--find", "red", "--library", str(studio.folder)]
    done = subprocess.run(
        [sys.executable, "-c", killed, *words],
        cwd=studio.folder, capture_output=True, text=True, timeout=100, check=False,
        env=environment(studio.folder, **studio.fake.env),
    )  # fmt: skip

    assert done.returncode == 9, done.stderr
    assert check_whole(studio)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_once_what_was_sent_is_waited_for_and_the_rest_cancelled(
    studio: Studio, number: signal.Signals
) -> None:
    studio.fake.hold(after=1)
    with making(
        studio, "--find", "red", "--variants", VARIANTS, "--json", MUSAIC_GENERATE__CONCURRENCY="2"
    ) as process:
        studio.fake.wait_for(3)
        process.send_signal(number)
        _wait_for_words(process, "waiting for the pictures")
        studio.fake.release()
        out, _ = process.communicate(timeout=100)

    assert process.returncode == 130
    made = [json.loads(line) for line in out.splitlines()]
    assert sorted(each["state"] for each in made) == ["cancelled"] * 3 + ["picture"] * 3
    assert len(studio.fake.requests) == 3
    assert sum(each["cost_usd"] or 0 for each in made) == pytest.approx(studio.reported_usd(), abs=1e-9)
    records = check_whole(studio)
    assert calls(records) == 3
    assert sorted(record.state for record in records) == ["cancelled"] * 3 + ["picture"] * 3


def test_interrupted_while_it_waits_to_ask_again_it_does_not_ask_again(studio: Studio) -> None:
    studio.fake.otherwise("rate_limited:60")
    with making(studio, "--json") as process:
        studio.fake.wait_for(1)
        _until(lambda: studio.fake.requests[0].status is not None)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        out, _ = process.communicate(timeout=100)

    assert time.monotonic() - started < 30
    assert process.returncode == 130
    (made,) = (json.loads(line) for line in out.splitlines())
    assert made["state"] == "cancelled"
    assert "before it was asked for again" in made["reason"]
    assert len(studio.fake.requests) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_twice_it_ends_at_once_and_says_what_may_have_been_billed(
    studio: Studio, number: signal.Signals
) -> None:
    studio.fake.hold()
    with making(
        studio, "--find", "red", "--variants", 4, "--json", MUSAIC_GENERATE__CONCURRENCY="2"
    ) as process:
        studio.fake.wait_for(2)
        process.send_signal(number)
        _wait_for_words(process, "waiting for the pictures")
        started = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=100)
        assert time.monotonic() - started < 15

    assert process.returncode == 130
    assert "Traceback" not in err
    made = [json.loads(line) for line in out.splitlines()]
    assert [each["state"] for each in made] == ["cancelled"] * 4
    assert sum("may have been billed" in each["reason"] for each in made) == 2
    # Recorded by the process itself: nothing is left to recover.
    assert [record.state for record in studio.records()] == ["cancelled"] * 4
    records = check_whole(studio)
    assert [call.billed for record in records for call in record.calls] == ["unknown"] * 2
    (line,) = studio.open().costs(by="model")
    assert line.unconfirmed_usd > 0


def test_a_monthly_budget_holds_across_two_processes_at_once(studio: Studio) -> None:
    month = time.gmtime()[:2]
    library, red = studio.open(), str(studio.pictures / "red.png")
    bound = library.plan(library.brief("a red square", refs=[red], variants=3)).cost_bound_usd
    assert bound is not None
    # Each alone may; both together may not.
    budget = bound * 1.05
    more = {"MUSAIC_GENERATE__MONTHLY_BUDGET_USD": str(budget), "MUSAIC_GENERATE__CONCURRENCY": "3"}
    studio.fake.otherwise("reset")  # the whole bound stays reserved for each call
    studio.fake.hold()
    flags = ("--ref", studio.pictures / "red.png", "--variants", 3, "--json")
    with making(studio, *flags, **more) as one, making(studio, *flags, **more) as other:
        studio.fake.wait_for(3)
        _until(lambda: len(studio.records()) == 6 or one.poll() is not None or other.poll() is not None)
        time.sleep(0.3)
        studio.fake.release()
        answers = [process.communicate(timeout=100) for process in (one, other)]

    assert all("Traceback" not in err for _, err in answers)
    if time.gmtime()[:2] != month:
        pytest.skip("a month ended meanwhile, and each has a budget of its own")
    assert studio.open().spent_this_month() <= budget
    assert len(studio.fake.requests) < 6
    told = "".join(out + err for out, err in answers)
    assert "monthly budget" in told


@pytest.mark.parametrize(
    ("most_bytes", "size", "sent", "pictures"),
    [(45_000, "1K", 0, 0), (90_000, "1K", 1, 1), (105_000, "1K", 1, 1), (150_000, "2K", 1, 0)],
)
def test_on_a_full_disk_nothing_that_was_sent_is_forgotten(
    studio: Studio, most_bytes: int, size: str, sent: int, pictures: int
) -> None:
    """No file can grow beyond so many bytes: the ledger's before, while and after it is settled; the picture's."""
    red = studio.pictures / "red.png"
    limited = (
        "import resource, runpy, sys\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes}))\n"
        "sys.argv[0] = 'musaic'\n"
        "runpy.run_module('musaic', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "generate", "a red square", "--ref", str(red), "--variants", "3",
         "--size", size, "--library", str(studio.folder)],
        cwd=studio.folder, capture_output=True, text=True, timeout=100, check=False,
        env=environment(studio.folder, **studio.fake.env, MUSAIC_GENERATE__CONCURRENCY="1"),
    )  # fmt: skip

    assert done.returncode == (2 if not sent else 1 if pictures else 3)
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert len(studio.fake.requests) == sent, "nothing more is paid for once something cannot be kept"
    records = check_whole(studio)
    assert (calls(records), [record.state for record in records].count("picture")) == (sent, pictures)
    with Ledger(studio.library / "ledger.sqlite") as ledger:
        assert (ledger.spent() > 0) == bool(sent)


def _wait_for_words(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")


def _until(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
