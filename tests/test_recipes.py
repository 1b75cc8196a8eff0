import re
from pathlib import Path

import pytest

from musaic.errors import UnknownRecipeError
from musaic.generate.tables import find_recipe, load_recipes
from musaic.schemas import Recipe

OWN = load_recipes(None)
NAMES = {
    "promo", "scene", "on-model", "outfit", "hairstyle", "dress-up", "figure", "packshot", "bestseller", "restyle",
    "refine",
}  # fmt: skip
PLACES = re.compile(r"\{([^{}]*)\}")
WHOLE = """
title = "A poster"
pattern = "A poster: {prompt}"
[[roles]]
role = "product"
[example]
prompt = "a poster of the mug"
"""


def write(folder: Path, name: str, text: str = WHOLE) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_use_of_the_article_has_its_recipe() -> None:
    assert set(OWN) == NAMES
    assert all(recipe.name == name for name, recipe in OWN.items())


@pytest.mark.parametrize("recipe", OWN.values(), ids=lambda recipe: recipe.name)
def test_a_recipe_follows_the_guidance(recipe: Recipe) -> None:
    pattern = recipe.pattern

    # One image, in so many words; the user's words and what each reference is for; a frame.
    assert "exactly one finished image and answer with that image only" in " ".join(pattern.split())
    assert all(pattern.count(f"{{{name}}}") == 1 for name in ("prompt", "references", "ratio"))
    # Sentences, not keywords; and what should be there, not what should not.
    assert re.search(r"[Kk]eep|stay", pattern + " ".join(recipe.sentences.values()))
    assert not re.search(r"\b(no|not|never|without|avoid|don't)\b", pattern.lower())
    assert recipe.title
    assert recipe.description
    assert recipe.example.prompt


@pytest.mark.parametrize("recipe", OWN.values(), ids=lambda recipe: recipe.name)
def test_every_role_of_a_recipe_has_a_sentence_that_says_what_stays(recipe: Recipe) -> None:
    for need in recipe.roles:
        sentence = recipe.sentences[need.role]
        assert sentence.startswith("Image {number} ")
        assert sentence.rstrip().endswith(".")
        assert need.what


@pytest.mark.parametrize("recipe", OWN.values(), ids=lambda recipe: recipe.name)
def test_every_place_of_a_pattern_has_a_default_and_every_default_a_place(recipe: Recipe) -> None:
    places = set(PLACES.findall(recipe.pattern)) - {"prompt", "references", "ratio"}
    images = {f"{need.role}_images" for need in recipe.roles if need.least}

    assert places - images == set(recipe.words)


@pytest.mark.parametrize(
    ("name", "words"),
    [("hairstyle", {"hairstyle", "colour"}), ("outfit", {"outfit", "colour"}), ("promo", {"setting", "light"}),
     ("figure", {"pose", "setting", "light"}), ("on-model", {"pose", "setting", "light"})],
)  # fmt: skip
def test_a_grid_finds_the_words_it_would_expect(name: str, words: set[str]) -> None:
    assert words <= set(OWN[name].words)


@pytest.mark.parametrize("name", ["outfit", "hairstyle", "dress-up", "restyle"])
def test_an_edit_needs_its_base(name: str) -> None:
    assert [(need.least, need.most) for need in OWN[name].roles if need.role == "base"] == [(1, 1)]


@pytest.mark.parametrize("name", ["promo", "scene", "on-model", "figure", "packshot"])
def test_a_recipe_for_something_new_needs_no_role(name: str) -> None:
    assert all(need.least == 0 for need in OWN[name].roles)


def test_a_figure_has_all_that_makes_it_one() -> None:
    words = " ".join(OWN["figure"].pattern.split())

    assert all(part in words for part in ("1/7 scale", "acrylic base", "modelling software", "packaging box"))


# --- a library's own ---------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_adds_nothing(tmp_path: Path) -> None:
    assert load_recipes(tmp_path / "recipes") == OWN


def test_a_recipe_of_the_library_needs_little_and_overrides_by_name(tmp_path: Path) -> None:
    write(tmp_path, "poster")
    write(tmp_path, "promo")
    (tmp_path / ".hidden.toml").write_text("broken [")
    (tmp_path / "notes.txt").write_text("broken [")

    recipes = load_recipes(tmp_path)

    assert set(recipes) == NAMES | {"poster"}
    assert recipes["promo"].pattern == recipes["poster"].pattern == "A poster: {prompt}"
    assert recipes["poster"].follow == OWN["promo"].follow
    assert recipes["poster"].sentences == OWN["promo"].sentences
    assert recipes["scene"] == OWN["scene"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("title", "titel"), "titel is no key of a recipe; did you mean title?"),
        (("pattern =", "description ="), "pattern is missing"),
        (("title =", "ratio = '16/9'\ntitle ="), "ratio is '16/9'; write width:height"),
        (("title =", "size = 'big'\ntitle ="), "size is 'big'; write 512, 1K"),
        (("title =", "titles = 'x'\ntitle ="), "titles is no key of a recipe; did you mean title?"),
        (("{prompt}", "nothing"), "pattern lacks {prompt}"),
        (("{prompt}", "{prompt.__class__}"), "pattern holds {prompt.__class__}; only a name"),
        (("{prompt}", "{prompt} {0}"), "pattern holds {0}"),
        (("{prompt}", "{prompt} {prompt!r:>99}"), "pattern holds {prompt!r:>99}"),
        (("{prompt}", "{prompt} {number}"), "pattern holds {number}"),
        (('"product"', '"hero"'), "roles.0.role cannot be used"),
        (('"product"', '"product"\nleast = 2\nmost = 1'), "roles wants at least 2 and at most 1 of product"),
        (('"product"', '"product"\n[[roles]]\nrole = "product"'), "roles names product twice"),
        (("[example]", "[words]\nprompt = 'x'\n[example]"), "words.prompt is a name that words cannot have"),
        (("[example]", "[words]\n'a b' = 'x'\n[example]"), "words.a b is a name that words cannot have"),
        (("[example]", "[sentences]\nlogo = 'the logo'\n[example]"), "sentences.logo lacks {number}"),
        (("title =", "follow = 'again'\ntitle ="), "follow lacks {number}"),
        (("title =", "find_limit = 2026-11-21\ntitle ="), "find_limit cannot be used"),
        (("title =", "find_limit = '2'\ntitle ="), "find_limit cannot be used"),
        (("title =", "name = 'flyer'\ntitle ="), "name is 'flyer'; a recipe has the name of its file, 'poster'"),
        (("title =", "title"), "is not valid TOML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_to_the_key(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = write(tmp_path, "poster", WHOLE.replace(*change, 1))

    with pytest.raises(UnknownRecipeError) as caught:
        load_recipes(tmp_path)

    assert f"recipe file {path}" in str(caught.value)
    assert words in str(caught.value)


def test_a_pattern_alone_is_a_recipe(tmp_path: Path) -> None:
    for name in ("summer-sale", "outfit"):
        write(tmp_path, name, 'pattern = "A poster: {prompt}"')

    recipes = load_recipes(tmp_path)

    assert (recipes["summer-sale"].title, recipes["summer-sale"].roles) == ("Summer sale", OWN["promo"].roles)
    assert recipes["outfit"].roles == OWN["outfit"].roles


@pytest.mark.parametrize(
    "content", ["a." * 30_000 + "a = 1", "a = " + "{a = " * 5_000, "[" + "a . 'b'." * 200]
)
def test_a_file_that_is_nested_without_end_keeps_no_other_from_use(tmp_path: Path, content: str) -> None:
    write(tmp_path, "deep", 'pattern = "{prompt}"\n' + content)
    broken: list[str] = []

    recipes = load_recipes(tmp_path, on_broken=lambda name, error: broken.append(f"{name}: {error}"))

    assert set(recipes) == NAMES
    assert broken == [f"deep: recipe file {tmp_path / 'deep.toml'} is nested too deeply"]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a = '" + b"x" * 200_000 + b"'"], ids=["not UTF-8", "huge"]
)
def test_bytes_that_are_no_recipe_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "poster.toml").write_bytes(content)

    with pytest.raises(UnknownRecipeError, match=r"poster\.toml"):
        load_recipes(tmp_path)


def test_a_file_name_that_nobody_could_type_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "My Poster")

    with pytest.raises(UnknownRecipeError, match="small letters, digits and hyphens"):
        load_recipes(tmp_path)


def test_an_unknown_name_gets_the_near_ones_or_all() -> None:
    assert find_recipe("figure", OWN) is OWN["figure"]
    with pytest.raises(UnknownRecipeError, match="did you mean hairstyle"):
        find_recipe("hair-style", OWN)
    with pytest.raises(UnknownRecipeError, match="there are bestseller, dress-up, figure"):
        find_recipe("zzz", OWN)
