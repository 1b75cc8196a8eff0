"""The orchestrator on its own: engines that misbehave, interrupts, conversations, a ledger that goes away."""

import asyncio
import base64
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from pydantic import JsonValue

from musaic.errors import EngineUnavailableError, ExportError, LibraryError
from musaic.generate.base import Answer, NoPicture, Pictured
from musaic.ledger import Ledger
from musaic.lineage import record_of
from musaic.making import Limits, recover
from musaic.making.blobs import keep_blob, pictures_in, read_turns, words_in, write_turns
from musaic.making.brake import Brake
from musaic.making.loop import Loop, whole
from musaic.schemas import Generation, Usage
from tests.engine import USAGE, Engine, came, making, picture, plan

# --- engines -----------------------------------------------------------------------------------------


def test_a_bug_in_an_engine_is_one_failed_picture_that_may_have_been_billed(
    folder: Path, ledger: Ledger
) -> None:
    engine = Engine(ZeroDivisionError("oh"), came("red"), came("blue"))

    made = making(folder, ledger, engine).run(plan(3))

    assert [each.state for each in made] == ["failed", "picture", "picture"]
    assert "ZeroDivisionError: oh" in (made[0].reason or "")
    (call,) = record_of(ledger, made[0].id).calls
    assert (call.outcome, call.billed) == ("ZeroDivisionError", "unknown")
    (line,) = ledger.cost_lines("model")
    assert line.unconfirmed_usd > 0
    assert engine.closed


def test_no_more_calls_run_at_a_time_than_allowed(folder: Path, ledger: Ledger) -> None:
    engine = Engine()

    making(folder, ledger, engine, limits=Limits(concurrency=3)).run(plan(9))

    assert (len(engine.requests), engine.most_at_once) == (9, 3)


def test_a_service_that_is_down_is_tried_again_with_growing_waits_and_then_comes(
    folder: Path, ledger: Ledger
) -> None:
    down = EngineUnavailableError("overloaded", engine="test", retryable=True, wait_s=0.02)
    engine = Engine(down, down, came())

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, len(engine.requests)) == ("picture", 3)
    assert [call.billed for call in record_of(ledger, made.id).calls] == ["no", "no", "yes"]


@pytest.mark.parametrize(
    ("retryable", "billed", "wait_s"), [(True, "unknown", 0.01), (False, "no", 0.01), (True, "no", 1e6)]
)
def test_what_must_not_be_repeated_is_not(
    folder: Path, ledger: Ledger, retryable: bool, billed: Literal["no", "unknown"], wait_s: float
) -> None:
    error = EngineUnavailableError("no", engine="test", retryable=retryable, billed=billed, wait_s=wait_s)
    engine = Engine(error, came())

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, len(engine.requests)) == ("failed", 1)


@pytest.mark.usefixtures("mid_month")
def test_a_second_asking_that_the_limit_forbids_leaves_the_first_answer_standing(
    folder: Path, ledger: Ledger
) -> None:
    bound = plan().cost_bound_usd
    assert bound is not None
    engine = Engine(_meanwhile(folder, NoPicture(reason="I would rather not", usage=USAGE)))

    (made,) = making(folder, ledger, engine, limits=Limits(month_usd=bound)).run(plan())

    assert (made.state, made.reason) == ("no_picture", "I would rather not")
    assert len(engine.requests) == 1


def _meanwhile(folder: Path, answer: Answer) -> Callable[[], Answer]:
    """Give an answer while another command of the same library spends what is left of the month."""

    def told() -> Answer:
        with ThreadPoolExecutor(1) as pool:  # an event loop is running here
            pool.submit(
                lambda: making(folder, Ledger(folder / "ledger.sqlite"), Engine()).run(plan())
            ).result()
        return answer

    return told


def test_an_answer_without_a_picture_that_cost_more_than_foreseen_is_not_asked_for_again(
    folder: Path, ledger: Ledger
) -> None:
    bound = plan().cost_bound_usd
    assert bound is not None
    dear = Usage(input_text=int(bound * 1_000_000), input_image=0, output_text=0, output_image=0)
    engine = Engine(NoPicture(reason="words", usage=dear))

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, len(engine.requests)) == ("no_picture", 1)


@pytest.mark.parametrize("tokens", [10**30, 10**12, 10_000_001, 5_000_000, -1])
def test_a_picture_with_a_report_that_cannot_be_true_is_kept_and_counts_with_its_bound(
    folder: Path, ledger: Ledger, tokens: int
) -> None:
    absurd = Usage(input_text=tokens, input_image=0, output_text=0, output_image=tokens)
    engine = Engine(Pictured(pictures=(picture(),), usage=absurd))

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, made.cost_usd) == ("picture", None)
    assert [each.check for each in made.findings if each.severity == "warning"] == ["size", "usage"]
    (call,) = record_of(ledger, made.id).calls
    assert (call.billed, call.cost_usd) == ("yes", None)
    (line,) = ledger.cost_lines("model")
    assert line.cost_usd == 0
    assert 0 < line.unconfirmed_usd < 1


# --- interrupts --------------------------------------------------------------------------------------


def test_stopped_between_requests_the_rest_is_cancelled_and_what_came_is_kept(
    folder: Path, ledger: Ledger
) -> None:
    stop = threading.Event()
    engine = Engine()

    made = making(folder, ledger, engine, stop=stop, on_done=lambda _: stop.set()).run(plan(4))

    assert [each.state for each in made] == ["picture", "cancelled", "cancelled", "cancelled"]
    assert len(engine.requests) == 1
    assert all(record_of(ledger, each.id).state == each.state for each in made)


def test_an_interrupt_just_after_an_answer_came_does_not_lose_it(folder: Path, ledger: Ledger) -> None:
    def interrupted() -> Answer:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        return came()

    first, second = making(folder, ledger, Engine(interrupted)).run(plan(2))

    assert (first.state, second.state) == ("picture", "cancelled")
    (call,) = record_of(ledger, first.id).calls
    assert (call.billed, call.cost_usd) == ("yes", first.cost_usd)
    assert first.path is not None
    assert Path(first.path).read_bytes() == picture()


@pytest.mark.parametrize("name", ["file", "file/below", "/dev/null", "/proc/no-such-folder", "n" * 300])
def test_an_out_folder_that_cannot_be_written_is_refused_before_anything_is_sent(
    folder: Path, ledger: Ledger, name: str
) -> None:
    (folder / "file").write_bytes(b"theirs")
    engine = Engine()

    with pytest.raises(ExportError, match="name another out="):
        making(folder, ledger, engine, out=folder / name).run(plan())

    assert engine.requests == []
    assert ledger.generations_like("g-", most=9) == []
    assert (folder / "file").read_bytes() == b"theirs"


def test_an_out_folder_is_made_and_left_with_nothing_but_pictures(folder: Path, ledger: Ledger) -> None:
    (made,) = making(folder, ledger, Engine(), out=folder / "new" / "out").run(plan())

    assert [str(path) for path in (folder / "new" / "out").iterdir()] == [made.path]


def test_who_cannot_be_told_ends_the_run_with_everything_recorded(folder: Path, ledger: Ledger) -> None:
    def gone(_: Generation) -> None:
        raise BrokenPipeError("nobody reads")

    engine = Engine()
    with pytest.raises(BrokenPipeError):
        making(folder, ledger, engine, on_done=gone).run(plan(3))

    ids = ledger.generations_like("g-")
    assert sorted(record_of(ledger, each).state for each in ids) == ["failed", "failed", "picture"]
    assert len(engine.requests) == 1


def test_what_must_be_done_whole_is_done_before_an_interrupt_is_raised() -> None:
    done = []

    async def slow() -> None:
        await asyncio.sleep(0.05)
        done.append("whole")

    async def interrupted() -> None:
        task = asyncio.ensure_future(whole(slow()))
        for _ in range(3):
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["whole"]

    asyncio.run(interrupted())
    assert done


def test_a_wait_ends_when_the_run_is_stopped() -> None:
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    brake = Brake(stop)
    started = time.monotonic()

    asyncio.run(brake.wait(30))

    assert time.monotonic() - started < 5
    assert (brake.on, brake.interrupted) == (True, True)


def test_the_loop_raises_what_its_work_raises() -> None:
    async def broken() -> None:
        raise LibraryError("full")

    with pytest.raises(LibraryError, match="full"):
        Loop(threading.Event()).run(broken())


# --- disk and ledger ---------------------------------------------------------------------------------


def test_a_picture_that_came_while_the_ledger_went_away_is_saved_by_the_next_command(
    folder: Path, ledger: Ledger
) -> None:
    def went() -> Answer:
        ledger.close()
        return came()

    engine = Engine(went)

    made = making(folder, ledger, engine).run(plan(2))

    assert [each.state for each in made] == ["picture", "failed"]
    assert "closed" in made[0].findings[-1].message
    assert len(engine.requests) == 1
    with Ledger(folder / "ledger.sqlite") as again:
        saved, unsent = recover(folder, again)
        assert (saved.id, saved.state, unsent.state) == (made[0].id, "picture", "cancelled")
        assert record_of(again, made[0].id).path == made[0].path
        assert again.waiting() == [(saved.asset_id, saved.id)]
        assert again.spent() > 0


def test_bytes_that_are_no_picture_are_kept_for_they_were_paid_for(folder: Path, ledger: Ledger) -> None:
    cut = picture()[:80]

    (made,) = making(folder, ledger, Engine(Pictured(pictures=(cut,), usage=USAGE))).run(plan())

    assert (made.state, made.path) == ("malformed", None)
    assert (folder / "outputs" / made.id / "answer.bin").read_bytes() == cut
    assert made.cost_usd is not None


def test_of_several_pictures_the_last_good_one_is_the_picture_and_the_others_lie_beside_it(
    folder: Path, ledger: Ledger
) -> None:
    pictures = (picture("red"), picture("blue"), picture("green")[:80])

    (made,) = making(folder, ledger, Engine(Pictured(pictures=pictures, usage=USAGE))).run(plan())

    assert made.path is not None
    assert Path(made.path).read_bytes() == pictures[1]
    assert (Path(made.path).parent / "also-1.png").read_bytes() == pictures[0]


def test_threads_that_keep_the_same_bytes_do_not_trip_over_each_other(folder: Path) -> None:
    content = b"x" * 200_000

    for number in range(5):
        with ThreadPoolExecutor(8) as pool:
            mine = content + bytes([number])
            digests = set(pool.map(lambda _, kept=mine: keep_blob(folder, kept), range(16)))
        assert len(digests) == 1

    assert len(list((folder / "outputs" / "sent").iterdir())) == 5


# --- conversations -----------------------------------------------------------------------------------


def _turn(content: bytes, mime: str, **more: JsonValue) -> JsonValue:
    data = base64.b64encode(content).decode()
    return {
        "role": "user",
        "parts": [{"inlineData": {"mimeType": mime, "data": data}, **more}, {"text": "wörds"}],
    }


def test_a_conversation_comes_back_letter_for_letter_with_each_picture_kept_once(folder: Path) -> None:
    heic = b"\0\0\0\x18ftypheic" + bytes(3000)
    turns = [
        _turn(picture(), "image/png"),
        _turn(heic, "image/heic", thoughtSignature="A" * 3000, thought=True),
        _turn(picture(), "image/png"),
        {
            "role": "model",
            "parts": [{"text": "iVBORw0KGgo" + "A" * 2001}, {"text": None}, {"odd": [1, 2.5, True]}],
        },
        _turn(b"", "image/png"),
    ]

    write_turns(folder, folder / "turns.json", turns)

    assert list(read_turns(folder, folder / "turns.json")) == turns
    assert len((folder / "turns.json").read_bytes()) < 6500, "pictures are not in it"
    kept = [path.read_bytes() for path in (folder / "outputs" / "sent").iterdir()]
    assert sorted(kept, key=len) == sorted({picture(), heic, b""}, key=len)
    assert pictures_in(turns) == 4
    # Words, in bytes; neither pictures nor signatures.
    assert 2000 < words_in(turns) < 2200


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"{", b"[1", b'[{"musaic_sha256": "' + b"0" * 64 + b'"}]', b'{"a": 1', b"\xff\xfe\0", b"5", b"null",
        b'"words"', b'{"role": "user"}', b"[5]", b"[" * 100_000, b"[" * 900 + b"]" * 900,
        b'[{"a":' * 400 + b"1" + b"}]" * 400, b'[{"data": {"musaic_sha256": "\\u0000"}}]',
    ],
)  # fmt: skip
def test_a_conversation_that_cannot_be_read_is_none(folder: Path, broken: bytes) -> None:
    (folder / "turns.json").write_bytes(broken)

    assert read_turns(folder, folder / "turns.json") == ()
    assert read_turns(folder, folder / "missing.json") == ()


def test_a_conversation_that_names_a_file_elsewhere_reads_nothing_there(folder: Path) -> None:
    (folder / "secret").write_bytes(b"secret")
    (folder / "turns.json").write_text('[{"musaic_sha256": "../../secret"}]')

    assert read_turns(folder, folder / "turns.json") == ()
