"""Signed content credentials, read back by the reference implementation.

`c2pa-python` and `cryptography` belong to the development extra; without them this file fails to import.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

import c2pa
import numpy as np
import pytest
from PIL import Image

from musaic.errors import ExportError, ExtraMissingError
from musaic.export import sign, write_export
from musaic.export.containers import has_credentials, xmp_of
from musaic.schemas import Record
from tests.fakes.signing import Authority, authority
from tests.records import GENERATION, a_picture, a_record

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
REFERENCES = [
    ("a" * 32, a_picture("JPEG"), "image/jpeg"),
    ("b" * 32, a_picture("PNG"), "image/png"),
    ("c" * 32, a_picture("WEBP"), "image/webp"),
]
RECORD = a_record(*((asset_id, "product") for asset_id, _, _ in REFERENCES))


@pytest.fixture
def signer(tmp_path: Path) -> Authority:
    folder = tmp_path / "keys"
    folder.mkdir()
    return authority(folder)


def signed(
    tmp_path: Path,
    signer: Authority,
    content: bytes,
    *,
    record: Record = RECORD,
    references: Any = REFERENCES,
) -> bytes:
    """Return the signed copy of a picture."""
    picture, target = tmp_path / "picture", tmp_path / "signed"
    picture.write_bytes(content)
    written = sign(
        picture, target, record=record, references=references, certificate=signer.certificate, key=signer.key
    )
    assert written == target
    assert picture.read_bytes() == content
    return target.read_bytes()


def read(content: bytes, mime: str, *, root: str | None = None) -> dict[str, Any]:
    """Return all that a reader finds, with the state under `state` and the newest manifest under `newest`."""
    trust: dict[str, Any] = {"trust": {"trust_anchors": root}} if root else {}
    settings = c2pa.Settings.from_dict(
        {**trust, "verify": {"verify_trust": bool(root), "remote_manifest_fetch": False}}
    )
    with c2pa.Reader(mime, io.BytesIO(content), context=c2pa.Context(settings=settings)) as reader:
        found: dict[str, Any] = json.loads(reader.json())
        return {
            **found,
            "state": reader.get_validation_state(),
            "newest": found["manifests"][found["active_manifest"]],
        }


def actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    (assertion,) = [each for each in manifest["assertions"] if each["label"].startswith("c2pa.actions")]
    return list(assertion["data"]["actions"])


@pytest.mark.parametrize("kind", MIMES)
def test_signed_copy_says_how_and_from_what_it_was_made(tmp_path: Path, signer: Authority, kind: str) -> None:
    content = a_picture(kind)

    made = signed(tmp_path, signer, content)

    found = read(made, MIMES[kind])
    assert found["state"] == "Valid"
    newest = found["newest"]
    assert [(each["title"], each["relationship"]) for each in newest["ingredients"]] == [
        (asset_id, "inputTo") for asset_id, _, _ in REFERENCES
    ]
    (created,) = actions(newest)
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert created["softwareAgent"]["name"] == "gemini: gemini-nano-banana-2.1"
    assert len(created["parameters"]["ingredients"]) == 3
    assert newest["title"] == GENERATION
    assert newest["claim_generator_info"][0]["name"] == "Musaic"


@pytest.mark.parametrize("kind", MIMES)
def test_signed_copy_has_the_mark_and_the_same_pixels(tmp_path: Path, signer: Authority, kind: str) -> None:
    content = a_picture(kind)

    made = signed(tmp_path, signer, content)

    with Image.open(io.BytesIO(made)) as after, Image.open(io.BytesIO(content)) as before:
        assert np.array_equal(np.asarray(after), np.asarray(before))
    assert b"trainedAlgorithmicMedia" in (xmp_of(made) or b"")


def test_who_trusts_the_root_trusts_the_signer(tmp_path: Path, signer: Authority) -> None:
    made = signed(tmp_path, signer, a_picture("PNG"))
    (tmp_path / "other").mkdir()
    stranger = authority(tmp_path / "other")

    assert read(made, "image/png", root=signer.root)["state"] == "Trusted"
    assert read(made, "image/png", root=stranger.root)["state"] == "Valid"


@pytest.mark.parametrize("place", ["pixels", "mark"])
@pytest.mark.parametrize("kind", MIMES)
def test_one_flipped_byte_is_found_out(tmp_path: Path, signer: Authority, kind: str, place: str) -> None:
    made = bytearray(signed(tmp_path, signer, a_picture(kind)))
    pixels = {"PNG": made.find(b"IDAT") + 60, "JPEG": len(made) - 60, "WEBP": made.find(b"VP8 ") + 60}[kind]

    made[made.find(b"musaic:g-") + 10 if place == "mark" else pixels] ^= 1

    found = read(bytes(made), MIMES[kind])
    assert found["state"] == "Invalid"
    failed = {each["code"] for each in found["validation_results"]["activeManifest"]["failure"]}
    assert "assertion.dataHash.mismatch" in failed


def test_neither_prompt_nor_file_names_nor_pixels_of_references_are_in_it(
    tmp_path: Path, signer: Authority
) -> None:
    content = a_picture("JPEG")

    made = signed(tmp_path, signer, content)

    for private in (b"kaede", b"secret", b"launch", b"/private", b"cape", b"thumbnail"):
        assert private not in made
    for _, reference, _ in REFERENCES:
        assert reference[-100:-50] not in made
    assert len(made) - len(content) < 20_000


@pytest.mark.parametrize("kind", MIMES)
def test_credentials_of_the_service_are_chained_to(tmp_path: Path, signer: Authority, kind: str) -> None:
    theirs = signed(tmp_path, signer, a_picture(kind), record=a_record(id="g-service00000"), references=[])
    assert has_credentials(theirs)

    made = signed(tmp_path, signer, theirs)

    found = read(made, MIMES[kind])
    assert found["state"] == "Valid"
    assert len(found["manifests"]) == 2
    relations = {each["relationship"]: each for each in found["newest"]["ingredients"]}
    assert len(found["newest"]["ingredients"]) == 4
    before = found["manifests"][relations["parentOf"]["active_manifest"]]
    assert before["title"] == "g-service00000"
    assert [each["action"] for each in actions(before)] == ["c2pa.created"]
    opened, described = actions(found["newest"])
    assert (opened["action"], described["action"]) == ("c2pa.opened", "c2pa.edited.metadata")
    assert described["digitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    assert len(described["parameters"]["ingredients"]) == 3


def test_plain_copy_of_a_credentialed_picture_has_none_rather_than_broken_ones(
    tmp_path: Path, signer: Authority
) -> None:
    content = signed(tmp_path, signer, a_picture("JPEG"))
    (tmp_path / "theirs.jpg").write_bytes(content)

    write_export(tmp_path / "theirs.jpg", tmp_path / "export.jpg", record=RECORD)

    made = (tmp_path / "export.jpg").read_bytes()
    assert c2pa.Reader.try_create("image/jpeg", io.BytesIO(made)) is None
    assert read(content, "image/jpeg")["state"] == "Valid"


def test_edited_photo_and_draft_are_called_what_they_are(tmp_path: Path, signer: Authority) -> None:
    photo = a_record(("a" * 32, "base"))
    draft = a_record(("a" * 32, "product"), engine="moodboard", model="moodboard")

    for record, expected in ((photo, "compositeWithTrainedAlgorithmicMedia"), (draft, "composite")):
        made = signed(tmp_path, signer, a_picture("PNG"), record=record, references=REFERENCES[:1])
        (created,) = actions(read(made, "image/png")["newest"])
        assert created["digitalSourceType"] == IPTC + expected


def test_picture_without_references_is_signed_too(tmp_path: Path, signer: Authority) -> None:
    found = read(signed(tmp_path, signer, a_picture("WEBP"), record=a_record(), references=[]), "image/webp")

    assert found["state"] == "Valid"
    assert found["newest"].get("ingredients", []) == []


@pytest.mark.parametrize("broken", ["no certificate", "no key", "not PEM", "another key", "not a picture"])
def test_signing_that_cannot_work_says_so_and_writes_nothing(
    tmp_path: Path, signer: Authority, broken: str
) -> None:
    (tmp_path / "other").mkdir()
    stranger = authority(tmp_path / "other")
    content = a_picture("PNG")
    certificate, key = signer.certificate, signer.key
    if broken == "no certificate":
        certificate = tmp_path / "gone.pem"
    elif broken == "no key":
        key = tmp_path
    elif broken == "not PEM":
        key.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    elif broken == "another key":
        key = stranger.key
    else:
        content = b"GIF89a"
    picture, target = tmp_path / "picture", tmp_path / "signed"
    picture.write_bytes(content)

    with pytest.raises(ExportError) as caught:
        sign(picture, target, record=RECORD, references=REFERENCES, certificate=certificate, key=key)

    assert "BEGIN" not in str(caught.value)
    assert not target.exists()


def test_model_picture_is_never_signed_over(tmp_path: Path, signer: Authority) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(a_picture("PNG"))

    with pytest.raises(ExportError, match="never written over"):
        sign(picture, picture, record=RECORD, references=[], certificate=signer.certificate, key=signer.key)


def test_missing_package_is_told_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)

    with pytest.raises(ExtraMissingError, match=r"'musaic\[c2pa\]'"):
        sign(tmp_path, tmp_path, record=RECORD, references=[], certificate=tmp_path, key=tmp_path)
