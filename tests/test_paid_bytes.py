"""What was paid for is kept, whatever it is: read in every spelling of base64, else kept as it came."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.generate.coded import decoded
from musaic.library import Library
from musaic.schemas import Record
from tests.fakes.openai_images import KEY, FakeOpenai, Reply, png, serving
from tests.studio import Studio

RAW = b"\x89PNG\r\n\x1a\n" + bytes(range(200)) + b"\xfb\xff\xfe"
LETTERS = base64.b64encode(RAW).decode()
TURNED = base64.urlsafe_b64encode(RAW).decode()


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenai]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(own=True, key=None) as server:
        monkeypatch.setenv("MUSAIC_GENERATE__OPENAI__BASE_URL", server.url)
        monkeypatch.setenv("MUSAIC_GENERATE__OPENAI__API_KEY", KEY)
        yield server


def made_with(studio: Studio, engine: str = "gemini") -> tuple[Record, Path]:
    """Ask for one picture; return its record and its folder."""
    with Library.open(studio.folder, generate={"engine": engine}, notify=lambda _: None) as library:
        plan = library.plan(library.brief("a red square"))
        (made,) = library.make(plan, allow_unknown_price=True)
        return library.record(made.id), studio.library / "outputs" / made.id


def kept(record: Record, folder: Path) -> bytes:
    """Return the answer that lies beside a record, which says so."""
    body = folder / "answer-1.txt"
    assert any(finding.message.endswith(str(body)) for finding in record.findings)
    return body.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        LETTERS, LETTERS.rstrip("="), TURNED, TURNED.rstrip("="), LETTERS + "===",
        base64.encodebytes(RAW).decode(), LETTERS[:7] + "\r\n \t" + LETTERS[7:],
        f"data:image/png;base64,{LETTERS}", f"DATA:image/png;charset=x;BASE64,{TURNED.rstrip('=')}",
        "data:image/png;base64," + LETTERS.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
        "data:image/png," + "".join(f"%{each:02X}" for each in RAW),
    ],
)  # fmt: skip
def test_every_spelling_of_the_bytes_is_read(text: str) -> None:
    assert decoded(text) == RAW


@pytest.mark.parametrize(
    "text", ["", "=", "no base64!", "AAAAA", "AAA=AAAA", "data:,", "é" * 8, None, 5, [1]]
)
def test_what_is_no_base64_is_not_guessed_at(text: object) -> None:
    assert decoded(text) is None


@pytest.mark.parametrize("step", ["unpadded", "url_safe", "wrapped", "data_address", "wrong_type"])
def test_a_picture_of_gemini_is_a_picture_in_every_spelling_and_can_be_gone_on_from(
    studio: Studio, step: str
) -> None:
    studio.fake.script(step)

    record, folder = made_with(studio)

    assert record.state == "picture"
    assert not list(folder.glob("answer*"))
    with studio.open() as library:
        (refined,) = library.refine(record.id, "larger")
    assert refined.state == "picture"
    sent = [part for turn in studio.fake.requests[1].turns for part in turn.parts if part.content]
    picture = ("image/png", Path(record.path or "").read_bytes())
    assert (sent[-1].mime, sent[-1].content) == picture


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("bad_base64", "malformed"), ("cut_base64", "malformed"), ("empty_data", "malformed"),
        ("cut_json", "failed"), ("html", "failed"), ("by_address", "no_picture"),
    ],
)  # fmt: skip
def test_what_gemini_sent_in_the_place_of_a_picture_is_kept_as_it_came(
    studio: Studio, step: str, state: str
) -> None:
    studio.fake.script(step, step)

    record, folder = made_with(studio)

    assert record.state == state
    came = kept(record, folder)
    assert came.startswith(b"<!DOCTYPE html>" if step == "html" else b'{"candidates"')
    if state != "no_picture":
        assert (record.reason or "").endswith("; what came is kept beside its record")
    if step == "cut_base64":
        part = json.loads(came)["candidates"][0]["content"]["parts"][-1]["inlineData"]["data"]
        assert base64.b64decode(part[:-1]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"data": [{"b64_json": "iVBORw0KGgo*!no"}]}, "malformed"),
        ({"data": [{"b64_json": LETTERS[:17]}]}, "malformed"),
        ({"data": [{"url": "http://127.0.0.1:9/made.png"}]}, "malformed"),
        ({"data": [{"b64_json": [137, 80, 78, 71]}]}, "no_picture"),
        ({"images": [LETTERS]}, "no_picture"),
        ([LETTERS], "failed"),
        (b'{"data": [{"b64_json": "' + LETTERS.encode(), "failed"),
        (b"\x89PNG\r\n\x1a\n raw bytes, no JSON \xff\xfe", "failed"),
    ],
)
def test_what_an_openai_server_sent_in_the_place_of_a_picture_is_kept_as_it_came(
    studio: Studio, own_server: FakeOpenai, body: object, state: str
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    own_server.script += [Reply(200, raw), Reply(200, raw)]

    record, folder = made_with(studio, "openai-images")

    assert record.state == state
    assert kept(record, folder) == raw


def test_the_key_is_in_nothing_that_is_kept(studio: Studio, own_server: FakeOpenai) -> None:
    own_server.script += [Reply(200, f"your key {KEY} got: {LETTERS}".encode())]

    record, folder = made_with(studio, "openai-images")

    assert kept(record, folder) == f"your key *** got: {LETTERS}".encode()


def test_a_picture_that_cannot_be_read_beside_one_that_can_is_kept_too(
    studio: Studio, own_server: FakeOpenai
) -> None:
    good, cut = base64.b64encode(png(64, 64)).decode(), base64.b64encode(png(64, 64)[:60]).decode()
    body = {"data": [{"b64_json": "*broken*"}, {"b64_json": cut}, {"b64_json": good}]}
    own_server.script.append(Reply(200, body))

    record, folder = made_with(studio, "openai-images")

    assert record.state == "picture"
    assert json.loads(kept(record, folder)) == body
    assert (folder / "also-1.bin").read_bytes() == png(64, 64)[:60]
    assert any("also-1.bin" in finding.message for finding in record.findings)
