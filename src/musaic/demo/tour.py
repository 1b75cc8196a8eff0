"""The demo: draw a catalogue, ingest it, run the article's searches, make a draft from what they find."""

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from musaic.demo.catalogue import COLUMNS, draw_catalogue
from musaic.errors import ExportError
from musaic.library import Library
from musaic.making import generation_of
from musaic.schemas import DoneEvent, Generation, Hit, Progress

QUERIES = (
    "a golden watch",
    "red silk cape with gold trim",
    "black halter dress",
    "a diamond necklace",
    "blue watch",
    "red high heels",
    "a red convertible car",
    "figure in a packaging box",
    "vestido rojo",
    "золотые часы",
    "金色手表",
)

PROMPT = "A European male model wearing a suit, carrying a gold watch"
FINDS = ("a gold watch", "a suit")

# Pictures asked for since the draft; beyond that it is made again.
_LOOKED_AT = 500
# What was drawn, without what was made of it in an earlier run.
_CATALOGUE = 'kind != "generated"'


@dataclass(frozen=True, slots=True)
class Answer:
    """One search of the demo: its hits and the sheet that shows them."""

    query: str
    hits: list[Hit]
    sheet: Path


@dataclass(frozen=True, slots=True)
class Tour:
    """What a demo left behind."""

    folder: Path
    ingested: DoneEvent
    answers: list[Answer]
    draft: Generation
    page: Path


def run(
    folder: Path,
    *,
    on_drawn: Callable[[int, int], None],
    on_progress: Callable[[Progress], None],
    notify: Callable[[str], None],
) -> Tour:
    """Draw, ingest, search and make a draft; what an earlier run did is not done again.

    Args:
        folder: Gets ``catalogue/``, ``catalogue.csv``, ``.musaic/``, ``sheets/`` and ``index.html``.
        on_drawn: Told of pictures drawn, and of how many there are.
        on_progress: Told how ingest goes.
        notify: Takes warnings in plain words.

    Raises:
        ExportError: The folder cannot be written to.
    """
    _refuse_others(folder)
    try:
        for done, total in draw_catalogue(folder):
            on_drawn(done, total)
    except OSError as exc:
        raise ExportError(f"the demo cannot be drawn in {folder}: {exc.strerror or exc}") from exc
    # The demo needs no key, and spends nothing where there is one.
    with Library.open(
        folder,
        create=True,
        embed={"model": "starter"},
        generate={"engine": "moodboard", "model": None},
        notify=notify,
    ) as library:
        ingested = library.ingest(folder / "catalogue", on_progress=on_progress)
        answers = [_answer(library, query, folder / "sheets") for query in QUERIES]
        draft = _earlier(library) or _draft(library)
        searches = [(find, library.search(find, where=_CATALOGUE)) for find in FINDS]
        page = library.page(draft.id, folder / "index.html", searches=searches)
    return Tour(folder, ingested, answers, draft, page)


def _refuse_others(folder: Path) -> None:
    """Refuse a folder whose catalogue the demo did not draw."""
    table = folder / "catalogue.csv"
    try:
        head = table.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    except OSError:
        return
    if head != ",".join(COLUMNS):
        raise ExportError(
            f"{table} is not the demo's and is not written over; name another folder with --dir"
        )


def _earlier(library: Library) -> Generation | None:
    """Return the draft of an earlier run, if its picture is still there."""
    for record in library.recent(_LOOKED_AT):
        if record.prompt == PROMPT and record.parent is None and record.path and Path(record.path).exists():
            return generation_of(record)
    return None


def _draft(library: Library) -> Generation:
    (draft,) = library.generate(PROMPT, find=FINDS, ratios=("4:3",))
    return draft


def _answer(library: Library, query: str, sheets: Path) -> Answer:
    hits = library.search(query, where=_CATALOGUE)
    sheets.mkdir(exist_ok=True)
    name = "-".join("".join(c if c.isalnum() else " " for c in query.lower()).split())
    return Answer(query, hits, library.sheet(hits, sheets / f"{name}.png", title=query))


def next_commands(folder: Path, draft: str) -> list[str]:
    """Return commands to paste next, with the program as it was started."""
    program = sys.argv[0] if sys.argv[0].endswith("musaic") else "musaic"
    shown = Path(program)
    if shown.is_absolute() and shown.is_relative_to(Path.cwd()):
        shown = shown.relative_to(Path.cwd())
    library = f"--library {shlex.quote(str(folder))}"
    return [
        f'{shown} search "a golden watch" {library}',
        f'{shown} search "red silk cape with gold trim" --limit 8 --sheet cape.png {library}',
        f"{shown} search \"blue sneakers\" --where 'width > 600' --json {library}",
        f'{shown} generate "Summer on the beach" --find "red dress" --find "green handbag" --find sunglasses {library}',
        f"{shown} lineage {draft} {library}",
        f"{shown} models show starter",
    ]
