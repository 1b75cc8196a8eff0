"""Answers that are not what they should be cost nobody else's picture, and count with what they may have cost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musaic.errors import EngineUnavailableError
from musaic.generate.base import Answer, Blocked, Malformed, NoPicture, Pictured
from musaic.ledger import Ledger
from musaic.lineage import open_run, record_of
from musaic.making import Limits
from musaic.making.blobs import read_turns, words_in, write_turns
from musaic.making.run import Making, _Work
from musaic.making.save import folder_of
from musaic.schemas import Record, Usage
from tests.engine import USAGE, Engine, came, making, picture, plan
from tests.recording import generation, record, reserve

# Half of a surrogate pair: JSON can spell it, UTF-8 cannot.
ODD = "half \ud83d of it"
SPELLED = "half \\ud83d of it"


def sidecar(folder: Path, generation: str) -> Record:
    return Record.model_validate_json((folder_of(folder, generation) / "record.json").read_bytes())


def is_odd(told: Record) -> bool:
    return SPELLED in repr(told).replace("\\\\", "\\")


# --- texts that cannot be written ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("odd", "state"),
    [
        (replace(came(), text=ODD), "picture"),
        (replace(came(), model_version=ODD), "picture"),
        (replace(came(), labels=(f"image/{ODD}",)), "picture"),
        (NoPicture(reason=ODD, model_version=ODD), "no_picture"),
        (Blocked(reason=ODD, usage=USAGE), "prompt_blocked"),
        (Malformed(reason=ODD, usage=USAGE), "malformed"),
        (EngineUnavailableError(ODD, engine="test", billed="unknown"), "failed"),
        (RuntimeError(ODD), "failed"),
    ],
    ids=["text", "version", "label", "no-picture", "blocked", "malformed", "error", "bug"],
)
def test_a_letter_that_cannot_be_written_is_spelled_out_and_costs_no_other_picture(
    folder: Path, ledger: Ledger, odd: Answer | Exception, state: str
) -> None:
    engine = Engine(came("blue"), odd, came("green"), came("yellow"))

    made = making(folder, ledger, engine, limits=Limits(concurrency=4)).run(plan(4))

    assert sorted(each.state for each in made) == sorted(["picture"] * 3 + [state])
    assert len(engine.requests) == 4
    (told,) = (each for each in map(record_of, [ledger] * 4, [each.id for each in made]) if is_odd(each))
    assert (told.state, sidecar(folder, told.id)) == (state, told)
    (call,) = told.calls
    assert call.billed == ("unknown" if isinstance(odd, Exception) else "yes")
    assert ledger.open_runs() == []


def test_a_conversation_with_half_a_letter_is_kept_and_counted(folder: Path) -> None:
    turns = [{"role": "model", "parts": [{"text": ODD}]}]

    write_turns(folder, folder / "turns.json", turns)

    assert list(read_turns(folder, folder / "turns.json")) == turns
    assert words_in(turns) == len("model") + len("half  of it") + 3


# --- what is no answer at all ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "odd",
    [None, "words", 5, Pictured(pictures=(None,)), NoPicture(reason=5), NoPicture(usage="many"),  # type: ignore[arg-type]
     replace(came(), model_version=5), replace(came(), text=b"no text"), Pictured()],
)  # fmt: skip
def test_what_no_engine_should_answer_counts_as_paid_and_touches_nothing_else(
    folder: Path, ledger: Ledger, odd: Any
) -> None:
    engine = Engine(came("blue"), lambda: odd, came("green"))

    made = making(folder, ledger, engine, limits=Limits(concurrency=3)).run(plan(3))

    assert [each.state for each in made].count("picture") >= 2
    assert not {each.state for each in made} & {"cancelled"}
    calls = [call for each in made for call in record_of(ledger, each.id).calls]
    assert [call.billed for call in calls] == ["yes"] * 3
    unknown = sum(call.bound_usd or 0 for call in calls if call.cost_usd is None)
    assert ledger.cost_lines("model")[0].unconfirmed_usd == pytest.approx(unknown, abs=1e-9)


def test_a_picture_whose_report_is_none_stands(folder: Path, ledger: Ledger) -> None:
    odd = Pictured(pictures=(picture(),), usage="many")  # type: ignore[arg-type]

    (made,) = making(folder, ledger, Engine(odd)).run(plan())

    assert (made.state, made.cost_usd) == ("picture", None)
    assert "not what it should be" in made.findings[-1].message
    assert record_of(ledger, made.id).calls[0].billed == "yes"


# --- what breaks while a shot ends -----------------------------------------------------------------------
@pytest.mark.parametrize("part", ["finished", "note_down"])
def test_what_breaks_at_the_end_of_one_shot_is_a_finding_of_it(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    real, broken = getattr(Making, part), []

    def breaks(self: Making, record: Record) -> object:
        if record.state == "picture" and not broken:
            broken.append(record.id)
            raise ZeroDivisionError("oh")
        return real(self, record)

    monkeypatch.setattr(Making, part, breaks)

    made = making(folder, ledger, Engine(), limits=Limits(concurrency=3)).run(plan(3))

    assert [each.state for each in made] == ["picture"] * 3
    assert all(record_of(ledger, each.id).state == "picture" for each in made)
    noted = [
        each.id for each in made if any("ZeroDivisionError: oh" in found.message for found in each.findings)
    ]
    assert noted == broken


def test_a_shot_that_never_ended_keeps_the_calls_it_made(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the ending itself has a bug, what was paid for is not called unsent."""
    real, broken = _Work.end, []

    def breaks(self: _Work, *arguments: Any, **more: Any) -> Record:
        if not broken:
            broken.append(arguments[0].number)
            raise ZeroDivisionError("oh")
        return real(self, *arguments, **more)

    monkeypatch.setattr(_Work, "end", breaks)

    with pytest.raises(ZeroDivisionError):
        making(folder, ledger, Engine(), limits=Limits(concurrency=3)).run(plan(3))

    records = [record_of(ledger, each) for each in ledger.generations_like("g-")]
    assert [record.state for record in records] == ["picture"] * 3
    assert [[call.billed for call in record.calls] for record in records] == [["yes"]] * 3


def test_a_call_that_cannot_be_settled_is_possibly_billed_for_the_next_command(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Ledger, "settle", broken)

    made = making(folder, ledger, Engine(), limits=Limits(concurrency=1)).run(plan(2))

    assert [each.state for each in made] == ["picture", "failed"]
    (call,) = record_of(ledger, made[0].id).calls
    assert call.billed == "unknown"
    assert ledger.spent() > 0


# --- costs that nobody told ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "usage",
    [
        None,
        Usage(),
        Usage(output_text=100, output_image=1000),
        Usage(input_text=100),
        Usage(input_text=100, output_text=100),
        Usage(input_text=100, output_text=100, output_image=None),
    ],
)
def test_a_picture_of_unknown_cost_keeps_its_bound_reserved(
    folder: Path, ledger: Ledger, usage: Usage | None
) -> None:
    engine = Engine(Pictured(pictures=(picture(),), usage=usage))

    (made,) = making(folder, ledger, engine).run(plan())

    (call,) = record_of(ledger, made.id).calls
    assert (made.state, made.cost_usd) == ("picture", None)
    assert (call.billed, call.cost_usd) == ("yes", None)
    (row,) = ledger.calls_of(made.id)
    assert call.bound_usd == row.bound_usd
    (line,) = ledger.cost_lines("model")
    assert (line.cost_usd, line.unconfirmed_usd) == (0, row.bound_usd)
    assert ledger.spent() == row.bound_usd


def test_a_bound_that_stays_reserved_is_not_spent_again(folder: Path, ledger: Ledger) -> None:
    bound = plan().cost_bound_usd
    assert bound is not None
    engine = Engine(Pictured(pictures=(picture(),)), came("blue"))

    made = making(folder, ledger, engine, limits=Limits(concurrency=1, run_usd=2 * bound)).run(plan(2))
    lost = [call for each in made for call in record_of(ledger, each.id).calls if call.cost_usd is None]

    assert len(lost) == 1
    assert ledger.spent() == pytest.approx((lost[0].bound_usd or 0) + (made[1].cost_usd or 0), abs=1e-9)


def test_words_of_unknown_cost_are_not_asked_about_again(folder: Path, ledger: Ledger) -> None:
    engine = Engine(NoPicture(reason="words"), came())

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, len(engine.requests)) == ("no_picture", 1)
    assert ledger.spent() == record_of(ledger, made.id).calls[0].bound_usd


def test_a_call_that_a_dead_process_left_knows_its_bound(ledger: Ledger, folder: Path) -> None:
    with open_run(ledger, folder) as run:
        run.begin(record(generation(1), run.id))
        reserve(run, generation(1), 0.25)

        assert [call.bound_usd for call in record_of(ledger, generation(1)).calls] == [0.25]


# --- labels ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (("image/png",), ["the service called it image/png, but it is image/jpeg"]),
        (("image/jpeg",), []),
        ((None,), []),
        ((), []),
    ],
)
def test_a_wrong_label_is_a_note(
    folder: Path, ledger: Ledger, labels: tuple[str | None, ...], found: list[str]
) -> None:
    engine = Engine(Pictured(pictures=(picture(kind="JPEG"),), usage=USAGE, labels=labels))

    (made,) = making(folder, ledger, engine).run(plan())

    assert (made.state, Path(made.path or "").suffix) == ("picture", ".jpg")
    assert [each.message for each in made.findings if each.check == "label"] == found


def test_each_picture_has_its_own_label(folder: Path, ledger: Ledger) -> None:
    pictures = (picture("red", "JPEG"), picture("blue", "JPEG"), picture("green", "JPEG")[:80])
    labels = ("image/png", "image/webp")
    engine = Engine(Pictured(pictures=pictures, usage=USAGE, labels=labels))

    (made,) = making(folder, ledger, engine).run(plan())

    assert [each.message for each in made.findings if each.check == "label"] == [
        "the service called it image/webp, but it is image/jpeg"
    ]
