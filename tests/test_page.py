import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from musaic.errors import ExportError
from musaic.export import Page, write_page
from musaic.schemas import Hit, Lineage
from tests.records import GENERATION, a_picture, a_record


class Seen(HTMLParser):
    """Links, tags and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def written(folder: Path, **changes: object) -> Seen:
    picture = folder / "made #1 ä.png"
    picture.write_bytes(a_picture("PNG"))
    record = a_record(("a" * 32, "product"), path=str(picture), **changes)
    tree = Lineage(
        id=GENERATION,
        kind="generation",
        made_from=(Lineage(id="a" * 32, kind="asset", path=str(picture), role="product"),),
    )
    hit = Hit(asset_id="a" * 32, path=str(picture), kind="image", score=0.5, cosine=0.5)
    page = Page(record, tree, {"a" * 32: picture}, [("a red cape", [hit])])
    return Seen(write_page(page, folder / "index.html").read_text(encoding="utf-8"))


def test_page_shows_query_references_result_and_record(tmp_path: Path) -> None:
    words = " ".join(written(tmp_path).words)

    assert "Search: a red cape" in words
    assert "image 1, product" in words
    assert "gemini-nano-banana-2.1" in words
    assert "Made from" in words
    assert '"sent_prompt": "Make a picture: secret launch"' in words


def test_every_link_leads_to_a_file_also_after_the_folder_was_moved(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    seen = written(tmp_path / "here")

    moved = (tmp_path / "here").rename(tmp_path / "there")

    assert len(seen.links) == 4
    assert all((moved / unquote(link)).is_file() for link in seen.links)


def test_control_characters_are_not_in_the_page(tmp_path: Path) -> None:
    attack = "red\x1b[31m cape\x00\x07\x9b\x7f end\nof it"

    words = " ".join(written(tmp_path, prompt=attack).words)

    assert "red\ufffd[31m cape\ufffd\ufffd\ufffd\ufffd end\nof it" in words


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    attack = "</title></pre><script>alert(1)</script><img src=x onerror=alert(1)>"

    seen = written(tmp_path, prompt=attack, sent_prompt=attack, reason=attack, text=attack)

    assert "script" not in seen.tags
    assert seen.tags.count("img") == 3
    assert attack in "".join(seen.words)


def test_page_allows_nothing_from_a_network(tmp_path: Path) -> None:
    written(tmp_path)

    text = (tmp_path / "index.html").read_text(encoding="utf-8")

    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


def test_page_of_a_picture_that_never_came_says_why(tmp_path: Path) -> None:
    seen = written(tmp_path, state="prompt_blocked", reason="SAFETY")

    assert "prompt blocked: SAFETY" in " ".join(seen.words)


def test_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    record = a_record(("a" * 32, "product"), path=None)
    page = Page(record, Lineage(id=GENERATION, kind="generation"), {})

    with pytest.raises(ExportError, match="cannot be written"):
        write_page(page, tmp_path / "no-such-folder" / "page.html")
