"""Going on from pictures: moved files and libraries, long conversations, what does not fit, what was lost."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from musaic.errors import PlanError, RetiredModelError, UnknownEngineError
from musaic.generate.testing import FakeGemini
from musaic.library import Library
from musaic.schemas import Record
from tests.studio import MODEL, Studio

OTHER = "gemini-3-pro-image"
LEAST = """
title = "Edits"
pattern = "Edit {base_images}: {prompt}"
[[roles]]
role = "base"
least = 1
[example]
prompt = "x"
"""


def drawn(path: Path, colour: str = "teal") -> Path:
    """A picture that is in no library."""
    Image.linear_gradient("L").resize((96, 96)).convert("RGB").save(path)
    with Image.open(path) as picture:
        Image.blend(picture, Image.new("RGB", picture.size, colour), 0.6).save(path)
    return path


def recipe(studio: Studio, name: str, text: str) -> None:
    (studio.library / "recipes").mkdir(exist_ok=True)
    (studio.library / "recipes" / f"{name}.toml").write_text(text)


# --- drafts ------------------------------------------------------------------------------------------


def test_a_draft_becomes_a_picture_of_its_references_with_what_makes_pictures_now(studio: Studio) -> None:
    drafts = studio.open(engine="moodboard").generate(
        "a square", find=["red", "blue"], ratios=["1:1", "16:9"]
    )
    library = studio.open()

    plans = [library.plan_refinement(each.id, "with rain") for each in drafts]
    (made,) = library.make(plans[1])

    record = library.record(made.id)
    assert [plan.engine for plan in plans] == ["gemini", "gemini"]
    assert all(any("a draft is a layout" in note for note in plan.notes) for plan in plans)
    assert [each.role for each in record.references] == ["product", "product"]
    assert (record.parent, record.ratio, record.recipe) == (drafts[1].id, "16:9", "promo")
    assert "a square\nwith rain" in record.sent_prompt
    assert len(studio.fake.requests) == 1


# --- files that moved --------------------------------------------------------------------------------


def test_references_in_a_folder_that_was_renamed_are_found_where_they_were_ingested_since(
    studio: Studio,
) -> None:
    shots, photos = studio.folder / "shots", studio.folder / "photos"
    photos.mkdir()
    drawn(photos / "teal.png")
    with studio.open() as library:
        library.ingest(photos)
        (made,) = library.generate("a teal square", refs=[str(photos / "teal.png")])
        plan = library.plan(library.brief("the same", refs=[str(photos / "teal.png")]))
        photos.rename(shots)
        library.ingest(shots)

        (refined,) = studio.open(model=OTHER).refine(made.id, "larger")
        (again,) = library.make(plan)

    assert [Path(each.path) for each in refined.references] == [Path(str(made.path)), shots / "teal.png"]
    assert [Path(each.path) for each in again.references] == [shots / "teal.png"]
    assert (refined.state, again.state) == ("picture", "picture")


def test_a_path_that_holds_another_picture_now_is_not_taken_for_the_old_one(studio: Studio) -> None:
    here, there = studio.folder / "a.png", studio.folder / "b.png"
    drawn(here)
    with studio.open() as library:
        library.ingest(here)
        (made,) = library.generate("a teal square", refs=[str(here)])
        here.rename(there)
        drawn(here, "crimson")
        library.ingest(there)

        plan = studio.open(model=OTHER).plan_refinement(made.id, "larger")

    assert (plan.references[1].path, plan.references[1].asset_id) == (str(there), made.references[0].asset_id)


def test_a_reference_that_was_changed_and_is_nowhere_as_it_was_goes_as_what_it_is(studio: Studio) -> None:
    here = drawn(studio.folder / "a.png")
    library = studio.open()
    (made,) = library.generate("a teal square", refs=[str(here)])
    drawn(here, "crimson")

    notes: list[str] = []
    plan = studio.open(model=OTHER).plan_refinement(made.id, "larger")
    (refined,) = studio.open(model=OTHER, notes=notes).make(plan)

    assert plan.references[1].asset_id != made.references[0].asset_id
    assert any("image 2, " in note and "was changed since" in note for note in plan.notes)
    record = library.record(refined.id)
    assert record.sent[1].sha256.startswith(record.references[1].asset_id)
    assert notes == []  # it was said already


@pytest.fixture
def moved(studio: Studio) -> tuple[Studio, Record]:
    """A library with a picture in it, that has another place now, and the record as it was."""
    with studio.open() as library:
        (made,) = library.generate("a red square", find=["red"])
        record = library.record(made.id)
    studio.folder.rename(studio.folder.with_name("elsewhere"))
    return replace(studio, folder=studio.folder.with_name("elsewhere")), record


def test_what_a_moved_library_made_is_found_in_it(moved: tuple[Studio, Record]) -> None:
    studio, before = moved
    here = str(studio.library / "outputs" / before.id / "picture.png")
    library = studio.open()

    assert library.record(before.id).path == here
    assert library.record(before.id).export_path == here.replace("picture", "export")
    assert [record.path for record in (*library.recent(), *library.thread(before.id))] == [here, here]
    asset = library.show(str(before.asset_id))
    assert (asset.paths, asset.folder, asset.filename) == ((here,), str(Path(here).parent), "picture.png")
    (hit,) = library.search("red", limit=20, where='kind == "generated"')
    assert hit.path == here
    for name in (before.id, str(before.asset_id)):
        assert [each.path for each in library.brief("x", refs=[name]).references] == [here]
    assert library.lineage(before.id).path == here
    assert library.lineage(str(before.asset_id)).path == here
    assert {each.path for each in library.lineage(before.id).made_into} == {here}
    page = library.page(before.id, studio.folder / "page.html").read_text()
    assert f'src=".musaic/outputs/{before.id}/picture.png"' in page


def test_pictures_of_a_moved_library_can_be_refined_and_used(moved: tuple[Studio, Record]) -> None:
    studio, before = moved
    here = str(studio.library / "outputs" / before.id / "picture.png")

    (with_turns,) = studio.open().refine(before.id, "larger")
    (without,) = studio.open(model=OTHER).refine(before.id, "larger")
    (used,) = studio.open().generate("beside it", refs=[f"{before.asset_id}:style"])

    assert [each.state for each in (with_turns, without, used)] == ["picture"] * 3
    assert without.references[0].path == used.references[0].path == here
    assert studio.open().record(with_turns.id).sent[-1].asset_id == before.asset_id


def test_a_picture_that_waits_in_a_moved_library_is_taken_in(studio: Studio, tmp_path: Path) -> None:
    from musaic.store.lock import FolderLock

    lock = FolderLock(studio.library)
    (made,) = studio.open().generate("a red square", refs=[str(studio.pictures / "red.png")])
    lock.release()
    studio.folder.rename(tmp_path / "elsewhere")

    hits = Library.open(tmp_path / "elsewhere").search("red", limit=20, where='kind == "generated"')

    assert [hit.metadata["generation"] for hit in hits] == [made.id]


# --- conversations that grow -------------------------------------------------------------------------


@pytest.fixture
def narrow(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """A Gemini that takes a megabyte, which the model's row says."""
    with FakeGemini(most_body_bytes=1_000_000) as fake:
        for name, value in fake.env.items():
            monkeypatch.setenv(name, value)
        yield replace(studio, fake=fake)


def test_a_conversation_that_outgrows_a_request_goes_on_from_the_picture_and_stays_one_thread(
    narrow: Studio,
) -> None:
    library = narrow.open(models={MODEL.id: {"request_bytes": 1_000_000}})
    (made,) = library.generate("a red square", find=["red"])
    conversed = []
    for number in range(10):
        plan = library.plan_refinement(made.id, f"larger, step {number}")
        grown = [note for note in plan.notes if "has grown to" in note]
        assert bool(grown) is not plan.conversation
        conversed.append(plan.conversation)
        (made,) = library.make(plan)
        assert made.state == "picture", made.reason

    # It has room for some turns, and begins anew from the picture each time that it has not.
    assert conversed[0]
    assert {True, False} == set(conversed)
    assert True in conversed[conversed.index(False) :]
    assert len(library.thread(made.id)) == 11
    assert {request.status for request in narrow.fake.requests} == {200}
    base = narrow.fake.requests[conversed.index(False) + 1]
    assert (len(base.turns), len(base.images)) == (1, 2)


def test_on_vertex_a_picture_beyond_the_inline_limit_is_made_smaller(studio: Studio) -> None:
    library = studio.open()
    (made,) = library.generate("a red square")
    size = Path(str(made.path)).stat().st_size

    def plan_of(most: int, **gemini: object) -> tuple[bool, list[str]]:
        models = {MODEL.id: {"reference_bytes": most}}
        found = studio.open(models=models, gemini={"api_key": "k", **gemini})
        plan = found.plan_refinement(made.id, "larger")
        return plan.conversation, [note for note in plan.notes if "Vertex AI" in note]

    assert plan_of(size - 10, vertex=True)[0] is False
    assert len(plan_of(size - 10, vertex=True)[1]) == 1
    assert plan_of(size + 10, vertex=True) == (True, [])
    assert plan_of(size - 10) == (True, [])


# --- what does not fit -------------------------------------------------------------------------------


def test_the_picture_comes_first_where_its_references_fill_the_model(studio: Studio, tmp_path: Path) -> None:
    refs = [f"{drawn(tmp_path / f'{n}.png', f'rgb({9 * n}, 80, 80)')}:product" for n in range(14)]
    (made,) = studio.open().generate("all of them", refs=refs)
    (studio.library / "outputs" / made.id / "turns.json").unlink()

    plan = studio.open(engine="gemini").plan_refinement(made.id, "on black")

    assert [each.role for each in plan.references] == ["base"] + ["product"] * 13
    assert [each.number for each in plan.references] == list(range(1, 15))
    (note,) = [note for note in plan.notes if "left out" in note]
    assert str(tmp_path / "13.png") in note
    assert str(tmp_path / "12.png") not in note


def test_references_beyond_a_models_or_a_recipes_limit_for_a_role_are_left_out(
    studio: Studio, tmp_path: Path
) -> None:
    refs = [f"{drawn(tmp_path / f'{n}.png', f'rgb({9 * n}, 80, 80)')}:product" for n in range(4)]
    (made,) = studio.open().generate("all of them", refs=refs)
    (studio.library / "outputs" / made.id / "turns.json").unlink()

    models = {MODEL.id: {"references_by_role": {"product": 3}}}
    by_model = studio.open(engine="gemini", models=models).plan_refinement(made.id, "on black")
    recipe(studio, "refine", LEAST + '\n[[roles]]\nrole = "product"\nmost = 2\n')
    by_recipe = studio.open(engine="gemini", models=models).plan_refinement(made.id, "on black")

    assert [len(plan.references) for plan in (by_model, by_recipe)] == [4, 3]


# --- once more ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("outfit", ["base", "garment"]),
        ("hairstyle", ["base"]),
        ("restyle", ["base", "style"]),
        ("dress-up", ["base", "accessory"]),
        ("promo", ["product"]),
        ("figure", ["subject"]),
    ],
)
def test_a_ratio_that_was_blocked_is_asked_for_again_and_follows_the_picture_that_came(
    studio: Studio, name: str, roles: list[str]
) -> None:
    studio.fake.script("ok", "prompt_blocked")
    library = studio.open(concurrency=1)
    colours = ("red", "green", "blue")
    refs = [f"{studio.pictures / colour}.png:{role}" for colour, role in zip(colours, roles, strict=False)]
    vary = {"hairstyle": ["bob"]} if name == "hairstyle" else None
    lead, blocked = library.generate("a square", refs=refs, recipe=name, ratios=["1:1", "16:9"], vary=vary)
    assert (lead.state, blocked.state) == ("picture", "prompt_blocked")

    (made,) = library.refine(blocked.id, "without people")

    record = library.record(made.id)
    assert (record.state, record.ratio, record.parent) == ("picture", "16:9", blocked.id)
    assert [each.role for each in record.references] == [*roles, "base"]
    assert record.references[-1].asset_id == library.record(lead.id).asset_id
    number = len(roles) + 1
    assert f"in 16:9 from image {number}" in record.sent_prompt
    assert f"Image {number} is the photo" not in record.sent_prompt
    assert "a square\nwithout people" in record.sent_prompt
    assert len(studio.fake.requests[-1].images) == number
    assert record.cost_bound_usd is not None
    assert (record.cost_usd or 0) <= record.cost_bound_usd


def test_what_is_blocked_again_and_again_keeps_its_words_once_and_its_lead(studio: Studio) -> None:
    studio.fake.script("ok", "prompt_blocked", "prompt_blocked", "ok")
    library = studio.open(concurrency=1)
    refs = [f"{studio.pictures}/red.png:base"]
    lead, blocked = library.generate("a square", refs=refs, recipe="outfit", ratios=["1:1", "16:9"])
    (second,) = library.refine(blocked.id, "one")

    (third,) = library.refine(second.id, "two")

    record = library.record(third.id)
    assert (record.state, record.prompt, record.parent) == ("picture", "a square\none\ntwo", second.id)
    assert [each.asset_id for each in record.references][1:] == [library.record(lead.id).asset_id]
    assert [each.id for each in library.thread(third.id)] == [blocked.id, second.id, third.id]


def test_a_lead_that_is_gone_leaves_a_picture_of_its_own(studio: Studio) -> None:
    studio.fake.script("ok", "prompt_blocked")
    library = studio.open(concurrency=1)
    refs = [f"{studio.pictures}/red.png:base"]
    lead, blocked = library.generate("a square", refs=refs, recipe="outfit", ratios=["1:1", "16:9"])
    shutil.rmtree(studio.library / "outputs" / lead.id)

    plan = library.plan_refinement(blocked.id, "without people")

    assert [each.role for each in plan.references] == ["base"]
    assert any("it was to follow is gone" in note for note in plan.notes)
    assert "from image 2" not in plan.shots[0].prompt


# --- recipes -----------------------------------------------------------------------------------------


def test_a_broken_recipe_of_refinements_is_left_out_with_a_note(studio: Studio) -> None:
    recipe(studio, "refine", "title = ")
    recipe(studio, "promo", "title = ")
    notes: list[str] = []
    studio.fake.script("ok", "prompt_blocked")
    library = studio.open(notes=notes)
    recipe(studio, "mine", LEAST.replace("least = 1", ""))
    refs = [f"{studio.pictures}/red.png:base"]
    (made,) = library.generate("a red square", refs=refs, recipe="scene")
    (blocked,) = library.generate("a red square", refs=refs, recipe="mine")
    (studio.library / "recipes" / "mine.toml").unlink()

    for each in (studio.open(), studio.open(model=OTHER)):
        assert each.plan_refinement(made.id, "larger").recipe == "refine"
    plan = library.plan_refinement(blocked.id, "again")

    assert plan.recipe == "promo"
    assert any("no recipe 'mine' any more" in note for note in plan.notes)
    assert sum("refine.toml is not valid TOML" in note for note in notes) == 1


def test_a_recipe_that_wants_the_picture_has_it_in_the_conversation(studio: Studio) -> None:
    recipe(studio, "refine", LEAST)
    library = studio.open()
    (made,) = library.generate("a red square", find=["red"])

    plan = library.plan_refinement(made.id, "larger")
    (refined,) = library.make(plan)
    without = studio.open(model=OTHER).plan_refinement(made.id, "larger")

    assert (plan.conversation, refined.state) == (True, "picture")
    assert plan.shots[0].prompt.startswith("Edit the picture: larger")
    assert without.shots[0].prompt.startswith("Edit image 1: larger")


# --- which engine and model --------------------------------------------------------------------------


def test_settings_choose_for_new_pictures_and_not_for_one_that_is_refined(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = studio.open().generate("a red square")
    (draft,) = studio.open(engine="moodboard").generate("a red square")
    (studio.library / "config.toml").write_text(f'[generate]\nmodel = "{OTHER}"\n')
    library = studio.open()

    def model_of(name: str, found: Library) -> tuple[str, bool]:
        plan = found.plan_refinement(name, "larger")
        return plan.model, plan.conversation

    assert library.plan(library.brief("x", find_limit=0)).model == OTHER
    assert model_of(made.id, library) == (MODEL.id, True)
    assert model_of(draft.id, library) == (OTHER, False), "a draft has no model to stay with"
    assert model_of(made.id, studio.open(model=OTHER)) == (OTHER, False)
    assert model_of(made.id, studio.open(engine="gemini")) == (MODEL.id, True)
    assert model_of(draft.id, studio.open(engine="gemini", model=MODEL.id)) == (MODEL.id, False)
    monkeypatch.setenv("MUSAIC_GENERATE__ENGINE", "moodboard")
    assert model_of(made.id, studio.open()) == (MODEL.id, True)


def test_an_engine_that_is_not_configured_any_more_is_said_to_be_and_not_replaced(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made,) = studio.open().generate("a red square")
    monkeypatch.delenv("GEMINI_API_KEY")
    library = studio.open()
    said = rf"{made.id} goes on with the engine that made it, and the gemini engine needs a key: set GEMINI"

    plan = library.plan_refinement(made.id, "larger")

    assert plan.engine == "gemini"
    assert "GEMINI_API_KEY" in plan.notes[-1]
    with pytest.raises(UnknownEngineError, match=said):
        library.make(plan)
    (drafted,) = studio.open(engine="moodboard").refine(made.id, "larger")
    assert drafted.engine == "moodboard"


def test_a_plan_needs_no_key_and_making_does(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")

    def planned(**named: object) -> tuple[str, str]:
        library = studio.open(**named)
        plan = library.plan(library.brief("a red square", find=["red"]))
        with pytest.raises(UnknownEngineError, match="GEMINI_API_KEY"):
            library.make(plan)
        return plan.model, plan.notes[-1]

    assert planned(engine="gemini")[0] == MODEL.id
    model, note = planned(model=OTHER)
    assert model == OTHER
    assert note.startswith("this can be planned but not made yet: the gemini engine needs a key")
    assert planned(model="gemini-unheard-of")[0] == "gemini-unheard-of"
    assert studio.records() == []
    library = studio.open(model="gemini-2.5-flash-image")
    with pytest.raises(RetiredModelError, match=f"use generate={{'model': '{MODEL.id}'}}"):
        library.plan(library.brief("x", find_limit=0))
    library = studio.open(model="nothing-of-the-kind")
    with pytest.raises(UnknownEngineError, match="name it with generate="):
        library.plan(library.brief("x", find_limit=0))


def test_a_missing_package_is_said_before_anything_is_sent(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musaic.errors import ExtraMissingError
    from musaic.generate import engines

    monkeypatch.setattr(engines, "find_spec", lambda name: None if name == "openai" else object())
    library = studio.open(engine="openai-images", openai={"api_key": "k"})
    plan = library.plan(library.brief("a red square", find=["red"]))

    assert "musaic[openai]" in plan.notes[-1]
    with pytest.raises(ExtraMissingError):
        library.make(plan, allow_unknown_price=True)


def test_a_reference_that_is_nowhere_stays_an_error(studio: Studio) -> None:
    here = drawn(studio.folder / "a.png")
    (made,) = studio.open().generate("a teal square", refs=[str(here)])
    here.unlink()

    with pytest.raises(PlanError, match=r"image 2, .*a\.png, is not there now"):
        studio.open(model=OTHER).refine(made.id, "larger")
