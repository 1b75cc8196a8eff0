"""Advice fits who reads it: arguments in Python, flags on the command line; one text is a list of one."""

import ast
import re
from pathlib import Path

import pytest

from musaic.cli.flags import in_flags
from musaic.errors import BudgetError, InvalidArgumentError, MusaicError, RetiredModelError, UnknownPriceError
from musaic.library import Library
from tests.shop import Shop, call

PACKAGE = Path(__file__).parents[1] / "src/musaic"
# What writes for people at a terminal.
SURFACES = ("cli", "demo")
# Settings are described with their commands, and a page has a style sheet.
_OTHERS = ("config.py", "page.py")
BELOW = sorted(
    file
    for file in PACKAGE.rglob("*.py")
    if not {*SURFACES, "testing"} & set(file.relative_to(PACKAGE).parts) and file.name not in _OTHERS
)
_FLAG = re.compile(r"(?<![\w`-])--[a-z]")


def texts_of(module: Path) -> list[str]:
    """Return the texts of a module without docstrings; of an f-string its fixed parts."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        if isinstance(node, ast.JoinedStr)
        else str(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken)
    ]


@pytest.mark.parametrize("module", BELOW, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_message_below_the_surface_names_a_flag(module: Path) -> None:
    # A whole command to paste may have flags; a word of one stands alone, where a command is put together.
    plain = [re.sub("`musaic [^`]*(`|$)", "", text) for text in texts_of(module)]

    assert [
        text for text in plain if _FLAG.search(text) and not _FLAG.fullmatch(text[:3]) and " " in text
    ] == []


@pytest.mark.parametrize(
    ("error", "argument", "flag"),
    [
        (
            RetiredModelError(model="old", retired_on="2026-01-01", successor="new"),
            "{'model': 'new'}",
            "--model new",
        ),
        (UnknownPriceError(model="m"), "{'allow_unknown_price': True}", "--allow-unknown-price"),
        (
            BudgetError(limit="max_cost_usd", limit_usd=1, spent_usd=0, bound_usd=2),
            "max_cost_usd",
            "--max-cost of",
        ),
    ],
)
def test_an_error_names_the_argument_and_the_command_line_its_flag(
    error: MusaicError, argument: str, flag: str
) -> None:
    assert argument in str(error)
    assert "--" not in str(error)
    assert flag in in_flags(str(error))
    assert argument not in in_flags(str(error))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"recipe": "outfit"}, "give it with refs=['FILE:base']"),
        ({"vary": {"prompt": ["x"]}}, "vary cannot use the name"),
        ({"vary": {"colour": [" "]}}, "write vary={'colour': ['one', 'two']}"),
        ({"refs": ["no/such.png"]}, "refs=[...] takes a file"),
    ],
)
def test_what_a_notebook_is_told_names_arguments(shop: Shop, given: dict[str, object], said: str) -> None:
    with Library.open(shop.library) as library, pytest.raises(MusaicError) as caught:
        library.plan(library.brief("a red square", **given))  # type: ignore[arg-type]

    assert said in str(caught.value)
    assert not _FLAG.search(str(caught.value))


@pytest.mark.usefixtures("alone")
def test_what_the_command_line_is_told_names_flags(shop: Shop) -> None:
    for words, said in (
        (["--recipe", "outfit"], "give it with --ref FILE:base"),
        (["--ref", "no/such.png"], "--ref takes a file"),
    ):
        answer = call("generate", "a red square", *words, "--dry-run", "--library", shop.library)

        assert said in answer.stderr
        assert "refs=" not in answer.stderr


# --- one is a list of one ------------------------------------------------------------------------------
def test_one_text_or_path_is_a_list_of_one(shop: Shop) -> None:
    red = shop.pictures / "red.png"
    with Library.open(shop.library) as library:
        found = library.brief("a square", find="red", ratios="16:9", vary={"light": "evening"})
        by_hand = [
            library.brief("a square", refs=refs) for refs in (red, str(red), [red], (each for each in [red]))
        ]  # type: ignore[arg-type]

    assert [Path(each.path).stem for each in found.references] == ["red"]
    assert (found.ratios, found.vary) == (("16:9",), {"light": ("evening",)})
    assert {brief.references for brief in by_hand} == {by_hand[0].references}
    assert len(by_hand[0].references) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"find": b"red"}, "find is a list of texts, not bytes"),
        ({"find": [1]}, "find is a list of texts, and int 1 is none"),
        ({"refs": 3}, "refs is a list of texts, not int 3"),
        ({"ratios": {"16:9": 1}}, "ratios is a list of texts, not dict"),
        ({"vary": "evening"}, "vary holds words by name"),
        ({"vary": {"light": 3}}, "vary['light'] is a list of texts, not int 3"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_by_name(shop: Shop, given: dict[str, object], said: str) -> None:
    with Library.open(shop.library) as library, pytest.raises(InvalidArgumentError) as caught:
        library.brief("a square", **given)  # type: ignore[arg-type]

    assert said in str(caught.value)


def test_one_hit_is_a_sheet_of_one(shop: Shop, tmp_path: Path) -> None:
    with Library.open(shop.library) as library:
        (hit,) = library.search("red", limit=1)

        assert (
            library.sheet(hit, tmp_path / "one.png").read_bytes()
            == library.sheet([hit], tmp_path / "two.png").read_bytes()
        )
