import importlib.util
import inspect
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import typer
from PIL import Image

import musaic
from musaic.cli import app
from musaic.demo.look import Look
from musaic.demo.render import render

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROGRAM = typer.main.get_command(app)

# A fence may stand in a list, so it may be indented.
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(language: str) -> list[Block]:
    fences = (
        (page, text, fence)
        for page, text in texts()
        for fence in _FENCE.finditer(text)
        if fence[1] == language
    )
    return [Block(page, text.count("\n", 0, fence.start()) + 1, fence[2]) for page, text, fence in fences]


def texts() -> list[tuple[Path, str]]:
    return [(page, page.read_text(encoding="utf-8")) for page in PAGES]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


# --- reference pages ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "errors.md"])
def test_reference_pages_say_what_the_code_says(generator: ModuleType, page: str) -> None:
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")

    assert generator.PAGES[page]() == written, f"docs/{page} is out of date: run python docs/generate.py"


def test_reference_pages_leave_nothing_out(generator: ModuleType) -> None:
    from musaic import errors

    cli, settings, tree = (generator.PAGES[page]() for page in ("cli.md", "settings.md", "errors.md"))

    assert all(f"## musaic {name}\n" in cli for name in ("ingest", "search", "models get", "demo"))
    assert "`MUSAIC_STORE__TOKEN`" in settings
    assert all(f"`{name}`" in tree for name in vars(errors) if name.endswith("Error"))


def test_settings_page_shows_no_key_of_this_machine(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "MUSAIC_GENERATE__GEMINI__API_KEY"):
        monkeypatch.setenv(name, "k-of-this-machine")

    page = generator.settings_page()

    assert "k-of-this-machine" not in page
    assert "| `generate.gemini.api_key` | `MUSAIC_GENERATE__GEMINI__API_KEY` | unset |" in page
    assert "| `generate.openai.base_url` |" in page


# --- examples ----------------------------------------------------------------------------------------


def draw_products(folder: Path) -> None:
    """Draw what the examples look for; a plain square would be near nothing."""
    folder.mkdir()
    for kind, colour in (("watch", "gold"), ("dress", "red"), ("handbag", "green"), ("dress", "blue")):
        look = Look(kind, colour, "silk" if kind == "dress" else "metallic", None, "studio", "studio")
        Image.fromarray(render(look, seed=3, size_px=256)).save(folder / f"{colour}-{kind}.png")


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_examples_run(block: Block, alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_products(alone / "products")

    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})

    assert "print(" not in block.text or capsys.readouterr().out


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield every command of a shell text, as words; of a pipe each part."""
    for line in text.replace("\\\n", " ").splitlines():
        # Punctuation apart from quotes ends a command: pipes, semicolons, ands.
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, "|"]:
            if not set(word) <= set("|&;"):
                words.append(word)
            elif words:
                yield words
                words = []


def musaic_calls(text: str) -> Iterator[list[str]]:
    for words in commands_in(text):
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words and Path(words[0]).name == "musaic":
            yield words[1:]


SHELL = [(str(block), call) for block in blocks("sh") for call in musaic_calls(block.text)]


@pytest.mark.parametrize(
    ("place", "arguments"), SHELL, ids=[f"{place} {' '.join(call)}" for place, call in SHELL]
)
def test_commands_in_the_docs_can_be_typed(place: str, arguments: list[str]) -> None:
    # Parsed to the last option, and not run.
    context = PROGRAM.make_context("musaic", list(arguments))
    command, name, rest = PROGRAM, "musaic", arguments
    while hasattr(command, "commands"):
        if not rest:
            return  # `musaic models` alone
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, f"{place}: no command {name}"
        context = command.make_context(name, list(rest), parent=context)


def test_the_docs_have_commands_to_type() -> None:
    assert len(SHELL) > 15
    assert list(musaic_calls("A=b .venv/bin/musaic x 'a | b' | grep y; cd z && musaic q  # no musaic z")) == [
        ["x", "a | b"],
        ["q"],
    ]


def mentions() -> list[tuple[str, str]]:
    spans = (
        (page, span)
        for page in PAGES
        for span in re.findall(r"`((?:\.venv/bin/)?musaic [^`]*)`", prose(page))
    )
    return [(str(page.relative_to(ROOT)), span) for page, span in spans]


@pytest.mark.parametrize(("page", "span"), mentions())
def test_commands_named_in_the_text_exist(page: str, span: str) -> None:
    command, words = PROGRAM, span.split()[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--version"}

    assert command is not PROGRAM or set(words) <= known, f"{page}: no command {words[0]}"
    assert {word.rstrip("…") for word in words if word.startswith("--")} <= known


def test_make_targets_named_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)

    named = set(re.findall(r"`make ([a-z0-9-]+)[^`]*`", text)) | set(
        re.findall(r"^make ([a-z0-9-]+)", text, re.MULTILINE)
    )

    assert {"demo", "test"} <= named <= targets


# --- links -------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links() -> list[tuple[Path, str]]:
    found = ((page, target) for page in PAGES for target in _LINK.findall(prose(page)))
    return [(page, target) for page, target in found if not re.match(r"[a-z]+:", target)]


@pytest.mark.parametrize(
    ("page", "target"), links(), ids=[f"{page.relative_to(ROOT)} {target}" for page, target in links()]
)
def test_links_lead_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page

    assert there.exists(), f"{page.relative_to(ROOT)}: {target}"
    assert there.is_relative_to(ROOT)
    assert not anchor or anchor in anchors(there), f"{page.relative_to(ROOT)}: no heading {anchor}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        waiting += [
            (page.parent / target.partition("#")[0]).resolve()
            for target in _LINK.findall(prose(page))
            if target.partition("#")[0].endswith(".md")
        ]
    # cli_intro.md is a part of cli.md.
    assert {page for page in PAGES if page.parent == ROOT / "docs" or "concepts" in page.parts} - reached <= {
        ROOT / "docs" / "cli_intro.md"
    }


# --- the page of the library -----------------------------------------------------------------------
def documented() -> dict[str, list[str]]:
    """Return the methods that docs/api.md lists, each with its parameters."""
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.MULTILINE)
    spans = (span for row in rows for span in re.findall(r"`(?:Library)?\.(\w+(?:\(.*?\))?)`(?:,|$)", row))
    found = {}
    for span in spans:
        name, _, given = span.removesuffix(")").partition("(")
        given = re.sub(r"=(\(\)|[^,]*)", "", given)
        found[name] = [each.strip().lstrip("*") for each in given.split(",") if each.strip(" *")]
    return found


def test_the_page_of_the_library_lists_what_it_has_and_nothing_else() -> None:
    public = {name: value for name, value in inspect.getmembers(musaic.Library) if not name.startswith("_")}
    parameters = {
        name: [each for each in inspect.signature(value).parameters if each != "self"]
        if callable(value)
        else []
        for name, value in public.items()
    }

    assert documented() == parameters


def test_every_public_name_is_on_the_page_of_the_library() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8").partition("## Finding")[0]

    assert set(re.findall(r"`([A-Z]\w+)`", page)) == set(musaic.__all__)
