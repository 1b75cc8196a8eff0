"""A page that shows how a picture was made: query, references, result, lineage, record. It opens from disk."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from musaic.export.files import write_file
from musaic.schemas import Hit, Lineage, Record

_STYLE = """
:root { --ink: #1a1a1e; --faint: #70727a; --line: #dededf; --tile: #f4f4f6 }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; text-wrap: balance }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; border-top: 1px solid var(--line); padding-top: 1.25rem }
.faint, figcaption span, dt { color: var(--faint) }
.row { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; width: 13rem; overflow-wrap: anywhere }
figure img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--tile); border: 1px solid var(--line);
  border-radius: 8px; display: block }
figcaption { font-size: .85rem; margin-top: .4rem }
figcaption span { display: block }
.result { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.5rem; align-items: start }
.result img { width: 100%; border-radius: 8px; border: 1px solid var(--line) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0; overflow-wrap: anywhere }
dd { margin: 0 }
pre { background: var(--tile); padding: 1rem; border-radius: 8px; overflow: auto; white-space: pre-wrap;
  font: .8rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
ul { margin: .3rem 0; padding-left: 1.2rem }
@media (max-width: 46rem) { .result { grid-template-columns: 1fr } }
"""
# HTML allows no others, and editors and terminals obey some of them.
_CONTROL = dict.fromkeys(
    (code for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"), "\ufffd"
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows.

    Attributes:
        record: Of the picture.
        lineage: Of the same.
        pictures: Where to read each reference, by asset id; its thumbnail, say.
        searches: Queries with their hits, in the order in which they are shown.
    """

    record: Record
    lineage: Lineage
    pictures: Mapping[str, Path]
    searches: Sequence[tuple[str, Sequence[Hit]]] = ()


def write_page(made: Page, path: Path) -> Path:
    """Write a page and return where it is; pictures are linked to, by relative path where one leads there.

    Raises:
        ExportError: It cannot be written.
    """
    return write_file(path, page(made, path.parent).translate(_CONTROL).encode())


def page(made: Page, folder: Path) -> str:
    """Return the page as HTML.

    Args:
        made: What it shows.
        folder: Where it will lie; links start there.
    """
    record = made.record
    parts = [
        f"<h1>{escape(record.prompt)}</h1>",
        f'<p class="faint">{escape(record.id)} · {escape(_made_by(record))}</p>',
        *_searches(made, folder),
        *_references(made, folder),
        *_result(record, folder),
        *_lineage(made.lineage, folder),
        "<h2>Record</h2>",
        f"<details><summary>The prompt in full</summary><pre>{escape(record.sent_prompt)}</pre></details>",
        f"<details><summary>All of it</summary><pre>{escape(record.model_dump_json(indent=2))}</pre></details>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        # Nothing on the page may load from a network or run, whatever a prompt or file name says.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' file: data:; "
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(record.prompt[:80])}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _made_by(record: Record) -> str:
    return f"{record.engine}, {record.model}, recipe {record.recipe}"


def _searches(made: Page, folder: Path) -> Iterator[str]:
    for query, hits in made.searches:
        yield f"<h2>Search: {escape(query)}</h2>"
        figures = (
            _figure(
                made.pictures.get(hit.asset_id, Path(hit.path)),
                folder,
                Path(hit.path).name,
                "" if hit.cosine is None else f"{hit.cosine:.3f}",
            )
            for hit in hits
        )
        yield f'<div class="row">{"".join(figures)}</div>'


def _references(made: Page, folder: Path) -> Iterator[str]:
    yield "<h2>References</h2>"
    figures = [
        _figure(
            made.pictures.get(each.asset_id, Path(each.path)),
            folder,
            Path(each.path).name,
            f"image {each.number}, {each.role}" + (f", {each.cosine:.3f}" if each.cosine is not None else ""),
        )
        for each in made.record.references
    ]
    yield f'<div class="row">{"".join(figures)}</div>' if figures else '<p class="faint">none</p>'


def _figure(picture: Path, folder: Path, name: str, words: str) -> str:
    return (
        f'<figure><img src="{_link(picture, folder)}" alt="{escape(name)}" loading="lazy">'
        f"<figcaption>{escape(name)}<span>{escape(words)}</span></figcaption></figure>"
    )


def _result(record: Record, folder: Path) -> Iterator[str]:
    yield "<h2>Result</h2>"
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _facts(record))
    if record.path is None:
        yield f"<dl>{facts}</dl>"
        return
    picture = f'<img src="{_link(Path(record.path), folder)}" alt="{escape(record.prompt)}">'
    yield f'<div class="result"><div>{picture}</div><dl>{facts}</dl></div>'


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    yield "state", record.state.replace("_", " ") + (f": {record.reason}" if record.reason else "")
    yield "asked for", f"{record.ratio}, {record.size}"
    if record.width:
        yield "picture", f"{record.width} x {record.height} pixels, {record.mime}"
    yield (
        "cost",
        "unknown" if record.cost_usd is None else f"${record.cost_usd:.4f}" if record.cost_usd else "none",
    )
    if record.seconds is not None:
        yield "time", f"{record.seconds:.1f} s"
    yield from record.values.items()
    if record.text:
        yield f"{record.engine} says", record.text
    for finding in record.findings:
        yield finding.severity, finding.message


def _lineage(tree: Lineage, folder: Path) -> Iterator[str]:
    yield "<h2>Lineage</h2>"
    for words, parts, upwards in (
        ("Made from", below_of(tree, upwards=True), True),
        ("Made into", below_of(tree, upwards=False), False),
    ):
        yield f"<p>{words}</p>" + (
            _branches(parts, folder, upwards=upwards) if parts else "<ul><li>nothing</li></ul>"
        )


def _branches(parts: Sequence[Lineage], folder: Path, *, upwards: bool) -> str:
    lines = []
    for part in parts:
        name = escape(part.prompt or (Path(part.path).name if part.path else part.id))
        link = f'<a href="{_link(Path(part.path), folder)}">{name}</a>' if part.path else name
        role = f"{escape(part.role)}: " if part.role else ""
        below = below_of(part, upwards=upwards)
        lines.append(
            f'<li>{role}{link} <span class="faint">{escape(part.id)}</span>'
            + (" (above)" if part.seen_above else "")
            + (_branches(below, folder, upwards=upwards) if below else "")
            + "</li>"
        )
    return f"<ul>{''.join(lines)}</ul>"


def below_of(part: Lineage, *, upwards: bool) -> tuple[Lineage, ...]:
    """Return what a picture was made from, or into; a generation and its own picture are one and the same."""
    found: list[Lineage] = []
    for each in part.made_from if upwards else part.made_into:
        if each.kind != part.kind and each.path is not None and each.path == part.path:
            found += each.made_from if upwards else each.made_into
        else:
            found.append(each)
    # A refined picture is the parent and a reference of the next; once is enough.
    return tuple({each.id: each for each in reversed(found)}.values())[::-1]


def _link(target: Path, folder: Path) -> str:
    """Return a link that works from disk: relative, so that the folder can be moved; a file URL across drives."""
    try:
        relative = os.path.relpath(target, folder)
    except ValueError:
        return escape(target.absolute().as_uri())
    return escape(quote(Path(relative).as_posix()))
