import itertools
import random
import re

import pytest

from musaic.errors import PlanError
from musaic.generate.tables import load_models, load_recipes
from musaic.plan import (
    MOST_SHOTS,
    call_bound_usd,
    cost_usd,
    empty_bound_usd,
    make_plan,
    most_output_tokens,
)
from musaic.schemas import Brief, Example, ImageModel, Plan, Recipe, Reference, Role, RoleNeed, Usage

MODELS = load_models({})
RECIPES = load_recipes(None)
NANO = MODELS["gemini-nano-banana-2.1"]
PROMO = RECIPES["promo"]
PRICED = [row for row in MODELS.values() if row.tokens_per_reference is not None]
HOSTILE = "ein {Ring} {0} {prompt.__class__} {references} 金の時計\n\n\n\n%s $x \\n {ratio}{{}} 🎁"


def refs(*roles: Role) -> tuple[Reference, ...]:
    return tuple(
        Reference(number=9, asset_id=f"{place:032x}", path=f"/library/{place}.jpg", role=role)
        for place, role in enumerate(roles)
    )


def plan(
    prompt: str = "a gold watch",
    *,
    recipe: Recipe = PROMO,
    model: ImageModel = NANO,
    references: tuple[Reference, ...] = (),
    ratios: tuple[str, ...] = ("1:1",),
    size: str = "1K",
    variants: int = 1,
    vary: dict[str, tuple[str, ...]] | None = None,
) -> Plan:
    brief = Brief(
        prompt=prompt, recipe=recipe.name, references=references, ratios=ratios, size=size, variants=variants,
        vary=vary or {},
    )  # fmt: skip
    return make_plan(brief, recipe=recipe, model=model)


def numbers_in(prompt: str) -> set[int]:
    return {int(number) for number in re.findall(r"\b[Ii]mage (\d+)", prompt)}


# --- shots -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vary", "variants", "ratios"),
    [
        ({}, 1, ("1:1",)),
        ({}, 4, ("1:1", "16:9", "9:16")),
        ({"light": ("noon", "dusk"), "colour": ("red", "blue", "green")}, 2, ("1:1",)),
        ({"light": ("noon", "dusk"), "mood": ("calm",)}, 3, ("1:1", "4:5")),
    ],
)
def test_shots_are_the_product_of_grid_variants_and_ratios(
    vary: dict[str, tuple[str, ...]], variants: int, ratios: tuple[str, ...]
) -> None:
    shots = plan(vary=vary, variants=variants, ratios=ratios).shots

    cells = list(itertools.product(*vary.values()))
    assert len(shots) == len(cells) * variants * len(ratios)
    assert [shot.number for shot in shots] == list(range(1, len(shots) + 1))
    seen = {(tuple(shot.values.values()), shot.variant, shot.ratio) for shot in shots}
    assert seen == set(itertools.product(cells, range(1, variants + 1), ratios))


def test_ratios_of_one_picture_share_its_number_and_follow_the_first() -> None:
    shots = plan(references=refs("product", "logo"), ratios=("1:1", "16:9", "9:16"), variants=2).shots

    assert [(shot.picture, shot.ratio) for shot in shots] == [
        (1, "1:1"), (1, "16:9"), (1, "9:16"), (2, "1:1"), (2, "16:9"), (2, "9:16"),
    ]  # fmt: skip
    for shot in shots:
        assert shot.follow_prompt is not None
        assert f"Make one new image in {shot.ratio} from image 3." in shot.follow_prompt
        assert numbers_in(shot.follow_prompt) == {1, 2, 3}
        assert numbers_in(shot.prompt) == {1, 2}
        assert shot.ratio in shot.prompt


def test_a_picture_of_one_ratio_follows_nothing() -> None:
    assert plan(variants=3, ratios=("1:1", "1:1")).shots[0].follow_prompt is None
    assert len(plan(variants=3, ratios=("1:1", " 1:1 ")).shots) == 3


def test_more_shots_than_anyone_means_are_refused_before_they_are_made() -> None:
    values = tuple(str(number) for number in range(10_000))

    with pytest.raises(PlanError, match=f"asks for {10_000**6} pictures, and {MOST_SHOTS}"):
        plan(vary=dict.fromkeys("abcdef", values))


# --- references and roles ----------------------------------------------------------------------------


def test_references_are_numbered_from_one_in_the_order_given() -> None:
    made = plan(references=refs("logo", "product", "setting", "product"))

    assert [each.number for each in made.references] == [1, 2, 3, 4]
    assert [each.role for each in made.references] == ["logo", "product", "setting", "product"]
    assert "Image 1 is the logo." in made.shots[0].prompt
    assert "Image 3 shows the setting." in made.shots[0].prompt


def test_a_picture_given_twice_in_one_role_is_sent_once_and_said_so() -> None:
    twice = refs("product", "logo")
    also = twice[0].model_copy(update={"role": "style"})

    made = plan(references=(*twice, twice[0], also))

    assert [each.role for each in made.references] == ["product", "logo", "style"]
    assert made.notes == ("/library/0.jpg is given twice as product; it is sent once",)


@pytest.mark.parametrize("name", ["outfit", "hairstyle", "dress-up", "restyle"])
def test_a_role_that_is_missing_is_named_with_the_way_to_give_it(name: str) -> None:
    with pytest.raises(
        PlanError,
        match=rf"the recipe {name} needs a picture as base \(.*\); give it with refs=\['FILE:base'\]",
    ):
        plan(recipe=RECIPES[name], references=refs("product"))


def test_a_base_is_called_by_its_number_wherever_it_stands() -> None:
    prompt = plan(recipe=RECIPES["outfit"], references=refs("garment", "base", "garment")).shots[0].prompt

    assert prompt.startswith("Edit image 2 and make one new image")
    assert "Image 2 is the photo to edit." in prompt


def test_several_images_of_a_role_are_listed() -> None:
    prompt = (
        plan(recipe=RECIPES["bestseller"], references=refs("product", "style", "style", "style"))
        .shots[0]
        .prompt
    )

    assert "Take from image 2, image 3 and image 4 what made them work" in prompt


@pytest.mark.parametrize(
    ("recipe", "model", "roles", "words"),
    [
        ("outfit", NANO, ("base", "base"), "the recipe outfit takes 1 as base"),
        ("promo", NANO, (*("product",) * 8, *("accessory",) * 7), "takes 14 references, and 15 are given"),
        (
            "promo",
            MODELS["gemini-3-pro-image"],
            ("subject",) * 6,
            "takes 5 references as subject, and 6 are given",
        ),
    ],
)
def test_too_many_references_are_refused(
    recipe: str, model: ImageModel, roles: tuple[Role, ...], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        plan(recipe=RECIPES[recipe], model=model, references=refs(*roles))


def test_several_ratios_need_room_for_the_first_picture() -> None:
    full = refs(*("product",) * 14)

    assert len(plan(references=full).references) == 14
    with pytest.raises(PlanError, match="leave one out, or ask for one ratio"):
        plan(references=full, ratios=("1:1", "4:5"))


# --- ratio and size ----------------------------------------------------------------------------------


def test_a_ratio_or_size_the_model_lacks_is_refused_with_what_there_is() -> None:
    with pytest.raises(PlanError, match="no pictures of ratio 7:5; it has 1:1, 2:3"):
        plan(ratios=("7:5",))
    with pytest.raises(PlanError, match="no pictures of size 512; it has 1K, 2K, 4K"):
        plan(size="512")


def test_a_size_may_be_written_small() -> None:
    assert {shot.size for shot in plan(size="2k").shots} == {"2K"}


def test_an_unknown_model_is_sent_what_was_asked_and_said_so() -> None:
    made = plan(model=ImageModel(id="new", engine="gemini"), ratios=("7:5",), size="8k")

    assert (made.shots[0].ratio, made.shots[0].size, made.cost_bound_usd) == ("7:5", "8K", None)
    assert any("sent unchecked" in note for note in made.notes)
    assert any("cannot be bounded" in note for note in made.notes)
    with pytest.raises(PlanError, match="'wide' is no ratio"):
        plan(model=ImageModel(id="new", engine="gemini"), ratios=("wide",))
    with pytest.raises(PlanError, match="'huge' is no size"):
        plan(model=ImageModel(id="new", engine="gemini"), size="huge")


def test_a_deprecated_model_is_noted_with_its_day_and_successor() -> None:
    (note,) = plan(model=MODELS["gemini-3.1-flash-image"]).notes

    assert all(word in note for word in ("deprecated", "2026-10-29", "'model': 'gemini-nano-banana-2.1'"))


# --- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_prompt_holds_the_users_words_and_each_reference_once(recipe: Recipe) -> None:
    roles: list[Role] = [need.role for need in recipe.roles for _ in range(max(1, need.least))]
    made = plan(HOSTILE, recipe=recipe, references=refs(*roles), ratios=("3:4", "16:9"))

    for shot in made.shots:
        assert shot.follow_prompt is not None
        for prompt in (shot.prompt, shot.follow_prompt):
            rest = prompt.replace(HOSTILE, "", 1)
            assert prompt.count(HOSTILE) == 1
            assert not re.search(r"[{}]", rest)
            assert "\n\n\n" not in rest
            assert all(
                len(re.findall(rf"^Image {each.number} ", rest, re.M)) == 1 for each in made.references
            )
        assert numbers_in(shot.prompt.replace(HOSTILE, "")) == {each.number for each in made.references}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_the_example_of_a_recipe_can_be_planned(recipe: Recipe) -> None:
    roles = [role for role, _ in recipe.example.references]

    made = plan(
        recipe.example.prompt,
        recipe=recipe,
        references=refs(*roles),
        ratios=(recipe.ratio,),
        size=recipe.size,
    )

    assert made.shots[0].cost_bound_usd is not None
    assert made.notes == ()


def test_without_references_nothing_speaks_of_a_number() -> None:
    prompt = plan("a\n\n\nb").shots[0].prompt

    assert numbers_in(prompt) == set()
    assert "\n\n\n" not in prompt.replace("a\n\n\nb", "")


def test_words_of_the_grid_take_their_place_or_stand_with_the_users() -> None:
    shots = plan("a watch", vary={"light": ("candle {light}", "noon"), "mood": ("calm",)}).shots

    assert "Light: candle {light}." in shots[0].prompt
    assert "Light: noon." in shots[1].prompt
    assert all("What it shows: a watch\nmood: calm.\n" in shot.prompt for shot in shots)
    assert all("mood: calm" in (shot.follow_prompt or "mood: calm") for shot in shots)


def test_american_spelling_finds_its_place() -> None:
    shot = plan(recipe=RECIPES["outfit"], references=refs("base"), vary={"color": ("red",)}).shots[0]

    assert "Colour: red." in shot.prompt
    assert "color" not in shot.prompt
    assert shot.values == {"color": "red"}


@pytest.mark.parametrize("name", ["prompt", "references", "ratio", "number", "base_images", " ", "a{b}"])
def test_the_grid_cannot_take_the_place_of_the_prompt(name: str) -> None:
    with pytest.raises(PlanError, match="vary cannot use the name"):
        plan(vary={name: ("x",)})


@pytest.mark.parametrize("values", [(), ("red", " ")])
def test_an_empty_value_of_the_grid_is_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(PlanError, match="vary: colour has an empty value"):
        plan(vary={"colour": values})


def test_a_value_given_twice_is_made_once() -> None:
    assert [shot.values for shot in plan(vary={"colour": ("red", "blue", "red ")}).shots] == [
        {"colour": "red"},
        {"colour": "blue"},
    ]


def test_a_prompt_beyond_the_services_limit_is_refused() -> None:
    with pytest.raises(PlanError, match="30000 are the most"):
        plan("é" * 30_000)


def recipe_of(pattern: str) -> Recipe:
    return Recipe(
        name="own", title="", pattern=pattern, follow="{ratio} {number}", roles=(RoleNeed(role="product"),),
        example=Example(prompt="x"),
    )  # fmt: skip


def test_a_pattern_without_places_still_says_everything() -> None:
    prompt = (
        plan("a mug", recipe=recipe_of("Draw {prompt}"), references=refs("logo"), ratios=("4:5",))
        .shots[0]
        .prompt
    )

    assert prompt == "Draw a mug\n\nCompose the picture for a 4:5 frame.\n\nImage 1 is for the logo."


def test_a_word_that_nobody_gave_is_asked_for() -> None:
    recipe = recipe_of("{prompt} {material}")

    with pytest.raises(
        PlanError, match=r"needs a word for material; give it with vary=\{'material': \['WORD'\]"
    ):
        plan(recipe=recipe)
    with pytest.raises(PlanError, match=r"needs a picture as style; give it with refs=\['FILE:style'\]"):
        plan(recipe=recipe_of("{prompt} like {style_images}"))
    assert "a gold watch oak" in plan(recipe=recipe, vary={"material": ("oak",)}).shots[0].prompt


@pytest.mark.parametrize(
    "attack", ["{prompt.__class__}", "{prompt.__init__.__globals__}", "{0}", "{prompt!r}", "{", "}"]
)
def test_a_hostile_pattern_reaches_nothing(attack: str) -> None:
    prompt = plan("x", recipe=recipe_of("{prompt} " + attack)).shots[0].prompt

    assert prompt.startswith(f"x {attack}")


# --- money -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", PRICED, ids=lambda model: model.id)
def test_no_usage_within_the_limits_costs_more_than_the_bound(model: ImageModel) -> None:
    chance = random.Random(7)
    for _ in range(300):
        size = chance.choice(model.sizes)
        prompt_bytes, pictures = chance.randrange(30_000), chance.randrange(15)
        picture, most = model.tokens_per_picture[size], most_output_tokens(model, size)
        assert most == picture + model.text_tokens
        assert model.tokens_per_reference is not None
        sent = Usage(
            input_text=chance.choice([0, prompt_bytes]),
            input_image=chance.choice([None, pictures * model.tokens_per_reference]),
        )
        # Of all that the request allows the service may make what it likes: two pictures, drafts, or one with words.
        drawn = chance.choice([picture, min(2 * picture, most), most, chance.randrange(1, most)])
        with_picture = sent.model_copy(
            update={"output_image": drawn, "output_text": chance.choice([None, 0, most - drawn])}
        )
        words_alone = sent.model_copy(update={"output_text": chance.choice([0, 1, most]), "output_image": 0})

        for usage, bounded in ((with_picture, call_bound_usd), (words_alone, empty_bound_usd)):
            bound = bounded(model, prompt_bytes=prompt_bytes, pictures=pictures, size=size)
            cost = cost_usd(model, usage, size=size)
            assert bound is not None
            assert cost is not None
            assert 0 <= cost <= bound


def test_a_known_call_costs_what_the_price_list_says() -> None:
    usage = Usage(input_text=200, input_image=2240, output_text=300, output_image=1120)

    # 2440 x $1.50 + 300 x $7.50 + 1120 x $30, a million tokens each.
    assert cost_usd(NANO, usage, size="1K") == 0.03951
    model = NANO.model_copy(update={"text_tokens": 2048})
    assert most_output_tokens(model, "1K") == 3168
    # 200 + 512 of the frame + 128 of the line + 2240 tokens sent x $1.50, and 3168 x $30.
    assert call_bound_usd(model, prompt_bytes=200, pictures=1, size="1K") == 0.09966
    # And 3168 x $7.50 where only words come.
    assert empty_bound_usd(model, prompt_bytes=200, pictures=1, size="1K") == 0.02838


def test_words_and_thinking_have_the_room_that_the_documentation_says() -> None:
    assert {row.text_tokens for row in PRICED} == {2048}


def test_two_pictures_in_one_call_stay_within_the_bound() -> None:
    bound = call_bound_usd(NANO, prompt_bytes=200, pictures=1, size="1K")
    usage = Usage(input_text=200, input_image=2240, output_text=300, output_image=2240)

    assert bound is not None
    assert (cost_usd(NANO, usage, size="1K") or 1) <= bound


def test_the_bound_counts_the_dearest_token_whichever_it_is() -> None:
    model = NANO.model_copy(update={"output_text_usd": 40.0, "output_image_usd": 30.0})
    words = Usage(input_text=0, output_text=most_output_tokens(model, "1K"), output_image=0)

    bound, cost = (
        call_bound_usd(model, prompt_bytes=0, pictures=0, size="1K"),
        cost_usd(model, words, size="1K"),
    )
    assert bound is not None
    assert cost is not None
    assert cost <= bound


def test_pictures_that_are_not_counted_make_the_cost_unknown() -> None:
    assert cost_usd(NANO, Usage(input_text=100, output_text=50), size="1K") is None
    assert cost_usd(NANO, Usage(input_text=100, output_text=50, output_image=0), size="1K") == 0.000525


def test_the_bound_covers_the_lines_that_stand_before_the_references() -> None:
    line = f"Image 14 — role: accessory — asset {'f' * 32}".encode()
    one, two = (call_bound_usd(NANO, prompt_bytes=0, pictures=pictures, size="1K") for pictures in (1, 2))

    assert one is not None
    assert two is not None
    assert NANO.input_usd is not None
    assert NANO.tokens_per_reference is not None
    assert two - one >= (len(line) + NANO.tokens_per_reference) * NANO.input_usd / 1e6


def test_a_shots_bound_is_a_call_and_one_more_without_a_picture() -> None:
    made = plan(references=refs("product", "logo"), ratios=("1:1",), vary={"light": ("noon", "dusk")})

    for shot in made.shots:
        sent = {"prompt_bytes": len(shot.prompt.encode()), "pictures": 2, "size": "1K"}
        call, empty = call_bound_usd(NANO, **sent), empty_bound_usd(NANO, **sent)  # type: ignore[arg-type]
        assert call is not None
        assert empty is not None
        assert shot.cost_bound_usd == pytest.approx(call + empty)
    assert made.cost_bound_usd == pytest.approx(sum(shot.cost_bound_usd or 0 for shot in made.shots))


def test_the_bound_of_several_ratios_counts_the_first_picture_as_a_reference() -> None:
    one, several = plan(ratios=("1:1",)).shots[0], plan(ratios=("1:1", "4:5")).shots[1]

    assert one.cost_bound_usd is not None
    assert several.cost_bound_usd is not None
    assert several.cost_bound_usd - one.cost_bound_usd >= 2 * 2240 * 1.5 / 1e6


def test_an_earlier_conversation_counts_for_the_bound() -> None:
    brief = Brief(prompt="larger", recipe="refine")
    alone = make_plan(brief, recipe=RECIPES["refine"], model=NANO)
    after = make_plan(brief, recipe=RECIPES["refine"], model=NANO, text="ä" * 1000, pictures=3)

    assert alone.cost_bound_usd is not None
    assert after.cost_bound_usd is not None
    # Twice: the call, and the one more.
    assert after.cost_bound_usd - alone.cost_bound_usd >= 2 * (2000 + 3 * 2240) * 1.5 / 1e6


@pytest.mark.parametrize(
    "gap",
    ["input_usd", "output_text_usd", "output_image_usd", "tokens_per_reference"],
)
def test_an_unknown_price_is_no_bound_and_never_zero(gap: str) -> None:
    model = NANO.model_copy(update={gap: None})
    made = plan(model=model, references=refs("product"))

    assert call_bound_usd(model, prompt_bytes=1, pictures=1, size="1K") is None
    assert empty_bound_usd(model, prompt_bytes=1, pictures=1, size="1K") is None
    assert (made.cost_bound_usd, made.shots[0].cost_bound_usd) == (None, None)
    assert "cannot be bounded" in made.notes[0]


def test_an_unknown_count_of_tokens_is_no_bound() -> None:
    model = NANO.model_copy(update={"tokens_per_picture": {}})

    assert call_bound_usd(model, prompt_bytes=1, pictures=0, size="1K") is None
    assert empty_bound_usd(model, prompt_bytes=1, pictures=0, size="1K") is None
    assert most_output_tokens(model, "1K") is None


@pytest.mark.parametrize(
    ("usage", "gap"),
    [
        (None, None),
        (Usage(), None),
        (Usage(output_image=1120), None),
        (Usage(input_text=10), None),
        (Usage(input_text=10, output_image=1120), "output_image_usd"),
        (Usage(input_text=10, output_text=5, output_image=0), "output_text_usd"),
        (Usage(input_image=10, output_text=5, output_image=0), "input_usd"),
    ],
)
def test_a_cost_that_is_not_known_is_none(usage: Usage | None, gap: str | None) -> None:
    model = NANO.model_copy(update={gap: None}) if gap else NANO

    assert cost_usd(model, usage, size="1K") is None


def test_a_price_that_is_not_needed_may_be_missing() -> None:
    model = NANO.model_copy(update={"output_image_usd": None})

    assert cost_usd(model, Usage(input_text=1000, output_text=100, output_image=0), size="1K") == 0.00225


@pytest.mark.parametrize("price", [0.0, 0.04])
def test_a_flat_price_is_the_bound_and_the_cost(price: float) -> None:
    model = ImageModel(id="flat", engine="moodboard", call_usd=price)

    assert call_bound_usd(model, prompt_bytes=10**6, pictures=9, size="4K") == price
    assert cost_usd(model, None, size="4K") == price
    assert plan(model=model, variants=3).cost_bound_usd == pytest.approx(6 * price)


def test_bounds_are_rounded_up_and_never_drift() -> None:
    model = ImageModel(id="m", engine="gemini", call_usd=0.1)

    assert plan(model=model, variants=100).cost_bound_usd == 20.0
    assert (
        call_bound_usd(model.model_copy(update={"call_usd": 1e-9}), prompt_bytes=0, pictures=0, size="1K")
        == 1e-6
    )


def test_no_more_variants_are_planned_than_differ_and_the_plan_says_so() -> None:
    model = ImageModel(id="flat", engine="moodboard", variants=4)

    many, few = (plan(model=model, variants=variants, vary={"mood": ("calm", "loud")}) for variants in (9, 4))

    assert [shot.variant for shot in many.shots] == [1, 2, 3, 4] * 2
    assert "4 variants that differ; they are made, and not 9" in " ".join(many.notes)
    assert (len(few.shots), "differ" in " ".join(few.notes)) == (8, False)
