"""Filters, without a store; what they find is in store_contract.py."""

import ast
from collections.abc import Sequence

import pytest

from musaic.errors import FilterError
from musaic.filters import FIELDS, UNKNOWN_TIME, Dialect, decode_text, encode_text, has_key, parse, quote
from musaic.filters.settle import MAX_SETTLED
from musaic.filters.text import quote_bounds
from musaic.store.rows import ASSET_FIELDS
from tests.store_contract import NASTY

OLD_SERVER = Dialect(server="Milvus v2.3.5", like_infix=False)
LITE = Dialect(server="Milvus Lite", like_escapes="settled")

WRITTEN = {
    'kind == "image" and width > 800': '(kind == "image" and width > 800)',
    "not (width > 800 or height > 600)": "(width <= 800 and height <= 600)",
    "not not width == 1": "width == 1",
    "1 <= width < 5": "(width >= 1 and width < 5)",
    "width == 1e3": "width == 1000",
    "width > -5": "width > -5",
    'metadata.a.b["c d"] == true': 'metadata["a"]["b"]["c d"] == true',
    "metadata.price == 2.5": 'metadata["price"] == 2.5',
    'metadata.season != "x"': '((exists metadata["season"]) and metadata["season"] != "x")',
    'metadata.сезон == "зима"': 'metadata["сезон"] == "зима"',
    '"x" in tags': 'array_contains(tags, "x")',
    'contains(tags, "x")': 'array_contains(tags, "x")',
    '"x" not in paths': '(not (array_contains(paths, "x")))',
    "5 in metadata.sizes": 'json_contains(metadata["sizes"], 5)',
    'filename in ("a", "b")': '(filename == "a" or filename == "b")',
    'filename not in ["a"]': 'filename != "a"',
    'startswith(filename, "cape")': '(filename >= "cape" and filename < "capf")',
    'filename.startswith("cape")': '(filename >= "cape" and filename < "capf")',
    '"a_b%" in filename': r'filename like "%a\\_b\\%%"',
    'not endswith(folder, "x\\\\")': r'(not (folder like "%x\\\\"))',
    'filename == "café"': '(filename == "café" or filename == "cafe\u0301")',
    'filename != "cafe\u0301"': '(filename != "cafe\u0301" and filename != "café")',
    '"é" in folder': '(folder like "%é%" or folder like "%e\u0301%")',
    'not endswith(filename, "é")': '((not (filename like "%é")) and (not (filename like "%e\u0301")))',
    '"/é" in paths': '(array_contains(paths, "/é") or array_contains(paths, "/e\u0301"))',
    'metadata.name == "é"': 'metadata["name"] == "é"',
    'contains(metadata.name, "it\'s")': 'metadata["name"] like "%it\'s%"',
    "metadata.x is None": '(not (exists metadata["x"]))',
    "metadata.x != null": '(exists metadata["x"])',
    "captured_at == None": f"captured_at == {UNKNOWN_TIME}",
    "modified_at == 5": "modified_at == 5",
    'modified_at > "1970-01-02"': "modified_at >= 172800",
    'modified_at <= "1970-01-02T00:00:01+00:00"': "modified_at <= 86401",
    'captured_at < "1970-01-02"': f"(captured_at != {UNKNOWN_TIME} and captured_at < 86400)",
    "  width > 1  ": "width > 1",
    "(width > 1 and\n height > 2)": "(width > 1 and height > 2)",
    'filename == r"C:\\new"': 'filename == "C:\\\\new"',
}

# What is said, and of what.
REFUSED = {
    "": "it is empty; is a variable of your shell unset?",
    "   ": "it is empty",
    "widht > 5": "at character 1: there is no field widht; did you mean width or metadata.widht?",
    "width > 5 and season == 1": "at character 15: there is no field season; did you mean metadata.season?",
    "WIDTH > 5": "did you mean width or metadata.WIDTH?",
    'tag == "x"': "did you mean tags or metadata.tag?",
    'kind == "imgae"': "kind is one of image, video, generated, not 'imgae'; did you mean kind == \"image\"?",
    'kind == "watch"': 'did you mean metadata.kind == "watch"?',
    'kind in ["watch"]': 'did you mean metadata.kind == "watch"?',
    'width > "a"': "at character 9: width is a whole number, and 'a' is not",
    "width > 8.5": "width is a whole number, and 8.5 is not",
    "width == true": "width is a whole number, and True is not",
    "filename > 5": 'filename is text; write filename > "5"',
    "captured_at == true": "captured_at is a time, and True is not",
    'captured_at > "yesterday"': "'yesterday' is no time",
    'captured_at > "2026-02-30"': "'2026-02-30' is no time",
    'captured_at <= "9999-12-31"': "is no time",
    'filename = "x"': "write == to compare",
    'filename like "a%"': 'there is no like; write startswith(filename, "cape")',
    "width > 5 && height > 3": "write and in its place",
    "width > 5 || height > 3": "write or in its place",
    "!width": "write not in its place",
    "width <> 5": "write != in its place",
    "width => 3": "write >= in its place",
    "width =< 3": "write <= in its place",
    'filename = "a=>b"': "write == to compare",
    "width > 5 AND height > 3": "with small letters",
    "kind == “image”": "use straight quotes",
    "width between 1 and 5": "write 800 <= width <= 2000",
    "metadata.class == 1": 'write metadata["class"]',
    "width > 99999999999999999999": "the number is too large",
    "width > -9223372036854775808": "the number is too large",
    "metadata.x == 1e999": "the number is too large",
    "metadata == 5": "metadata needs a key, like metadata.season",
    "width.x == 5": "width has nothing below it",
    'tags == "x"': 'tags is a list; write "…" in tags',
    'tags["x"] == 5': "tags has nothing below it",
    "5 in tags": "here must be a text",
    "5 in width": "width is no list; write width == …",
    '"a" in "b"': "after in there must be a list",
    "width in height": "after in there must be a list",
    "width in []": "the list is empty",
    "width in [height]": "here must be a text, a number, true or false",
    "width": "compare it with something, like width == …",
    "metadata.sale": "compare it with something, like metadata.sale == …",
    '"x"': "here must be a comparison",
    "true": "here must be a comparison",
    "1 == 1": "one side of a comparison must be a field",
    "width > filename": "width and filename cannot be compared",
    "width == modified_at": "cannot be compared",
    "metadata.a == metadata.b": "cannot be compared",
    "width == None": "every asset has width",
    "metadata.x > None": "None has no order",
    "metadata.x < true": "true and false have no order",
    "None in metadata.x": "metadata.x is no list",
    'startswith(filename, "")': "a text that is not empty",
    'startswith(width, "1")': "startswith() looks into text, and width is none",
    'startswith(tags, "1")': "startswith() looks into text, and tags is none",
    'starts(filename, "x")': "there is no function starts; did you mean startswith?",
    'filename.upper("x")': "there is no function upper",
    "startswith(filename)": "a function is called like",
    'startswith(filename, text="x")': "a function is called like",
    '__import__("os").system("x")': "there is no function system",
    "().__class__ == 1": "here must be a field",
    "lambda: 1": "here must be a comparison",
    "[x for x in y]": "here must be a comparison",
    "width if height else 1": "here must be a comparison",
    "(width := 5) == 5": "here must be a field",
    'f"{x}" == filename': "here must be a field",
    'b"x" == filename': "here must be a text, a number, true or false",
    "1j == width": "here must be a text, a number, true or false",
    "... == width": "here must be a text, a number, true or false",
    "-True == width": "here must be a text, a number, true or false",
    "metadata[5] == 1": "here must be a text that is not empty",
    'metadata[""] == 1': "here must be a text that is not empty",
    "metadata[x] == 1": "a key is a text",
    "width + 1 == 2": "here must be a field",
    "width\0 > 1": "null bytes",
    "width >": "at character 8: it cannot be read",
    "width > 1; import os": "it cannot be read",
    "(" * 500 + "1": "it cannot be read",
    "not " * 500 + "width == 1": "it is nested more than 40 deep",
    "-" * 5_000 + "1": "nested too deeply",
    "width in [" + "1," * 2_500 + "]": "it has more than 2000 parts",
    "a" * 20_000: "it has 20000 characters; at most 10000 are read",
}


@pytest.mark.parametrize("expression", WRITTEN)
def test_filter_is_written_as_milvus_wants_it(expression: str) -> None:
    assert parse(expression).to_milvus(Dialect()) == WRITTEN[expression]


@pytest.mark.parametrize("expression", REFUSED, ids=lambda expression: expression[:40])
def test_what_is_no_filter_is_refused_in_words(expression: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(expression)

    assert REFUSED[expression] in str(caught.value)
    assert len(str(caught.value)) < 500


def test_suggestions_are_there_for_programs_too() -> None:
    with pytest.raises(FilterError) as caught:
        parse("hieght > 5")

    assert caught.value.suggestions == ("height", "metadata.hieght")
    assert caught.value.expression == "hieght > 5"


def test_position_counts_characters_not_bytes() -> None:
    with pytest.raises(FilterError, match="at character 27: there is no field x"):
        parse('metadata.сезон == "🧥" and x == 1')


def test_old_server_is_not_asked_for_what_it_cannot_do() -> None:
    with pytest.raises(
        FilterError, match=r"Milvus v2\.3\.5 finds text only at the start of filename: use startswith"
    ):
        parse('"cape" in filename').to_milvus(OLD_SERVER)

    assert parse('startswith(filename, "cape") and "x" in tags').to_milvus(OLD_SERVER)


def test_server_whose_wildcards_cannot_be_escaped_is_not_asked_to() -> None:
    server = Dialect(server="Milvus v2.4.1", like_escapes="never")

    with pytest.raises(
        FilterError, match=r"Milvus v2\.4\.1 takes _, % and \\ in 'a_b' for any character: use startswith"
    ):
        parse('"hero" in tags and not endswith(filename, "a_b")').to_milvus(server)

    assert parse('"a-b" in filename').to_milvus(server) == 'filename like "%a-b%"'
    assert parse('startswith(filename, "a_b")').to_milvus(server)


# What is asked of Milvus Lite beforehand, and what is then sent, where every question is answered with ROWS.
ROWS = [
    {"id": "1", "filename": "a_b", "metadata": {"name": {"x": "a_b"}}},
    {"id": "2", "filename": "a-b", "metadata": {"name": {"x": "a-b"}}},
    {"id": "3", "filename": "x\\", "metadata": {"name": {"x": 5}}},
]
SETTLED: dict[str, tuple[list[str], str]] = {
    '"a-b" in filename and "t" in tags': ([], '(filename like "%a-b%" and array_contains(tags, "t"))'),
    '"a_b" in filename and width > 1': ([], r'(filename like "%a\\_b%" and width > 1)'),
    'startswith(filename, "a_b") and "t" in tags': (
        [],
        '((filename >= "a_b" and filename < "a_c") and array_contains(tags, "t"))',
    ),
    '"a_b" in filename and "t" in tags': (
        ['array_contains(tags, "t")'],
        r'(filename like "%a\\_b%" and id in ["1", "2", "3"])',
    ),
    'not ("a_b" in filename and ("t" in tags or width > 1))': (
        ['((not (array_contains(tags, "t"))) and width <= 1)'],
        r'((not (filename like "%a\\_b%")) or id in ["1", "2", "3"])',
    ),
    'endswith(filename, "\\\\")': (['filename like "%_"'], 'id in ["3"]'),
    'not endswith(filename, "\\\\")': (['filename like "%_"'], 'id not in ["3"]'),
    'contains(metadata.name.x, "z_")': (['metadata["name"]["x"] like "%z_%"'], 'id in [""]'),
    'not contains(metadata.name.x, "a_b")': (
        ['(exists metadata["name"]["x"])'],
        'id in ["2", "3"]',
    ),
}


@pytest.mark.parametrize("expression", SETTLED)
def test_milvus_lite_is_asked_first_for_what_it_cannot_say_at_once(expression: str) -> None:
    asked: list[str] = []

    def ask(question: str, fields: Sequence[str]) -> list[dict[str, object]]:
        asked.append(question)
        return sorted(({name: row[name] for name in fields} for row in ROWS), key=lambda row: str(row["id"]))

    sent = parse(expression).to_milvus(LITE, ask)

    assert (sorted(asked), sent) == SETTLED[expression]


def test_too_many_assets_to_ask_for_are_refused_in_words() -> None:
    rows = [{"id": str(number)} for number in range(MAX_SETTLED + 1)]

    with pytest.raises(
        FilterError, match=r"250,001 assets match a part of it, .* can go on with 250,000; use startswith\(\)"
    ):
        parse('"a_b" in filename and "t" in tags').to_milvus(LITE, lambda question, fields: rows)
    with pytest.raises(FilterError, match="without asking the store"):
        parse('"a_b" in filename').to_milvus(LITE)


def test_fields_and_keys_are_told() -> None:
    found = parse('width > height and (metadata.a.b == 1 or not "x" in metadata["c d"]) and "t" in tags')

    assert found.fields == {"width", "height", "metadata", "tags"}
    assert found.metadata_keys == {"a", "c d"}
    assert has_key("it's").metadata_keys == {"it's"}


def test_filters_are_values() -> None:
    assert parse("width > 1") == parse("width > 1")
    assert hash(parse("width > 1")) == hash(parse("width > 1"))
    with pytest.raises(AttributeError):
        parse("width > 1").expression = "x"  # type: ignore[misc]


@pytest.mark.parametrize("text", [*NASTY, *map(chr, range(0x20)), "\x7f0041", "\x7f\x7f", "\udfff\ud800"])
def test_text_survives_storing(text: str) -> None:
    stored = encode_text(text)

    stored.encode()
    assert decode_text(stored) == text
    assert ast.literal_eval(quote(text)) == stored
    assert not set(quote(text)) & set("\n\r\0")


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("a", "b"),
        ("\ud7ff", "\ue000"),
        ("a\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("z\x7f", "z\x7f007g"),
        ("a\t", "a\n"),
    ],
)
def test_bounds_of_a_prefix(prefix: str, end: str | None) -> None:
    _, high = quote_bounds(prefix)

    assert (ast.literal_eval(high) if high else None) == end


def test_a_filter_may_ask_about_every_field() -> None:
    assert set(FIELDS) == set(ASSET_FIELDS)


def test_surrogate_in_an_expression_is_the_one_in_the_store() -> None:
    written = parse('filename == "caf\udce9"')

    assert written.to_milvus(Dialect()) == f"filename == {quote(chr(0x63) + 'af' + chr(0xDCE9))}"
