"""The starter's words: captions agree, match what they say, and the known-word check tells taught from untaught."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS, SETTINGS
from musaic.embed.load import starter_vocabulary
from musaic.embed.starter import spelling, words
from musaic.embed.starter.reading import understood
from musaic.embed.starter.words import GROUPS, WordList
from musaic.errors import UnknownWordsError
from training import captions
from training.captions import UNSAID, Attributes
from training.words.lexicon import LANGUAGES, lexicon
from training.words.relations import CONCEPTS, NARROW_START, PHOTO_CATEGORIES, PHOTO_START

ROOT = Path(__file__).parents[1]
COLOUR = {name: i for i, name in enumerate(COLOURS)}
PHOTO = {name: PHOTO_START + i for i, name in enumerate(PHOTO_CATEGORIES)}
IMAGE = {**{name: i for i, name in enumerate(KINDS)}, **{f"photo {name}": i for name, i in PHOTO.items()}}


def random_rows(count: int, rng: np.random.Generator) -> list[list[int]]:
    """Rows of drawn pictures and, one in six, photos."""
    rows = []
    for i in range(count):
        if i % 6 == 5:
            rows.append([PHOTO_START + int(rng.integers(10)), int(rng.integers(14)), -2, -2, -2])
            continue
        trim = int(rng.integers(-1, len(COLOURS)))
        sizes = (len(KINDS), len(COLOURS), len(MATERIALS), len(SETTINGS))
        kind, colour, material, setting = (int(rng.integers(size)) for size in sizes)
        rows.append([kind, colour, material, trim, setting])
    return rows


def fits(concept: str, image: str, *, said: str | None = None, seen: str | None = None) -> int:
    """What `match` says of one caption and one picture."""
    mentioned = [CONCEPTS.index(concept), COLOUR[said] if said else UNSAID, UNSAID, UNSAID, UNSAID]
    row = Attributes(IMAGE[image], COLOUR[seen] if seen else captions.UNKNOWN_COLOUR).row()
    return int(captions.match(np.array([mentioned]), row[None])[0, 0])


# Words and agreement


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_colour_material_and_setting_has_words(language: str) -> None:
    table = lexicon(language)

    assert all(table.nouns[:NARROW_START])
    assert len(table.colours) == len(COLOURS)
    assert all(len(words_) >= 3 for words_ in table.colours)
    assert [len(table.materials), len(table.settings)] == [len(MATERIALS), len(SETTINGS)]
    assert all(table.materials)
    assert all(table.settings)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_names_two_kinds(language: str) -> None:
    owner: dict[str, str] = {}
    for concept, nouns in zip(CONCEPTS, lexicon(language).nouns, strict=True):
        for noun in nouns:
            for form in set(noun.forms):
                kind = concept.removeprefix("narrow ")
                assert owner.setdefault(form, kind) == kind


@pytest.mark.parametrize(
    ("language", "kind", "colour", "expected"),
    [
        ("en", "watch", "gold", "a gold watch"),
        ("en", "umbrella", "orange", "an orange umbrella"),
        ("en", "boots", "black", "black boots"),
        ("en", "trousers", "blue", "blue trousers"),
        ("es", "cape", "red", "una capa roja"),
        ("es", "boots", "white", "botas blancas"),
        ("es", "watch", "gold", "un reloj dorado"),
        ("es", "trousers", "gray", "pantalones grises"),
        ("es", "dress", "pink", "un vestido rosa"),
        ("it", "jacket", "white", "una giacca bianca"),
        ("it", "shirt", "gray", "una camicia grigia"),
        ("it", "gloves", "black", "guanti neri"),
        ("it", "boots", "brown", "stivali marroni"),
        ("it", "backpack", "blue", "uno zaino blu"),
        ("ru", "cape", "red", "красная накидка"),
        ("ru", "dress", "blue", "синее платье"),
        ("ru", "watch", "gold", "золотые часы"),
        ("ru", "coat", "black", "чёрное пальто"),
        ("zh", "cape", "red", "红色披风"),
        ("zh", "watch", "gold", "金色手表"),
    ],
)
def test_colour_agrees_with_the_noun(language: str, kind: str, colour: str, expected: str) -> None:
    rng = np.random.default_rng(0)

    assert captions.query(KINDS.index(kind), COLOUR[colour], language, synonyms=False, rng=rng) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "a red cape with gold trim"),
        ("es", "una capa roja con ribete dorado"),
        ("it", "un mantello rosso con bordo dorato"),
        ("ru", "красная накидка с золотой отделкой"),
        ("zh", "带金色镶边的红色披风"),
    ],
)
def test_trim_agrees_with_its_own_noun(language: str, expected: str) -> None:
    assert captions.trim_query(KINDS.index("cape"), COLOUR["red"], COLOUR["gold"], language) == expected


@pytest.mark.parametrize(
    ("kind", "slot", "form"),
    [
        ("cape", 6, "накидку"), ("watch", 3, "часов"), ("ring", 8, "кольцом"), ("ring", 3, "колец"),
        ("belt", 2, "ремня"), ("sandals", 3, "сандалий"), ("plush bear", 6, "плюшевого мишку"), ("coat", 9, "пальто"),
        ("mug", 3, "кружек"), ("jacket", 10, "куртке"), ("perfume", 9, "духами"), ("brooch", 8, "брошью"),
    ],
)  # fmt: skip
def test_russian_nouns_decline(kind: str, slot: int, form: str) -> None:
    assert lexicon("ru").nouns[KINDS.index(kind)][0].forms[slot] == form


@pytest.mark.parametrize(
    ("language", "singular", "plural"),
    [
        ("en", "scarf", "scarves"), ("en", "brooch", "brooches"), ("es", "cinturón", "cinturones"),
        ("es", "coche descapotable", "coches descapotables"), ("es", "paraguas", "paraguas"),
        ("it", "giacca", "giacche"), ("it", "camicia elegante", "camicie eleganti"), ("it", "orologio", "orologi"),
    ],
)  # fmt: skip
def test_plurals(language: str, singular: str, plural: str) -> None:
    forms = {noun.forms[0]: noun.forms[1] for nouns in lexicon(language).nouns for noun in nouns}

    assert forms[singular] == plural


# Captions


def test_every_caption_is_true_of_its_own_picture() -> None:
    rng = np.random.default_rng(1)
    rows = random_rows(3000, rng)
    mentioned = [captions.caption(row, rng)[1] for row in rows]

    for i in range(0, len(rows), 300):
        table = captions.match(np.array(mentioned[i : i + 300]), np.array(rows[i : i + 300]))
        assert (np.diag(table) == 1).all()


def test_every_caption_says_something() -> None:
    rng = np.random.default_rng(2)

    for row in random_rows(2000, rng):
        text, mentioned = captions.caption(row, rng)
        assert text.strip()
        assert mentioned != (UNSAID,) * 5


def test_captions_come_in_all_languages_most_in_english() -> None:
    rng = np.random.default_rng(3)
    drawn = [captions.draw_language(rng.random) for _ in range(5000)]
    share = {language: drawn.count(language) / len(drawn) for language in LANGUAGES}

    assert share["en"] == pytest.approx(0.44, abs=0.03)
    assert all(share[language] == pytest.approx(0.14, abs=0.03) for language in LANGUAGES[1:])


def test_the_same_seed_gives_the_same_captions() -> None:
    rows = random_rows(200, np.random.default_rng(4))
    first, second = (
        [captions.caption(row, rng) for row in rows] for rng in map(np.random.default_rng, (5, 5))
    )

    assert first == second


def test_perturbed_row_differs_in_at_most_one_attribute_and_stays_in_range() -> None:
    rng = np.random.default_rng(6)
    changed = 0
    for row in random_rows(3000, rng):
        other = captions.perturb(row, rng)
        differing = sum(a != b for a, b in zip(row, other, strict=True))
        changed += differing
        assert differing <= 1
        assert (other[0] >= PHOTO_START) == (row[0] >= PHOTO_START)
        captions.caption(other, rng)
    assert changed > 2400


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_listed_word_occurs_in_captions(language: str) -> None:
    rng = np.random.default_rng(7)
    rows = [row for row in random_rows(36_000, rng) if row[0] < PHOTO_START]
    rows += [
        [i, COLOUR["silver"], 0, -1, 0] for i, kind in enumerate(KINDS) if kind in ("ring", "bracelet")
    ] * 300
    text = "\n".join(" ".join(words.tokens(captions.caption(row, rng, language)[0])) for row in rows)
    listed = [word for group in WordList.load().listing(language).values() for word in group]

    assert [word for word in listed if " ".join(words.tokens(word)) not in text] == []


def test_captions_use_the_forms_that_people_type() -> None:
    rng = np.random.default_rng(8)
    cape, belt = ([KINDS.index(kind), COLOUR["red"], 0, -1, 0] for kind in ("cape", "belt"))
    russian = " ".join(captions.caption(cape, rng, "ru")[0] for _ in range(3000))
    spanish = " ".join(captions.caption(belt, rng, "es")[0] for _ in range(300))

    assert [
        form for form in ("красную накидку", "красной накидки", "красных накидок") if form not in russian
    ] == []
    assert "cinturon " in spanish
    assert "cinturón " in spanish


# What fits what


@pytest.mark.parametrize(
    ("concept", "image", "expected"),
    [
        ("watch", "watch", 1), ("watch", "clock", 0), ("dress", "halter dress", 1), ("halter dress", "dress", 0),
        ("dress", "photo dress", 1), ("halter dress", "photo dress", -1), ("shoes", "sneakers", 1),
        ("shoes", "photo shoes", 1), ("sneakers", "photo shoes", -1), ("sneakers", "boots", 0),
        ("outerwear", "photo outwear", 1), ("jacket", "photo outwear", 1), ("coat", "photo outwear", 1),
        ("cape", "photo outwear", -1), ("hoodie", "photo longsleeve", -1), ("hoodie", "photo outwear", -1),
        ("pendant", "necklace", -1), ("necklace", "pendant", -1), ("car", "convertible car", 1),
        ("convertible car", "car", 0), ("vehicle", "bicycle", 1), ("jewellery", "ring", 1), ("jewellery", "watch", -1),
        ("bag", "handbag", 1), ("bag", "backpack", -1), ("narrow longsleeve", "longsleeve", 1),
        ("narrow longsleeve", "photo longsleeve", -1), ("narrow longsleeve", "watch", 0),
        ("trousers", "photo pants", 1), ("hat", "photo hat", 1), ("beanie", "photo hat", -1),
        ("shirt", "photo t-shirt", 0),
    ],
)  # fmt: skip
def test_concept_fits_kind(concept: str, image: str, expected: int) -> None:
    assert fits(concept, image) == expected


@pytest.mark.parametrize(
    ("said", "image", "seen", "expected"),
    [
        ("red", "dress", "red", 1), ("red", "dress", "pink", 0), ("red", "photo dress", None, -1),
        ("gold", "photo dress", "yellow", -1), ("gold", "dress", "yellow", 0), ("blue", "photo dress", "red", 0),
        (None, "photo dress", None, 1),
    ],
)  # fmt: skip
def test_colour_of_a_photo_is_in_doubt_where_hues_meet(
    said: str | None, image: str, seen: str | None, expected: int
) -> None:
    assert fits("dress", image, said=said, seen=seen) == expected


def test_one_wrong_attribute_outweighs_an_unknown_one() -> None:
    photo = np.array([[PHOTO["dress"], COLOUR["red"], -2, -2, -2]])
    silk_red, silk_green = [0, COLOUR["red"], 4, UNSAID, UNSAID], [0, COLOUR["green"], 4, UNSAID, UNSAID]

    assert captions.match(np.array([silk_red, silk_green]), photo).tolist() == [[-1], [0]]


def test_trim_must_be_the_one_said() -> None:
    gold = COLOUR["gold"]
    said = np.array([[3, UNSAID, UNSAID, gold, UNSAID]])
    images = np.array([[3, 0, 0, trim, 0] for trim in (gold, -1, COLOUR["silver"], -2)])

    assert captions.match(said, images).tolist() == [[1, 0, 0, -1]]


# The known-word check


@pytest.mark.parametrize(
    ("query", "known", "unknown"),
    [
        ("dog", (), ("dog",)), ("собака", (), ("собака",)), ("狗", (), ("狗",)), ("perro", (), ("perro",)),
        ("sunset", (), ("sunset",)), ("日落", (), ("日落",)), ("a dog with a hat", ("hat",), ("dog",)),
        ("戴帽子的狗", ("帽子",), ("狗",)),
        ("red silk cape with gold trim", ("red", "silk", "cape", "gold", "trim"), ()),
        ("a golden watch", ("golden", "watch"), ()), ("T-Shirt", ("t-shirt",), ()), ("tshirt", ("tshirt",), ()),
        ("t shirt!", ("t shirt",), ()), ("Dresses, red", ("dresses", "red"), ()),
        ("women's dress", ("dress",), ("women",)),
        ("reloj de oro", ("reloj", "oro"), ()), ("cinturón rojo", ("cinturón", "rojo"), ()),
        ("cinturon rojo", ("cinturon", "rojo"), ()), ("vestido", ("vestido",), ()),
        ("un orologio d'oro", ("orologio", "oro"), ()), ("красную накидку", ("красную", "накидку"), ()),
        ("золотых часов", ("золотых", "часов"), ()), ("Чёрное пальто", ("чёрное", "пальто"), ()),
        ("черное пальто", ("черное", "пальто"), ()), ("фото с красной шляпой", ("красной", "шляпой"), ()),
        ("金色手表", ("金色", "手表"), ()), ("金表", ("金", "表"), ()), ("红色T恤的照片", ("红色", "t恤"), ()),
        ("1/7 scale figure", ("1/7 scale figure",), ()), ("iphone 15", ("iphone",), ()), ("", (), ()),
        ("diamond necklace", ("diamond", "necklace"), ()), ("maroon stilettos", ("maroon", "stilettos"), ()),
        ("黄金属手表", ("黄", "金属", "手表"), ()), ("capes红色", ("capes", "红色"), ()),
        ("xcape红色", ("红色",), ("xcape",)),
        ("red 运动鞋", ("red", "运动鞋"), ()),
        # Vowel signs, joiners and a stress are part of their word; what follows a picture of a heart is of no word.
        ("हिन्दी में", (), ("हिन्दी", "में")), ("ไทย ที่นี่", (), ("ไทย", "ที่นี่")), ("cape मी\u200dम", ("cape",), ("मी\u200dम",)),
        ("золоты\u0301е часы\u0301", ("золоты\u0301е", "часы\u0301"), ()), ("red ❤️ cape", ("red", "cape"), ()),
    ],
)  # fmt: skip
def test_check_tells_taught_words_from_others(
    query: str, known: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    found = understood(query)

    assert (found.known, found.unknown) == (known, unknown)


@pytest.mark.parametrize(
    "query", ["item", "a thing", "product", "something", "photo of", "фото", "一张照片", "algo"]
)
def test_generic_words_are_neither_known_nor_unknown(query: str) -> None:
    found = understood(query)

    assert (found.known, found.unknown) == ((), ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_query_of_the_evaluation_is_known(language: str) -> None:
    rng = np.random.default_rng(9)

    for kind in range(len(KINDS)):
        colour = int(rng.integers(len(COLOURS)))
        for text in (
            captions.query(kind, colour, language, synonyms=True, rng=rng),
            captions.trim_query(kind, colour, COLOUR["gold"], language),
        ):
            found = understood(text)
            assert found.known, text
            assert found.unknown == (), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_hold_no_word_that_the_check_calls_unknown(language: str) -> None:
    rng = np.random.default_rng(10)

    for row in random_rows(3000, rng):
        text, _ = captions.caption(row, rng, language)
        assert understood(text).unknown == (), text


def test_listing_is_by_what_the_words_are_about() -> None:
    listing = WordList.load().listing("es")

    assert tuple(listing) == GROUPS
    assert "reloj" in listing["kind"]
    assert "dorado" in listing["colour"]


def test_listing_of_another_language_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="en, es, it, ru, zh"):
        WordList.load().listing("fr")


def test_bundled_list_is_what_the_tables_make(tmp_path: Path) -> None:
    made = tmp_path / "words.json"
    command = [sys.executable, "-m", "training.captions", "--words", str(made)]
    subprocess.run(command, check=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})

    assert made.read_bytes() == (Path(words.__file__).parent / "words.json").read_bytes()


@pytest.mark.parametrize(("typed", "meant"), [("waattch", ("watch",)), ("dog", ()), ("qqqqq", ())])
def test_a_slip_of_the_keyboard_is_answered_with_the_word_that_was_meant(
    typed: str, meant: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownWordsError) as caught:
        starter_vocabulary().understand(typed)

    assert caught.value.near == meant


# What is made of a query


@pytest.mark.parametrize(
    ("query", "encoded"),
    [
        ("cozy dress", "dress"), ("a floral summer dress", "dress"), ("I want a very nice new dress in 2024", "dress"),
        ("a dress with a dragon on a white background", "dress white background"),
        ("red silk cape with gold trim", "red silk cape gold trim"), ("a red-carpet dress", "dress"),
        ("a greyish-blue dress", "blue dress"), ("уютное красное платье", "красное платье"),
        ("acogedor vestido rojo", "vestido rojo"), ("舒适的红色连衣裙", "红色 连衣裙"),
    ],
)  # fmt: skip
def test_only_what_was_taught_is_encoded(query: str, encoded: str) -> None:
    assert understood(query).text == encoded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rde dres", "red dress"), ("goold wach", "gold watch"), ("neckalce", "necklace"), ("t-shrit", "t shirt"),
        ("zapatoss rojos", "zapatos rojos"), ("sunglases", "sunglasses"),
    ],
)  # fmt: skip
def test_a_slip_of_the_keyboard_is_mended_and_told(typed: str, meant: str) -> None:
    made = understood(typed)

    assert made.text == meant
    assert " ".join(said for said, _ in made.corrected) in typed
    assert made.unknown == ()


@pytest.mark.parametrize(
    "word", ["boat", "cat", "horse", "coral", "bread", "coach", "boats", "than", "nike", "cozy"]
)
def test_a_word_of_its_own_is_not_taken_for_a_slip(word: str) -> None:
    made = understood(f"{word} dress")

    assert (made.text, made.corrected, made.unknown) == ("dress", (), (word,))


def test_slip_that_could_be_two_words_is_left_and_words_of_another_language_are_not_meant() -> None:
    assert spelling.meant("shart", {"shirt": frozenset({"a"}), "short": frozenset({"b"})}, real=()) is None
    # "casco" is a helmet in Spanish, and this is a brand.
    assert understood("casio watch").unknown == ("casio",)


def test_words_that_are_no_slips_are_each_near_a_taught_word() -> None:
    listed = (Path(words.__file__).parent / "neighbours.txt").read_text(encoding="utf-8").split()
    taught = words.single_words(frozenset(LANGUAGES))

    assert listed == sorted(set(listed))
    assert all(any(spelling.slip(word, other) is not None for other in taught) for word in listed[::40])


@pytest.mark.parametrize(
    ("query", "encoded", "excluded"),
    [
        ("a dress without a belt", "dress", ("without a belt",)),
        ("shoes, no black boots", "shoes", ("no black boots",)),
        ("платье без пояса", "платье", ("без пояса",)), ("没有腰带的红色裙子", "红色 裙子", ("没有 腰带",)),
        ("a dress without sleeves", "dress", ()),
    ],
)  # fmt: skip
def test_what_is_not_wanted_is_not_encoded(query: str, encoded: str, excluded: tuple[str, ...]) -> None:
    made = understood(query)

    assert (made.text, made.excluded) == (encoded, excluded)


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("leather jacket with jeans and boots, city street", ("leather jacket", "jeans", "boots")),
        (
            "a halter dress, diamond necklace, blue watch, high heels and a pendant in her hand",
            ("halter dress", "diamond necklace", "blue watch", "high heels", "pendant"),
        ),
        ("watch in gold, boots with red trim", ("watch gold", "boots red trim")),
        ("vestido rojo con botas negras", ("vestido rojo", "botas negras")),
        ("red dress black boots", ("red dress", "black boots")),
        ("red silk cape with gold trim", ()), ("a red and white dress", ()), ("", ()), ("dress dress", ()),
    ],
)  # fmt: skip
def test_a_query_that_names_several_things_is_cut_into_them(query: str, phrases: tuple[str, ...]) -> None:
    assert understood(query).phrases == phrases


def test_a_query_that_only_leaves_out_is_refused_in_words() -> None:
    with pytest.raises(UnknownWordsError, match="cannot leave things out"):
        starter_vocabulary().understand("no dress")


def test_kinds_that_fit_are_known_of_each_word() -> None:
    assert understood("shoes").kinds == {"high heels", "sneakers", "boots", "sandals"}
    assert understood("red").kinds == frozenset()
    assert {"dress", "halter dress"} <= understood("a dress").kinds
    assert "watch" not in understood("a dress").kinds
