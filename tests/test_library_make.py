"""Making with a library: a real ledger, a real store, the real SDK against the loopback Gemini."""

import asyncio
import hashlib
import io
import json
import shutil
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import musaic.export
from musaic.errors import (
    BudgetError,
    ConfigError,
    ExportError,
    LibraryError,
    MediaError,
    PlanError,
    UnknownAssetError,
    UnknownGenerationError,
    UnknownPriceError,
)
from musaic.export import Tile
from musaic.ledger import Ledger
from musaic.making.brake import Brake
from musaic.schemas import Generation, Reference
from musaic.store.lock import FolderLock
from tests.fakes.signing import authority
from tests.studio import Studio
from tests.test_outgoing import SECRET, camera_exif

RATIOS = ("1:1", "16:9", "9:16")


def states(made: Sequence[Generation]) -> list[str]:
    return [each.state for each in made]


# --- the run of the issue ----------------------------------------------------------------------------


@pytest.mark.usefixtures("mid_month")
def test_three_ratios_of_four_variants_tell_which_is_which_and_costs_add_up(studio: Studio) -> None:
    studio.fake.script("prompt_blocked", "rate_limited", "truncated_png")
    library = studio.open(concurrency=1)

    made = library.generate("a red square", find=["red"], ratios=RATIOS, variants=4)

    # One at a time and in order: the first shot is blocked, the next one waits and then comes, the third is cut.
    assert states(made)[0] == "prompt_blocked"
    assert states(made).count("malformed") == 1
    assert states(made).count("picture") == 10
    assert [request.step for request in studio.fake.requests[:4]] == [
        "prompt_blocked", "rate_limited", "truncated_png", "ok",
    ]  # fmt: skip
    assert len(studio.fake.requests) == 13
    assert round(sum(each.cost_usd or 0 for each in made), 6) == studio.reported_usd()
    for by in ("day", "model", "recipe"):
        (line,) = library.costs(by=by)  # type: ignore[arg-type]
        assert (line.pictures, line.calls) == (10, 13)
        assert (line.cost_usd, line.unconfirmed_usd) == (studio.reported_usd(), 0.0)
    for each in made:
        assert studio.sidecar(each).model_dump() == library.record(each.id).model_dump()


def test_the_first_ratio_that_comes_is_the_last_reference_of_the_others(studio: Studio) -> None:
    studio.fake.script_for("a red square", "output_blocked", ratio="1:1")
    library = studio.open()

    made = library.generate("a red square", find=["red", "blue"], ratios=RATIOS)

    assert states(made) == ["output_blocked", "picture", "picture"]
    lead, follower = library.record(made[1].id), library.record(made[2].id)
    assert [each.number for each in lead.references] == [1, 2]
    assert [(each.number, each.role) for each in follower.references] == [
        (1, "product"), (2, "product"), (3, "base"),
    ]  # fmt: skip
    assert follower.references[2].asset_id == lead.asset_id
    request = studio.fake.requests[2]
    assert lead.path is not None
    assert request.images[2].content == Path(lead.path).read_bytes()
    assert f"Image 3 — role: base — asset {str(lead.asset_id)[:12]}" in request.prompt
    assert request.prompt.endswith(follower.sent_prompt)
    assert "from image 3" in follower.sent_prompt
    assert [each.sha256 for each in follower.sent] == [
        hashlib.sha256(part.content or b"").hexdigest() for part in request.images
    ]
    assert {each.id for each in library.lineage(str(lead.asset_id)).made_into} == {follower.id}


def test_one_that_fails_does_not_lose_its_siblings(studio: Studio) -> None:
    studio.fake.script_for("red", "reset", "cut_json", "text_only", "text_only")

    made = studio.open(concurrency=1).generate("a red square", variants=6)

    assert states(made) == ["failed", "failed", "no_picture", "picture", "picture", "picture"]


# --- money -------------------------------------------------------------------------------------------


def test_a_bound_above_the_limit_is_refused_before_anything_is_sent_or_written(studio: Studio) -> None:
    library = studio.open()
    plan = library.plan(library.brief("a red square", variants=3))
    assert plan.cost_bound_usd is not None

    with pytest.raises(BudgetError):
        library.make(plan, max_cost_usd=plan.cost_bound_usd - 0.000001)

    assert studio.fake.requests == ()
    assert studio.records() == []
    assert states(library.make(plan, max_cost_usd=plan.cost_bound_usd)) == ["picture"] * 3


@pytest.mark.parametrize("amount", [float("nan"), -1.0])
def test_a_limit_that_is_no_amount_is_refused(studio: Studio, amount: float) -> None:
    with pytest.raises(ValueError, match="amount in US dollars"):
        studio.open().generate("a red square", max_cost_usd=amount)
    assert studio.fake.requests == ()


@pytest.mark.usefixtures("mid_month")
def test_the_month_counts_what_was_spent_and_what_may_have_been(studio: Studio) -> None:
    studio.fake.script("ok", "reset")
    library = studio.open(concurrency=1)
    plan = library.plan(library.brief("a red square", variants=2))
    first, second = library.make(plan)
    assert (first.state, second.state) == ("picture", "failed")
    (call,) = library.record(second.id).calls
    assert (call.billed, call.cost_usd) == ("unknown", None)

    spent = library.spent_this_month()
    assert spent > (first.cost_usd or 0)
    (line,) = library.costs(by="model")
    assert spent == round(line.cost_usd + line.unconfirmed_usd, 6)
    assert plan.cost_bound_usd is not None
    with pytest.raises(BudgetError, match="monthly budget"):
        studio.open(monthly_budget_usd=round(spent + plan.cost_bound_usd - 0.000001, 6)).make(plan)
    assert len(studio.fake.requests) == 2
    enough = studio.open(monthly_budget_usd=round(spent + plan.cost_bound_usd, 6))
    assert states(enough.make(plan)) == ["picture"] * 2


def test_an_unknown_price_is_refused_or_allowed_and_never_with_a_limit(studio: Studio) -> None:
    library = studio.open(model="gemini-unheard-of", engine="gemini")
    plan = library.plan(library.brief("a red square"))
    assert plan.cost_bound_usd is None

    with pytest.raises(UnknownPriceError):
        library.make(plan)
    with pytest.raises(UnknownPriceError):
        library.make(plan, max_cost_usd=5, allow_unknown_price=True)
    with pytest.raises(UnknownPriceError):
        studio.open(monthly_budget_usd=5.0).make(plan, allow_unknown_price=True)
    assert studio.fake.requests == ()

    (made,) = library.make(plan, allow_unknown_price=True)
    assert made.state == "failed"  # there is no such model; but it was sent
    assert len(studio.fake.requests) == 1


def test_an_answer_without_a_picture_is_asked_for_once_more_and_both_are_counted(studio: Studio) -> None:
    studio.fake.script("text_only", "ok")
    library = studio.open()

    (made,) = library.generate("a red square")

    record = library.record(made.id)
    assert made.state == "picture"
    assert [call.outcome for call in record.calls] == ["no_picture", "picture"]
    assert (
        made.cost_usd == studio.reported_usd() == round(sum(call.cost_usd or 0 for call in record.calls), 6)
    )
    assert record.cost_bound_usd is not None
    assert made.cost_usd <= record.cost_bound_usd


def test_an_answer_without_a_picture_is_not_asked_for_a_third_time(studio: Studio) -> None:
    studio.fake.otherwise("no_image")

    (made,) = studio.open().generate("a red square")

    assert made.state == "no_picture"
    assert len(studio.fake.requests) == 2


@pytest.mark.parametrize(
    ("step", "settings"), [("no_image", {"ask_again": False}), ("truncated_png", {}), ("prompt_blocked", {})]
)
def test_what_was_billed_is_not_asked_for_again_unasked(
    studio: Studio, step: str, settings: dict[str, object]
) -> None:
    studio.fake.otherwise(step)

    studio.open(engine="gemini", **settings).generate("a red square")

    assert len(studio.fake.requests) == 1


@pytest.mark.parametrize(
    "step", ["reset", "cut_body", "slow:60", "no_billing", "day_quota", "permission_denied"]
)
def test_what_may_have_been_billed_or_cannot_pass_by_waiting_is_never_repeated(
    studio: Studio, step: str
) -> None:
    studio.fake.otherwise(step)

    deadline_s = 2 if step == "slow:60" else 20
    (made,) = studio.open(engine="gemini", deadline_s=deadline_s).generate("a red square")

    assert made.state == "failed"
    assert len(studio.fake.wait_for(1)) == 1


@pytest.mark.parametrize("step", ["no_billing", "day_quota", "permission_denied"])
def test_a_refusal_that_holds_for_all_is_met_once(studio: Studio, step: str) -> None:
    studio.fake.otherwise(step)
    library = studio.open(concurrency=1)

    made = library.generate("a red square", variants=5)

    assert states(made) == ["failed"] * 5
    assert len(studio.fake.requests) == 1
    assert {(each.reason or "")[:15] for each in made[1:]} == {"not asked for: "}
    assert library.spent_this_month() == 0


def test_a_minute_quota_waits_as_long_as_asked_and_ends_after_so_many_attempts(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.fake.otherwise("rate_limited:0.15")
    meant: list[float] = []
    real = Brake.wait

    async def wait(self: Brake, seconds: float) -> None:
        meant.append(seconds)
        await real(self, seconds)

    monkeypatch.setattr(Brake, "wait", wait)
    library = studio.open(engine="gemini", attempts=3)

    (made,) = library.generate("a red square")

    calls = library.record(made.id).calls
    assert made.state == "failed"
    assert (made.reason or "").endswith("(3 attempts)")
    assert [call.billed for call in calls] == ["no"] * 3
    waits = [after.sent_at - before.sent_at for before, after in pairwise(calls)]
    assert len(meant) == len(waits) == 2
    assert all(0.15 <= planned < 0.2 for planned in meant), "our own first wait is longer"
    assert all(wait >= 0.15 for wait in waits)
    assert library.spent_this_month() == 0


def test_a_run_limit_holds_across_variants_and_second_askings(studio: Studio) -> None:
    studio.fake.otherwise("text_only")
    library = studio.open(concurrency=2)
    plan = library.plan(library.brief("a red square", variants=3))
    assert plan.cost_bound_usd is not None

    library.make(plan, max_cost_usd=plan.cost_bound_usd)

    assert len(studio.fake.requests) == 6
    assert library.spent_this_month() <= plan.cost_bound_usd


# --- going on ----------------------------------------------------------------------------------------


def test_ten_refinements_are_one_thread_that_carries_signatures_and_keeps_each_picture_once(
    studio: Studio,
) -> None:
    library = studio.open()
    (made,) = library.generate("a red square", find=["red"])
    first = made
    for number in range(10):
        (made,) = library.refine(made.id, f"make it larger, step {number}")
        assert made.state == "picture", made.reason

    last = studio.fake.requests[-1]
    assert [turn.role for turn in last.turns] == ["user", "model"] * 10 + ["user"]
    assert sum(part.signature is not None for turn in last.turns for part in turn.parts) >= 10
    assert last.images == ()
    thread = library.thread(made.id)
    assert thread[0].id == first.id
    assert len(thread) == 11
    assert [record.parent for record in thread] == [None, *(record.id for record in thread[:-1])]
    kept = list((studio.library / "outputs" / "sent").iterdir())
    assert {path.name for path in kept} == {hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}
    # The reference and eleven pictures, each once, though conversations hold them sixty times.
    assert len(kept) == 12
    newest = thread[-1]
    assert [each.sha256 for each in newest.sent] == [
        hashlib.sha256(part.content).hexdigest() for turn in last.turns for part in turn.parts if part.content
    ]
    assert newest.cost_usd is not None
    assert newest.cost_bound_usd is not None
    assert newest.cost_usd <= newest.cost_bound_usd


def test_refining_a_blocked_picture_asks_for_it_again_with_its_references_and_words(studio: Studio) -> None:
    studio.fake.script("prompt_blocked")
    library = studio.open()
    (blocked,) = library.generate("a square", find=["red"], vary={"colour": ["crimson"]})

    (made,) = library.refine(blocked.id, "without people")

    record = library.record(made.id)
    assert (made.state, record.parent) == ("picture", blocked.id)
    assert record.references == blocked.references
    assert record.prompt == "a square\nwithout people"
    assert record.values == {"colour": "crimson"}
    assert "crimson" in record.sent_prompt


def test_refining_a_change_that_came_to_nothing_goes_on_from_the_picture_before_it(studio: Studio) -> None:
    library = studio.open()
    (first,) = library.generate("a red square", find=["red"])
    studio.fake.script("output_blocked")
    (blocked,) = library.refine(first.id, "larger")

    (made,) = library.refine(blocked.id, "but not at the edge")

    assert (made.state, library.record(made.id).parent) == ("picture", first.id)
    assert "larger\nbut not at the edge" in studio.fake.requests[-1].prompt
    assert len(studio.fake.requests[-1].turns) == 3


def test_another_engine_goes_on_from_the_picture_itself(studio: Studio) -> None:
    library = studio.open()
    (first,) = library.generate("a red square", find=["red"])

    (made,) = studio.open(engine="moodboard").refine(first.id, "bluer")

    assert (made.state, made.engine) == ("picture", "moodboard")
    assert [(each.role, each.path) for each in made.references] == [
        ("base", first.path), ("product", first.references[0].path),
    ]  # fmt: skip
    assert len(studio.fake.requests) == 1


def test_a_lost_conversation_is_gone_on_with_from_the_picture(studio: Studio) -> None:
    library = studio.open()
    (first,) = library.generate("a red square", find=["red"])
    shutil.rmtree(studio.library / "outputs" / "sent")

    (made,) = library.refine(first.id, "larger")

    assert made.state == "picture"
    assert [each.role for each in made.references] == ["base", "product"]
    assert len(studio.fake.requests[-1].images) == 2


def test_a_plan_whose_conversation_went_away_is_refused_and_not_sent_without_it(studio: Studio) -> None:
    library = studio.open()
    (first,) = library.generate("a red square")
    plan = library.plan_refinement(first.id, "larger")
    shutil.rmtree(studio.library / "outputs" / "sent")

    with pytest.raises(PlanError, match="conversation"):
        library.make(plan)
    assert len(studio.fake.requests) == 1


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_refinement_that_says_nothing_is_refused(studio: Studio, text: str) -> None:
    library = studio.open(engine="moodboard")
    (first,) = library.generate("a red square")

    with pytest.raises(PlanError, match="what to change"):
        library.refine(first.id, text)
    with pytest.raises(UnknownGenerationError):
        library.refine("g-000000000000", "larger")


# --- made pictures are assets ------------------------------------------------------------------------


def test_a_made_picture_is_an_asset_that_only_guides_others_when_asked(studio: Studio) -> None:
    library = studio.open()
    (made,) = library.generate("a red square", find=["red"])

    hits = library.search("red", limit=20, where='kind == "generated"')

    assert [(hit.path, hit.kind) for hit in hits] == [(made.path, "generated")]
    assert hits[0].metadata["generation"] == made.id
    assert library.thumbnail(hits[0].asset_id) is not None
    assert made.path is not None
    assert [each.path for each in library.brief("red", find=["red"], find_limit=14).references].count(
        made.path
    ) == 0
    found = library.brief("red", find=["red"], find_limit=14, include_generated=True).references
    assert [each.path for each in found].count(made.path) == 1
    by_hand = library.brief("red", refs=[f"{made.id}:base"]).references
    assert by_hand == (Reference(number=1, asset_id=hits[0].asset_id, path=made.path, role="base"),)


def test_two_identical_drafts_are_one_asset_at_two_places(studio: Studio) -> None:
    library = studio.open(engine="moodboard")
    (first,) = library.generate("a red square", find=["red"])
    (second,) = library.generate("a red square", find=["red"])

    (hit,) = library.search("red", limit=20, where='kind == "generated"')

    asset = library.show(hit.asset_id)
    assert asset.paths == tuple(sorted(str(each.path) for each in (first, second)))
    assert str(Path(asset.folder, asset.filename)) == asset.paths[0]
    assert {each.id for each in library.lineage(hit.asset_id).made_from} == {first.id, second.id}


def test_while_another_process_holds_the_store_a_picture_waits_for_the_next_opening(studio: Studio) -> None:
    notes: list[str] = []
    library = studio.open(engine="moodboard", notes=notes)
    plan = library.plan(library.brief("a red square", refs=[str(studio.pictures / "red.png")]))
    with FolderLock(studio.library):
        (made,) = library.make(plan)

    assert made.state == "picture"
    assert any("searched after the next command" in note for note in notes)
    assert [hit.path for hit in library.search("red", limit=20, where='kind == "generated"')] == [made.path]


def test_ingest_prune_and_reindex_neither_lose_nor_double_made_pictures(
    studio: Studio, tmp_path: Path, model: Path
) -> None:
    from musaic.embed.testing import tiny_model

    library = studio.open(engine="moodboard")
    made = library.generate("a red square", find=["red"], variants=2)
    shutil.copytree(studio.pictures, studio.folder / "more")
    paths = sorted(str(each.path) for each in made)

    def generated() -> list[str]:
        hits = library.search("red", limit=50, where='kind == "generated"')
        return sorted(hit.path for hit in hits)

    library.ingest(studio.folder, prune=True)
    assert generated() == paths
    library.ingest(studio.folder)
    assert generated() == paths
    other = tiny_model(tmp_path / "other", seed=1, dim=16)
    library = type(library).open(studio.folder, embed={"model": str(other)})
    library.reindex()
    assert generated() == paths
    library = studio.open()
    shutil.rmtree(studio.library / "vectors.db")
    assert library.ingest(studio.folder / "more").failed == 0
    assert generated() == paths


def test_without_any_assets_a_picture_is_made_from_words_and_waits(studio: Studio, tmp_path: Path) -> None:
    notes: list[str] = []
    library = type(studio.open()).open(tmp_path / "empty", create=True, notify=notes.append)

    (made,) = library.generate("a red square")

    assert made.state == "picture"
    assert made.references == ()
    assert studio.fake.requests[0].images == ()
    assert any("is empty" in note for note in notes)


# --- what leaves the house ---------------------------------------------------------------------------


def test_nothing_private_leaves_and_originals_stay_as_they_are(studio: Studio, tmp_path: Path) -> None:
    photo = tmp_path / "Mrs Private's holiday.jpg"
    into = io.BytesIO()
    Image.effect_noise((300, 200), 50).convert("RGB").save(into, "JPEG", exif=camera_exif(6))
    photo.write_bytes(into.getvalue() + SECRET)
    before = photo.read_bytes()
    assert SECRET in before
    library = studio.open()

    (made,) = library.generate("a red square", refs=[f"{photo}:subject"], find=["red"])
    library.refine(made.id, "larger")

    assert photo.read_bytes() == before
    for request in studio.fake.requests:
        sent = json.dumps(request.body) + json.dumps(dict(request.headers)) + request.path
        assert "Private" not in sent
        assert str(tmp_path) not in sent
        assert "red.png" not in sent
        assert SECRET.decode() not in sent
        for part in (part for turn in request.turns for part in turn.parts if part.content):
            assert SECRET not in (part.content or b"")
    first = studio.fake.requests[0].images[0].content or b""
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.getexif().get(0x0112) == 6
        assert picture.getexif().get_ifd(0x8825) == {}
    record = library.record(made.id)
    assert (record.sent[0].sha256, record.sent[0].role) == (hashlib.sha256(first).hexdigest(), "subject")
    assert "GPS" in (record.sent[0].changed or "")
    assert record.references[0].asset_id == hashlib.sha256(before).hexdigest()[:32]


def test_the_key_is_written_nowhere(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "AIzaSy-very-secret-0123456789"
    monkeypatch.setenv("GEMINI_API_KEY", key)
    notes: list[str] = []
    library = studio.open(notes=notes)

    (made,) = library.generate("a red square", find=["red"])  # refused: the fake has another key

    assert made.state == "failed"
    told = [repr(library.settings), made.model_dump_json(), library.record(made.id).model_dump_json(), *notes]
    assert not [text for text in told if key in text]
    files = [path for path in studio.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if key.encode() in path.read_bytes()]


# --- surroundings ------------------------------------------------------------------------------------


def test_in_a_running_event_loop_it_works_as_elsewhere(studio: Studio) -> None:
    library = studio.open()

    async def cell() -> list[Generation]:
        return library.generate("a red square", find=["red"])

    (made,) = asyncio.run(cell())

    assert made.state == "picture"


def test_a_reference_that_vanished_is_named_and_nothing_is_sent(studio: Studio, tmp_path: Path) -> None:
    gone = tmp_path / "gone.png"
    Image.effect_noise((64, 64), 50).save(gone)
    library = studio.open()
    plan = library.plan(library.brief("a red square", refs=[str(gone)]))
    gone.unlink()

    with pytest.raises(PlanError, match=r"image 1, .*gone\.png, is not there now"):
        library.make(plan)

    (tmp_path / "broken.png").write_bytes((studio.pictures / "red.png").read_bytes()[:60])
    with pytest.raises(MediaError):
        library.generate("a red square", refs=[str(tmp_path / "broken.png")])
    with pytest.raises(PlanError, match="there is no file"):
        library.generate("a red square", refs=[str(gone)])
    with pytest.raises(UnknownAssetError):
        library.generate("a red square", refs=["0" * 32])
    assert (studio.fake.requests, studio.records()) == ((), [])


@pytest.mark.parametrize(
    "prompt", ["{prompt} {0} {{x}} %s", "\x1b[2J\x07 red", "🦊 赤い時計 é" * 20, "r" * 26_000]
)
def test_odd_prompts_arrive_word_for_word(studio: Studio, prompt: str) -> None:
    library = studio.open()

    (made,) = library.generate(prompt, refs=[str(studio.pictures / "red.png")])

    assert made.state == "picture"
    assert prompt in studio.fake.requests[0].prompt
    assert library.record(made.id).prompt == prompt
    assert studio.sidecar(made).prompt == prompt


@pytest.mark.parametrize("prompt", ["", " \t\n", "r" * 30_001, "caf\udce9"])
def test_prompts_that_cannot_be_sent_are_refused_in_words(studio: Studio, prompt: str) -> None:
    with pytest.raises(PlanError):
        studio.open().generate(prompt)
    assert studio.fake.requests == ()


def test_outputs_that_cannot_be_written_are_found_out_before_anything_is_paid_for(studio: Studio) -> None:
    shutil.rmtree(studio.library / "outputs")
    (studio.library / "outputs").write_text("in the way")
    library = studio.open()

    with pytest.raises(LibraryError, match="cannot be written"):
        library.generate("a red square", find=["red"])
    made, second = library.make(library.plan(library.brief("red", find_limit=0, variants=2)))

    assert (made.state, second.state) == ("failed", "failed")
    assert "cannot be written" in (made.reason or "")
    assert studio.fake.requests == ()


def test_an_out_folder_that_cannot_be_written_is_said_before_anything_is_sent(
    studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(ExportError, match="no folder that can be written"):
        studio.open().generate("a red square", find=["red"], out=tmp_path / "out")

    assert (studio.fake.requests, studio.records()) == ((), [])


def test_an_out_folder_that_goes_away_meanwhile_loses_no_picture(studio: Studio, tmp_path: Path) -> None:
    library, out = studio.open(), tmp_path / "out"
    studio.fake.hold()

    def go_away() -> None:
        studio.fake.wait_for(2)
        out.rmdir()
        out.write_text("in the way")
        studio.fake.release()

    going = threading.Thread(target=go_away)
    going.start()
    made = library.generate("a red square", find=["red"], variants=2, out=out)
    going.join()

    assert states(made) == ["picture", "picture"]
    for each in made:
        assert each.path is not None
        assert Path(each.path).is_relative_to(studio.library)
        assert [finding.check for finding in each.findings] == ["saving"]
        assert library.record(each.id).findings == each.findings


# --- signed copies -----------------------------------------------------------------------------------


def test_a_certificate_signs_copies_that_name_what_they_were_made_from(
    studio: Studio, tmp_path: Path
) -> None:
    from tests.test_credentials import read

    signer = authority(tmp_path)
    library = studio.open(certificate=signer.certificate, certificate_key=signer.key)

    lead, follower = library.generate(
        "a red square", find=["red"], ratios=["1:1", "16:9"], out=tmp_path / "out"
    )
    (refined,) = library.refine(lead.id, "larger")

    assert lead.path is not None
    ingredients = {}
    for each in (lead, follower, refined):
        record = library.record(each.id)
        assert record.export_path is not None
        found = read(Path(record.export_path).read_bytes(), "image/png", root=signer.root)
        assert found["state"] == "Trusted"
        ingredients[each.id] = [one["title"] for one in found["newest"]["ingredients"]]
    red, made = lead.references[0].asset_id, library.record(lead.id).asset_id
    assert ingredients == {lead.id: [red], follower.id: [red, made], refined.id: [red, made]}
    assert read(Path(lead.path).read_bytes(), "image/png", root=signer.root)["state"] == "Trusted"


def test_half_a_certificate_or_none_there_is_said_before_anything_is_sent(
    studio: Studio, tmp_path: Path
) -> None:
    signer = authority(tmp_path)

    with pytest.raises(ConfigError, match="belong together"):
        studio.open(certificate=signer.certificate).generate("a red square")
    with pytest.raises(ConfigError, match="no such file"):
        studio.open(certificate=tmp_path / "x.pem", certificate_key=signer.key).generate("a red square")
    assert studio.fake.requests == ()


def test_a_key_that_does_not_sign_leaves_a_marked_copy_and_a_finding(studio: Studio, tmp_path: Path) -> None:
    signer = authority(tmp_path)
    (tmp_path / "other").mkdir()
    other = authority(tmp_path / "other")

    (made,) = studio.open(certificate=signer.certificate, certificate_key=other.key).generate("a red square")

    assert made.state == "picture"
    assert "not signed" in made.findings[-1].message
    with Ledger(studio.library / "ledger.sqlite") as ledger:
        record = ledger.latest(made.id)
    assert record is not None
    assert record.export_path is not None
    assert b"trainedAlgorithmicMedia" in Path(record.export_path).read_bytes()


@pytest.mark.parametrize(
    "broken", [b"", b"5", b"null", b"[" * 100_000, b"\xff\xfe", b'[{"a": {"musaic_sha256": "0"}}]', None]
)
def test_a_conversation_that_is_lost_is_said_to_be_and_the_picture_takes_its_place(
    studio: Studio, broken: bytes | None
) -> None:
    library = studio.open()
    (first,) = library.generate("a red square", find=["red"])
    kept = studio.library / "outputs" / first.id / "turns.json"
    kept.unlink() if broken is None else kept.write_bytes(broken)

    plan = library.plan_refinement(first.id, "make it blue")
    (second,) = library.make(plan)

    assert any("its conversation cannot be read, so the picture itself is" in note for note in plan.notes)
    assert not plan.conversation
    assert plan.references[0].asset_id == library.record(first.id).asset_id
    assert second.state == "picture"


def test_nothing_is_said_of_a_conversation_that_nobody_dropped(studio: Studio) -> None:
    library = studio.open()
    (first,) = library.generate("a red square", find=["red"])
    (draft,) = studio.open(engine="moodboard").generate("a red square", find=["red"])

    plans = [library.plan_refinement(first.id, "blue"), studio.open().plan_refinement(draft.id, "blue")]

    assert not any("conversation" in note for plan in plans for note in plan.notes)


def test_an_out_folder_without_a_name_is_refused(studio: Studio) -> None:
    with pytest.raises(ValueError, match="out="):
        studio.open().generate("a red square", find=["red"], out="")

    assert studio.fake.requests == ()


def test_a_grid_says_which_variant_a_picture_is_where_there_are_several(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[list[str]] = []
    drawn = musaic.export.write_sheet

    def seen(tiles: Sequence[Tile], path: Path, **options: Any) -> Path:
        names.append([tile.name for tile in tiles])
        return drawn(tiles, path, **options)

    monkeypatch.setattr(musaic.export, "write_sheet", seen)
    library = studio.open()
    for variants in (1, 2):
        made = library.generate("a square", find=["red"], variants=variants, vary={"mood": ["calm"]})
        library.grid(made)

    assert names == [["1:1, calm"], ["1:1, calm · variant 1", "1:1, calm · variant 2"]]


def test_drafts_of_a_grid_can_be_told_apart_at_a_glance(studio: Studio) -> None:
    made = studio.open(engine="moodboard").generate("a square", find=["red"], vary={"mood": ["calm", "loud"]})

    boards = []
    for each in made:
        with Image.open(str(each.path)) as picture:
            small = picture.convert("L").resize((16, 16), Image.Resampling.BOX)
        boards.append(np.asarray(small, np.int16))
    assert np.abs(boards[0] - boards[1]).mean() > 20


def test_more_variants_of_a_draft_than_differ_are_not_made(studio: Studio) -> None:
    library = studio.open(engine="moodboard")

    plan = library.plan(library.brief("a square", find=["red"], variants=9))

    assert len(plan.shots) == 4
    assert "and not 9" in " ".join(plan.notes)
