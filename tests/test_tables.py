import json
from datetime import date

import pytest
from pydantic import JsonValue

from musaic.errors import ConfigError, RetiredModelError, UnknownEngineError
from musaic.generate.base import pixels
from musaic.generate.tables import check_model, default_model, load_models, model_warnings
from musaic.schemas import ImageModel

TODAY = date(2026, 11, 21)
NANO = "gemini-nano-banana-2.1"
DEAD = (
    "gemini-2.5-flash-image-preview",
    "gemini-2.5-flash-image",
    "gemini-3.1-flash-image-preview",
    "gemini-3-pro-image-preview",
    "gpt-image-1",
    "dall-e-3",
)


@pytest.fixture(scope="module")
def models() -> dict[str, ImageModel]:
    return load_models({})


@pytest.mark.parametrize(
    ("engine", "model"), [("gemini", NANO), ("openai-images", "gpt-image-2"), ("moodboard", "moodboard-1")]
)
def test_every_engine_has_a_living_default(models: dict[str, ImageModel], engine: str, model: str) -> None:
    assert default_model(engine, models) == model
    assert check_model(model, models, today=TODAY, engine=engine).state == "current"


def test_an_engine_that_is_none_is_an_error_that_lists_them(models: dict[str, ImageModel]) -> None:
    with pytest.raises(UnknownEngineError, match="gemini, openai-images, moodboard"):
        default_model("midjourney", models)


def test_a_default_that_was_retired_by_config_gives_way_to_a_living_model() -> None:
    models = load_models({NANO: {"state": "retired", "retired_on": "2027-03-01"}})

    assert default_model("gemini", models) == "gemini-3-pro-image"


def test_the_default_model_has_what_its_maker_says(models: dict[str, ImageModel]) -> None:
    nano = models[NANO]

    assert (nano.sizes, len(nano.ratios), nano.references) == (("1K", "2K", "4K"), 14, 14)
    assert (nano.input_usd, nano.output_text_usd, nano.output_image_usd) == (1.5, 7.5, 30)
    assert nano.tokens_per_picture["1K"] == 1120
    assert nano.thought_signatures
    assert nano.tokens_per_picture["2K"] > 1680
    assert nano.tokens_per_picture["4K"] > 2520


def test_living_rows_are_whole(models: dict[str, ImageModel]) -> None:
    for row in models.values():
        if row.state == "retired":
            continue
        assert row.sizes
        assert len(set(row.ratios)) == len(row.ratios) > 0
        assert all(pixels(ratio, size) > (0, 0) for ratio in row.ratios for size in row.sizes)
        if row.output_image_usd is not None:
            assert set(row.tokens_per_picture) == set(row.sizes), row.id
            assert row.tokens_per_reference is not None


def test_prices_by_picture_are_the_published_ones(models: dict[str, ImageModel]) -> None:
    published = {
        ("gemini-3-pro-image", "1K"): 0.134,
        ("gemini-3-pro-image", "4K"): 0.24,
        ("gemini-3.1-flash-lite-image", "1K"): 0.0336,
        ("gemini-3.1-flash-image", "512"): 0.045,
        ("gemini-3.1-flash-image", "1K"): 0.067,
        ("gemini-3.1-flash-image", "2K"): 0.101,
        ("gemini-3.1-flash-image", "4K"): 0.151,
        (NANO, "1K"): 0.0336,
    }
    for (model, size), price in published.items():
        row = models[model]
        assert row.tokens_per_picture[size] * (row.output_image_usd or 0) / 1e6 == pytest.approx(
            price, abs=5e-4
        )


def test_the_draft_engine_takes_every_ratio_and_costs_nothing(models: dict[str, ImageModel]) -> None:
    draft = models["moodboard-1"]

    every = {ratio for row in models.values() if row.state != "retired" for ratio in row.ratios}
    assert set(draft.ratios) == every
    assert (draft.call_usd, draft.sizes) == (0, ("512", "1K", "2K", "4K"))


# --- retired, deprecated, unknown --------------------------------------------------------------------


@pytest.mark.parametrize("model", DEAD)
def test_a_dead_id_is_an_error_with_a_successor_that_lives(models: dict[str, ImageModel], model: str) -> None:
    with pytest.raises(RetiredModelError) as caught:
        check_model(model, models, today=TODAY)

    successor = caught.value.successor
    assert successor is not None
    assert check_model(successor, models, today=TODAY).state == "current"
    assert f"'model': '{successor}'" in str(caught.value)
    assert caught.value.retired_on in str(caught.value)


def test_a_retirement_that_is_still_to_come_is_a_deprecation() -> None:
    models = load_models({NANO: {"state": "retired", "retired_on": "2027-03-01"}})

    assert check_model(NANO, models, today=date(2027, 2, 28)).state == "deprecated"
    with pytest.raises(RetiredModelError):
        check_model(NANO, models, today=date(2027, 3, 1))


def test_a_deprecated_model_may_be_used_past_its_uncertain_day(models: dict[str, ImageModel]) -> None:
    row = check_model("gemini-3.1-flash-image", models, today=TODAY)

    assert (row.state, row.retired_on, row.successor) == ("deprecated", "2026-10-29", NANO)


def test_successors_that_are_dead_themselves_are_passed_over() -> None:
    models = load_models({NANO: {"state": "retired", "retired_on": "2026-11-01", "successor": "gemini-next"}})

    with pytest.raises(RetiredModelError, match=r"use generate=\{'model': 'gemini-next'\}"):
        check_model("gemini-2.5-flash-image", models, today=TODAY)


def test_successors_in_a_circle_end() -> None:
    dead: dict[str, JsonValue] = {"engine": "gemini", "state": "retired", "retired_on": "2026-01-01"}
    models = load_models(
        {"gemini-a": {**dead, "successor": "gemini-b"}, "gemini-b": {**dead, "successor": "gemini-a"}}
    )

    with pytest.raises(RetiredModelError) as caught:
        check_model("gemini-a", models, today=TODAY)

    assert caught.value.successor is None


def test_an_unknown_id_is_allowed_without_a_price_and_warned_of(models: dict[str, ImageModel]) -> None:
    row = check_model("gemini-nano-banana-3", models, today=TODAY)

    assert (row.id, row.engine) == ("gemini-nano-banana-3", "gemini")
    assert (row.input_usd, row.output_image_usd, row.call_usd, row.tokens_per_picture) == (
        None,
        None,
        None,
        {},
    )
    (warning,) = model_warnings(row, models)
    assert "'gemini-nano-banana-3' is not in the table" in warning
    assert NANO in warning
    assert model_warnings(models[NANO], models) == ()


def test_an_unknown_id_goes_to_the_engine_that_is_named_or_to_its_likes(
    models: dict[str, ImageModel],
) -> None:
    assert (
        check_model("qwen-image-edit", models, today=TODAY, engine="openai-images").engine == "openai-images"
    )
    assert check_model("gpt-image-9", models, today=TODAY).engine == "openai-images"
    with pytest.raises(UnknownEngineError, match="gemini or openai-images"):
        check_model("qwen-image-edit", models, today=TODAY)


def test_a_model_of_another_engine_is_an_error_that_names_it(models: dict[str, ImageModel]) -> None:
    with pytest.raises(UnknownEngineError, match="'engine': 'gemini'"):
        check_model(NANO, models, today=TODAY, engine="moodboard")


# --- overrides ---------------------------------------------------------------------------------------


def test_an_override_changes_only_what_it_names() -> None:
    before = load_models({})[NANO]

    after = load_models({NANO: {"input_usd": 2, "tokens_per_picture": {"2K": 1680}, "ratios": ["1:1"]}})[NANO]

    assert (after.input_usd, after.ratios, after.output_image_usd) == (2.0, ("1:1",), 30)
    assert after.tokens_per_picture == {**before.tokens_per_picture, "2K": 1680}
    assert load_models({})[NANO] == before


def test_a_new_id_needs_no_more_than_an_engine() -> None:
    row = load_models({"my/qwen": {"engine": "openai-images", "call_usd": 0}})["my/qwen"]

    assert (row.id, row.engine, row.state, row.call_usd) == ("my/qwen", "openai-images", "current", 0)


@pytest.mark.parametrize(
    ("model", "row", "words"),
    [
        ("new", {}, 'models."new".engine is missing'),
        ("new", {"engine": "dreams"}, 'models."new".engine is \'dreams\'; there are gemini'),
        (NANO, {"input_usdd": 1}, "input_usdd is no key of a model; did you mean input_usd"),
        (NANO, {"input_usd": -1}, "input_usd cannot be -1"),
        (NANO, {"input_usd": "1.5"}, "input_usd cannot be '1.5'"),
        (NANO, {"input_usd": True}, "input_usd cannot be True"),
        (NANO, {"input_usd": float("inf")}, "input_usd"),
        (NANO, {"input_usd": float("nan")}, "input_usd"),
        (NANO, {"state": "alive"}, "state cannot be 'alive'"),
        (NANO, {"state": "retired"}, "retired_on is missing"),
        (NANO, {"state": "retired", "retired_on": "soon"}, "retired_on is 'soon'; write a day"),
        (NANO, {"state": "retired", "retired_on": "20261002"}, "retired_on is '20261002'; write a day"),
        (NANO, {"sizes": ["1k"]}, "sizes holds '1k'; write 512, 1K, 2K or 4K"),
        (NANO, {"ratios": ["wide"]}, "ratios holds 'wide'; write 16:9"),
        (NANO, {"ratios": ["0:1"]}, "ratios holds '0:1'"),
        (NANO, {"tokens_per_picture": {"1K": -1}}, "tokens_per_picture holds a number less than 0"),
        (NANO, {"tokens_per_picture": {"big": 1}}, "tokens_per_picture holds 'big'"),
        (NANO, {"tokens_per_reference": -1}, "tokens_per_reference is less than 0"),
        (NANO, {"text_tokens": -1}, "text_tokens is less than 0"),
        (NANO, {"references_by_role": {"hero": 1}}, "references_by_role.hero"),
        (NANO, {"id": "other"}, "id is 'other'"),
    ],
)  # fmt: skip
def test_a_bad_override_is_named_to_the_key(model: str, row: dict[str, JsonValue], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_models({model: row})

    assert str(caught.value).startswith(f'generate.models."{model}".')
    assert words in str(caught.value)


def test_a_row_survives_its_way_through_json(models: dict[str, ImageModel]) -> None:
    for row in models.values():
        assert ImageModel.model_validate(json.loads(row.model_dump_json())) == row
