import csv
import io
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from musaic.errors import ExportError
from musaic.export import FORMATS, source_type, write_export, write_sidecar
from musaic.export.containers import has_credentials, with_xmp, xmp_of
from musaic.export.xmp import packet
from musaic.schemas import Hit, Record
from tests.records import GENERATION, a_picture, a_record

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
KINDS: dict[str, dict[str, Any]] = {
    "png": {"kind": "PNG"},
    "png-alpha": {"kind": "PNG", "mode": "RGBA"},
    "png-grey": {"kind": "PNG", "mode": "L"},
    "jpg": {"kind": "JPEG", "quality": 90},
    "jpg-progressive": {"kind": "JPEG", "progressive": True, "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"},
    "jpg-grey": {"kind": "JPEG", "mode": "L"},
    "webp": {"kind": "WEBP"},
    "webp-lossless": {"kind": "WEBP", "lossless": True},
    "webp-alpha": {"kind": "WEBP", "mode": "RGBA", "lossless": True},
    "webp-extended": {"kind": "WEBP", "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"},
}
THEIRS = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="uuid:theirs"'
    b' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="Made with Google AI"'
    b' xmlns:maker="http://example.com/maker/" maker:Batch="7"'
    b' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    b' Iptc4xmpExt:DigitalSourceType="http://example.com/wrong"><xmp:CreatorTool'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/">Theirs</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)


def exported(tmp_path: Path, content: bytes, record: Record) -> bytes:
    """Return the copy that `write_export` makes."""
    picture = tmp_path / "picture.bin"
    picture.write_bytes(content)
    target = tmp_path / "export.bin"
    assert write_export(picture, target, record=record) == target
    assert picture.read_bytes() == content
    return target.read_bytes()


def pixels(content: bytes) -> Any:
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.size == (61, 40)
        return np.asarray(opened)


def says(content: bytes) -> dict[str, str]:
    """Return a picture's XMP as Pillow finds it: local names of properties and what they say."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.load()
        text = opened.info["xmp"]
    found: dict[str, str] = {}
    for description in ET.fromstring(text).iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"):
        pairs = [*description.items(), *((child.tag, "".join(child.itertext())) for child in description)]
        for name, value in pairs:
            local = name.partition("}")[2]
            assert local == "about" or local not in found, f"{local} is said twice"
            found[local] = value
    return found


# --- XMP ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_export_says_how_it_was_made_and_has_the_same_pixels(tmp_path: Path, kind: str) -> None:
    content = a_picture(**KINDS[kind])

    made = exported(tmp_path, content, a_record(("a" * 32, "product"), model_version="2.1-001"))

    assert np.array_equal(pixels(made), pixels(content))
    found = says(made)
    assert found["DigitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert found["AISystemUsed"] == "gemini: gemini-nano-banana-2.1"
    assert found["AISystemVersionUsed"] == "2.1-001"
    assert found["DocumentID"] == f"musaic:{GENERATION}"
    assert found["CreateDate"] == "2026-11-18T11:06:40+00:00"
    assert re.fullmatch(r"Musaic \S+ \(gemini\)", found["CreatorTool"])
    assert "about" in found


@pytest.mark.parametrize("kind", ["png", "jpg", "jpg-progressive", "webp", "webp-extended"])
def test_compressed_pixels_are_the_very_bytes_that_came(tmp_path: Path, kind: str) -> None:
    content = a_picture(**KINDS[kind])

    made = exported(tmp_path, content, a_record())

    start = content.index({"p": b"IDAT", "j": b"\xff\xda", "w": b"VP8 "}[kind[0]])
    assert content[start : start + 800] in made
    assert len(made) - len(content) < 2000


@pytest.mark.parametrize("kind", ["jpg", "jpg-progressive"])
def test_first_segment_of_a_jpeg_stays_the_first(tmp_path: Path, kind: str) -> None:
    content = a_picture(**KINDS[kind])

    made = exported(tmp_path, content, a_record())

    length = 4 + int.from_bytes(content[4:6])
    assert made[:length] == content[:length]
    assert made.index(b"http://ns.adobe.com/xap/1.0/") < made.index(b"\xff\xdb")


@pytest.mark.parametrize(("kind", "flags"), [("webp", 0x04), ("webp-alpha", 0x14), ("webp-lossless", 0x04)])
def test_simple_webp_gets_a_header_that_says_what_is_in_it(tmp_path: Path, kind: str, flags: int) -> None:
    made = exported(tmp_path, a_picture(**KINDS[kind]), a_record())

    assert made[12:16] == b"VP8X"
    assert made[20] == flags
    sides = (int.from_bytes(made[24:27], "little") + 1, int.from_bytes(made[27:30], "little") + 1)
    assert sides == (61, 40)


def test_references_are_named_by_asset_id_alone(tmp_path: Path) -> None:
    ids = ("a" * 32, "b" * 32)

    made = exported(
        tmp_path, a_picture("PNG"), a_record((ids[0], "product"), (ids[1], "logo"), parent="g-parent")
    )

    assert says(made)["Ingredients"] == f"musaic:{ids[0]}musaic:{ids[1]}"
    assert says(made)["DerivedFrom"] == "musaic:g-parent"
    assert not re.search(b"kaede|private|secret|launch|cape", made)


@pytest.mark.parametrize(
    ("engine", "roles", "expected"),
    [
        ("gemini", (), "trainedAlgorithmicMedia"),
        ("gemini", ("product", "logo", "style"), "trainedAlgorithmicMedia"),
        ("gemini", ("garment", "base"), "compositeWithTrainedAlgorithmicMedia"),
        ("openai-images", ("subject",), "compositeWithTrainedAlgorithmicMedia"),
        ("moodboard", ("product",), "composite"),
        ("moodboard", ("base",), "composite"),
        ("moodboard", (), "algorithmicMedia"),
    ],
)
def test_source_type_is_what_was_done(engine: str, roles: tuple[str, ...], expected: str) -> None:
    references = [(f"{number:032x}", role) for number, role in enumerate(roles)]

    assert source_type(a_record(*references, engine=engine)) == IPTC + expected


def test_draft_names_no_ai_system(tmp_path: Path) -> None:
    made = exported(
        tmp_path, a_picture("PNG"), a_record(("a" * 32, "product"), engine="moodboard", model="moodboard")
    )

    assert "AISystemUsed" not in says(made)
    assert says(made)["DigitalSourceType"] == IPTC + "composite"


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_model_said_stays_but_for_what_we_say(tmp_path: Path, kind: str) -> None:
    content = with_xmp(a_picture(**KINDS[kind]), THEIRS)

    made = exported(tmp_path, content, a_record())

    found = says(made)
    assert found["Credit"] == "Made with Google AI"
    assert found["Batch"] == "7"
    assert found["about"] == "uuid:theirs"
    assert found["DigitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert found["CreatorTool"].startswith("Musaic")
    assert made.count(b"<x:xmpmeta") == 1


def test_marking_twice_is_marking_once(tmp_path: Path) -> None:
    once = exported(tmp_path, a_picture("WEBP"), a_record(("a" * 32, "product")))

    twice = exported(tmp_path, once, a_record(("a" * 32, "product")))

    assert says(twice) == says(once)
    assert twice == once


def test_packed_text_of_a_png_is_read_too() -> None:
    text = b"XML:com.adobe.xmp\0\x01\0en\0\0" + zlib.compress(THEIRS)
    chunk = struct.pack(">I", len(text)) + b"iTXt" + text + struct.pack(">I", zlib.crc32(b"iTXt" + text))
    content = a_picture("PNG")

    assert xmp_of(content[:33] + chunk + content[33:]) == THEIRS
    assert xmp_of(content) is None


@pytest.mark.parametrize(
    "theirs",
    [
        b"", b"<x:xmpmeta", b"no xml at all", b"<a/>", b"\xff\xfe\0", THEIRS + b"<!--" + b" " * 60_000 + b"-->",
        b"\xfe\xff" + THEIRS.decode().encode("utf-16-be"),
        b'<!DOCTYPE a [<!ENTITY b "cccc">]>' + THEIRS.replace(b"Made with", b"&b;"),
    ],
)  # fmt: skip
def test_packet_that_cannot_be_read_or_kept_is_replaced(theirs: bytes) -> None:
    made = packet(a_record(), existing=theirs)

    assert b"trainedAlgorithmicMedia" in made
    assert b"Google" not in made
    ET.fromstring(made)


def test_model_version_with_odd_letters_is_still_xml() -> None:
    ET.fromstring(packet(a_record(model_version='2\x00.1 <"&> \ufffe ü', model="x]]>")))


# --- credentials that came ---------------------------------------------------------------------------


def credentialed(kind: str) -> bytes:
    """Return a picture with a box in the place where content credentials stand."""
    content, box = (
        a_picture(kind, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
        b"\0\0\0\x14jumbc2pa-manifest",
    )
    if kind == "PNG":
        chunk = struct.pack(">I", len(box)) + b"caBX" + box + struct.pack(">I", zlib.crc32(b"caBX" + box))
        return content[:33] + chunk + content[33:]
    if kind == "JPEG":
        body = b"JP\0\x01\0\0\0\x01" + box
        return content[:2] + b"\xff\xeb" + struct.pack(">H", len(body) + 2) + body + content[2:]
    body = content[8:] + b"C2PA" + struct.pack("<I", len(box)) + box + b"\0" * (len(box) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_copy_carries_no_credentials_that_it_would_break(tmp_path: Path, kind: str) -> None:
    content = credentialed(kind)
    assert has_credentials(content)

    made = exported(tmp_path, content, a_record())

    assert not has_credentials(made)
    assert b"c2pa-manifest" not in made
    assert np.array_equal(pixels(made), pixels(content))


# --- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_cut_picture_is_refused_at_every_place_or_stays_as_cut_as_it_was(kind: str) -> None:
    content, said = a_picture(kind), packet(a_record())

    for length in range(len(content)):
        try:
            made = with_xmp(content[:length], said)
        except ExportError:
            continue
        assert kind == "JPEG"  # its scan has no length of its own
        assert made.endswith(content[:length][-20:])


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"<svg/>", b"RIFF\x04\0\0\0WEBP"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture").write_bytes(content)

    with pytest.raises(ExportError, match=r"only PNG, JPEG and WebP|not known"):
        write_export(tmp_path / "picture", tmp_path / "export", record=a_record())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture"]


def test_packet_that_a_jpeg_cannot_hold_is_refused() -> None:
    with pytest.raises(ExportError, match="larger than a JPEG"):
        with_xmp(a_picture("JPEG"), b"x" * 65_600)


def test_model_picture_is_never_written_over(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(a_picture("PNG"))
    (tmp_path / "link.png").symlink_to(picture)

    for target in (picture, tmp_path / "link.png"):
        with pytest.raises(ExportError, match="never written over"):
            write_export(picture, target, record=a_record())


def test_export_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(a_picture("PNG"))

    with pytest.raises(ExportError, match="No such file"):
        write_export(tmp_path / "picture.png", tmp_path / "none" / "x.png", record=a_record())
    with pytest.raises(ExportError, match=r"gone\.png cannot be read"):
        write_export(tmp_path / "gone.png", tmp_path / "x.png", record=a_record())


# --- sidecar and tables ------------------------------------------------------------------------------


def test_sidecar_is_the_record_and_readable_by_people(tmp_path: Path) -> None:
    record = a_record(("a" * 32, "product"))
    path = tmp_path / "record.json"
    path.write_text("old")

    assert write_sidecar(record, path) == path

    text = path.read_text(encoding="utf-8")
    assert Record.model_validate_json(text) == record
    assert "red cape ✂" in text
    assert '\n  "prompt": ' in text
    assert [each.name for each in tmp_path.iterdir()] == ["record.json"]


def test_sidecar_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "record.json").mkdir()

    with pytest.raises(ExportError, match=r"record\.json cannot be written"):
        write_sidecar(a_record(), tmp_path / "record.json")

    assert [each.name for each in tmp_path.iterdir()] == ["record.json"]


@pytest.fixture
def hits(tmp_path: Path) -> list[Hit]:
    (tmp_path / "a, é.png").write_bytes(a_picture("PNG"))
    paths = (str(tmp_path / "a, é.png"), '/gone/"b"\n.png')
    return [
        Hit(
            asset_id=f"{number:032x}",
            path=path,
            kind="image",
            score=1 / number,
            cosine=0.25,
            metadata={"über": [1]},
        )
        for number, path in enumerate(paths, 1)
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_hits_are_written_in_every_format(tmp_path: Path, hits: list[Hit], count: int) -> None:
    some = hits[:count]
    written = {
        name: write(some, tmp_path / f"hits.{name}", title="capes")
        for name, write in FORMATS.items()
        if name != "sheet"
    }
    sheet = FORMATS["sheet"](some, tmp_path / "hits.png", title="capes")

    assert set(FORMATS) == {"sheet", "json", "csv", "sidecar"}
    assert [Hit(**row) for row in json.loads(written["json"].read_text(encoding="utf-8"))] == some
    with open(written["csv"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [hit.path for hit in some]
    assert [json.loads(row["metadata"]) for row in rows] == [hit.metadata for hit in some]
    assert [float(row["score"]) for row in rows] == [hit.score for hit in some]
    files = sorted(written["sidecar"].iterdir())
    assert [Hit.model_validate_json(file.read_text(encoding="utf-8")) for file in files] == some
    with Image.open(sheet) as opened:
        assert opened.width > 400 * max(1, count)
