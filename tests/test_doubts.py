"""What a search says beside its hits: what it did not read, what speaks against a hit, what the parts would find."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.demo.vocabulary import COLOURS, KINDS
from musaic.errors import PlanError
from musaic.library import Library
from training.dataset import picture, random_row


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of drawings of a few kinds, with the starter."""
    folder = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(4)
    for kind in ("t-shirt", "jacket", "trousers", "boots", "halter dress"):
        for number in range(4):
            row = random_row(KINDS.index(kind), int(rng.integers(len(COLOURS))), rng)
            Image.fromarray(picture(row, 1000 + number, 128)).save(folder / f"{kind} {number}.png")
    with Library.open(folder, create=True, embed={"model": "starter"}, ingest={"settle_s": 0}) as library:
        library.ingest(folder)
    return folder


def asked(folder: Path, query: str, *, limit: int = 4) -> tuple[list[str], list[str]]:
    """Return which files a query finds, and what is told with it."""
    told: list[str] = []
    with Library.open(folder, notify=told.append) as library:
        return [Path(hit.path).stem for hit in library.search(query, limit=limit)], told


@pytest.mark.parametrize("before", ["cozy", "floral", "sleeveless", "a very nice new", "the best-loved"])
def test_an_unknown_word_changes_no_answer_and_is_told(drawn: Path, before: str) -> None:
    found, told = asked(drawn, f"{before} trousers")

    assert found == asked(drawn, "trousers")[0]
    assert any("does not know" in each and "'trousers' alone" in each for each in told) == (
        "very" not in before
    )


def test_a_misspelt_word_is_read_as_meant_and_told(drawn: Path) -> None:
    found, told = asked(drawn, "jackte with a collar")

    assert found == asked(drawn, "jacket collar")[0]
    assert any("read 'jackte' as 'jacket'" in each for each in told)


def test_a_query_that_names_several_things_is_told_what_each_would_find(drawn: Path) -> None:
    _, told = asked(drawn, "jacket with trousers and boots and an umbrella, city street")

    sentence = next(each for each in told if "names 4 things" in each)
    for kind in ("jacket", "trousers", "boots"):
        assert f"{kind!r} finds {asked(drawn, kind)[0][0]}.png (0." in sentence
    assert "'umbrella' finds nothing near" in sentence


def test_a_prompt_that_names_several_things_is_told_what_each_would_find(drawn: Path) -> None:
    told: list[str] = []
    with Library.open(drawn, notify=told.append) as library:
        library.brief("jacket with trousers and boots, city street")

    assert any("'trousers' finds trousers" in each for each in told)


@pytest.mark.parametrize(
    ("query", "doubt"),
    [("an umbrella", "looks more like 't-shirt'"), ("a teapot", "is not near"), ("boots", ""), ("shoes", "")],
)
def test_a_hit_that_is_likely_wrong_is_said_to_be(drawn: Path, query: str, doubt: str) -> None:
    _, told = asked(drawn, query, limit=1)

    assert any(doubt in each and "nothing in this library may fit" in each for each in told) == bool(doubt), (
        told
    )


def test_a_hit_that_looks_like_another_kind_is_no_reference(drawn: Path) -> None:
    with Library.open(drawn) as library, pytest.raises(PlanError, match="looks more like"):
        library.brief("An umbrella on a beach", find=["an umbrella"])
