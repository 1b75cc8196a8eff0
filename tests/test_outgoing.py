"""What leaves the house: the same picture, the same way up, in the same colours, and nothing private."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw, ImageOps

from musaic.errors import FailedFileError, MediaError, SkippedFileError
from musaic.media import open_picture
from musaic.media.icc import colours_only
from musaic.media.outgoing import Outgoing, outgoing
from musaic.media.strip import NotStrippableError, strip

TYPES = ("image/png", "image/jpeg", "image/webp")
SECRET = b"SECRET-4711"


def drawing(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """A picture that no turn or mirror leaves as it is, with noise so that no byte goes unused."""
    noise = np.random.default_rng(5).integers(0, 60, (size[1], size[0], 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, size[0] // 2, size[1] // 3), fill=(220, 40, 30))
    pen.ellipse((size[0] // 2, size[1] // 2, size[0] - 1, size[1] - 1), fill=(30, 90, 230))
    return picture.convert(mode)


def camera_exif(turn: int = 1) -> bytes:
    """EXIF as cameras and owners fill it, with the secret in every kind of place."""
    exif = Image.Exif()
    exif[0x0112] = turn
    for tag in (0x010F, 0x0110, 0x013B, 0x8298):  # make, model, artist, copyright
        exif[tag] = SECRET.decode()
    exif.get_ifd(0x8769).update({0xA431: SECRET.decode(), 0x927C: SECRET * 3, 0x9286: SECRET})
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 7.0), 29: SECRET.decode()})
    return exif.tobytes()


@cache
def wide_profile() -> bytes:
    """A real profile whose colours are not sRGB's: red and blue change places. It holds its own birthday."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    table = content[128:]
    content[128:] = table.replace(b"rXYZ", b"tmp?").replace(b"bXYZ", b"rXYZ").replace(b"tmp?", b"bXYZ")
    return bytes(content)


def screen_profile() -> bytes:
    """The wide profile with a tag of its maker's own, in which those of screens have a serial number."""
    plain = wide_profile()
    (count,) = struct.unpack_from(">I", plain, 128)
    table = [struct.unpack_from(">4sII", plain, 132 + 12 * place) for place in range(count)]
    table = [(name, at + 12, size) for name, at, size in table]
    table.append((b"mmod", len(plain) + 12, 8 + len(SECRET)))
    rows = b"".join(struct.pack(">4sII", *row) for row in table)
    whole = (
        plain[4:128]
        + struct.pack(">I", count + 1)
        + rows
        + plain[132 + 12 * count :]
        + b"mmod\0\0\0\0"
        + SECRET
    )
    return struct.pack(">I", len(whole) + 4) + whole


def clean_profile() -> bytes:
    profile = colours_only(wide_profile())
    assert profile is not None
    return profile


def saved(kind: str, picture: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (picture or drawing()).save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def riff(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


XMP = b"<x:xmpmeta><rdf:li>" + SECRET + b"</rdf:li></x:xmpmeta>"
THUMBNAIL = saved("JPEG", drawing((16, 16)), comment=SECRET)


def private_jpeg(turn: int = 1, **options: object) -> bytes:
    plain = saved("JPEG", quality=90, icc_profile=screen_profile(), **options)
    jfif_end = 2 + 18
    assert plain[2:4] == b"\xff\xe0"
    jfif = segment(0xE0, plain[6:18] + b"\x05\x01" + SECRET + b"1234")  # a thumbnail of 5 x 1
    before = [
        segment(0xE0, b"JFXX\0\x10" + THUMBNAIL),
        segment(0xE1, camera_exif(turn)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + XMP),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xE2, b"FPXR\0" + SECRET),
        *(segment(0xE0 + number, SECRET) for number in range(3, 16)),
        segment(0xEB, b"JP\0\1" + SECRET),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04" + SECRET),
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + SECRET),
        segment(0xFE, SECRET),
    ]
    late = segment(0xFE, SECRET) + segment(0xE1, camera_exif(turn))
    film = b"\0\0\0\x18ftypmp42" + SECRET + THUMBNAIL
    at_scan = plain.rindex(b"\xff\xda")
    body = plain[jfif_end:at_scan] + late + plain[at_scan:]
    return plain[:2] + jfif + b"".join(before) + body + film


def private_png(turn: int = 1, **options: object) -> bytes:
    plain = saved("PNG", icc_profile=screen_profile(), dpi=(300, 300), **options)
    at_pixels = plain.index(b"IDAT") - 4
    before = [
        chunk(b"eXIf", camera_exif(turn)[6:]),
        chunk(b"tEXt", b"Author\0" + SECRET),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"tIME", b"\x07\xe9\x0b\x15\x0e\x00\x00"),
        chunk(b"caBX", SECRET),
        chunk(b"prVt", SECRET),
        chunk(b"mkTS", SECRET),  # Fireworks
    ]
    behind = chunk(b"tEXt", b"Late\0" + SECRET)
    return plain[:at_pixels] + b"".join(before) + plain[at_pixels:-12] + behind + plain[-12:] + SECRET


def private_webp(turn: int = 1, **options: object) -> bytes:
    plain = saved("WEBP", icc_profile=screen_profile(), exif=camera_exif(turn), xmp=XMP, **options)
    body = plain[8:] + riff(b"odd ", SECRET) + riff(b"C2PA", SECRET)
    return b"RIFF" + struct.pack("<I", len(body)) + body + SECRET


PRIVATE: dict[str, Callable[..., bytes]] = {
    "image/jpeg": private_jpeg,
    "image/png": private_png,
    "image/webp": private_webp,
}


def sent(tmp_path: Path, content: bytes, *, most_bytes: int = 7_000_000, types: object = TYPES) -> Outgoing:
    path = tmp_path / "owner-name.bin"
    path.write_bytes(content)
    result = outgoing(path, input_types=types, most_bytes=most_bytes)  # type: ignore[arg-type]
    assert path.read_bytes() == content
    return result


def stored_pixels(content: bytes) -> NDArray[np.uint8]:
    """The pixels as any viewer gets them: upright, not converted."""
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(ImageOps.exif_transpose(opened))


def profile_of(content: bytes) -> bytes | None:
    with Image.open(io.BytesIO(content)) as opened:
        profile: bytes | None = opened.info.get("icc_profile")
        return profile


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("mime", PRIVATE)
def test_pixels_profile_and_orientation_stay_and_all_else_goes(tmp_path: Path, mime: str, turn: int) -> None:
    original = PRIVATE[mime](turn)
    assert original.count(SECRET) >= 6

    result = sent(tmp_path, original)

    assert result.mime == mime
    assert SECRET not in result.content
    assert zlib.compress(SECRET) not in result.content
    assert np.array_equal(stored_pixels(result.content), stored_pixels(original))
    assert SECRET in (profile_of(original) or b"")
    assert profile_of(result.content) == clean_profile()
    with Image.open(io.BytesIO(result.content)) as opened:
        assert dict(opened.getexif()) == ({0x0112: turn} if turn > 1 else {})
        assert opened.getexif().get_ifd(0x8825) == {}


@pytest.mark.parametrize("mime", PRIVATE)
def test_what_was_removed_is_said(tmp_path: Path, mime: str) -> None:
    changed = sent(tmp_path, PRIVATE[mime](6)).changed

    assert changed is not None
    assert changed.startswith("GPS position, camera data, XMP, ")
    assert changed.endswith(" and other metadata removed")
    assert "content credentials" in changed
    assert "texts of its colour profile" in changed
    assert "bytes behind the picture" in changed


@pytest.mark.parametrize("mime", PRIVATE)
def test_a_second_pass_finds_nothing(tmp_path: Path, mime: str) -> None:
    once = sent(tmp_path, PRIVATE[mime](6))

    twice = sent(tmp_path, once.content)

    assert twice == Outgoing(once.content, mime, None)


@pytest.mark.parametrize(
    "content",
    [
        saved("JPEG"),
        saved("JPEG", progressive=True, icc_profile=clean_profile()),
        saved("JPEG", drawing(mode="L"), restart_marker_blocks=2),
        saved("PNG"),
        saved("PNG", drawing(mode="RGBA"), icc_profile=clean_profile()),
        saved("PNG", drawing(mode="P"), transparency=3),
        saved("WEBP"),
        saved("WEBP", lossless=True),
        saved("WEBP", drawing(mode="RGBA"), icc_profile=clean_profile()),
    ],
)
def test_a_file_without_metadata_goes_out_byte_for_byte(tmp_path: Path, content: bytes) -> None:
    result = sent(tmp_path, content)

    assert result.content == content
    assert result.changed is None


def test_transparency_stays(tmp_path: Path) -> None:
    logo = drawing(mode="RGBA")
    logo.putalpha(drawing(mode="L"))
    for mime in ("image/png", "image/webp"):
        original = PRIVATE[mime](picture=logo, **({"lossless": True} if mime == "image/webp" else {}))

        result = sent(tmp_path, original)

        assert np.array_equal(stored_pixels(result.content), stored_pixels(original))
        assert stored_pixels(result.content).shape[2] == 4


def test_deep_and_palette_png_keep_their_depth(tmp_path: Path) -> None:
    grey = Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64) * 16)
    plain = saved("PNG", grey)

    result = sent(tmp_path, plain[:33] + chunk(b"tEXt", b"a\0" + SECRET) + plain[33:])

    assert result.content == plain


def test_an_animated_png_becomes_its_first_picture(tmp_path: Path) -> None:
    frames = [drawing(), drawing().rotate(180), drawing().rotate(90)]
    original = saved("PNG", frames[0], save_all=True, append_images=frames[1:])

    result = sent(tmp_path, original)

    assert result.changed == "animation removed"
    assert np.array_equal(stored_pixels(result.content), np.asarray(frames[0]))
    with Image.open(io.BytesIO(result.content)) as opened:
        assert not getattr(opened, "is_animated", False)


def test_a_photo_with_its_film_loses_the_film(tmp_path: Path) -> None:
    still = saved("JPEG")

    result = sent(tmp_path, still + b"\0\0\0\x18ftypmp42" + bytes(5000))

    assert result.content == still
    assert result.changed == "bytes behind the picture removed"


def test_orientation_that_only_xmp_states_is_kept(tmp_path: Path) -> None:
    packet = b'<rdf:Description tiff:Orientation="6"/>' + SECRET
    original = saved("JPEG", xmp=packet)

    result = sent(tmp_path, original)

    assert SECRET not in result.content
    with Image.open(io.BytesIO(result.content)) as opened:
        assert dict(opened.getexif()) == {0x0112: 6}


def test_broken_exif_goes_and_the_picture_stays(tmp_path: Path) -> None:
    plain = saved("JPEG")

    result = sent(
        tmp_path, plain[:20] + segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff" + SECRET) + plain[20:]
    )

    assert result.content == plain
    assert result.changed == "camera data removed"


def heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(drawing()).save(out, exif=camera_exif(1), quality=90)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("HEIC", heic()),
        ("AVIF", saved("AVIF", exif=camera_exif(1), quality=95)),
        ("TIFF", saved("TIFF", exif=camera_exif(1))),
        ("BMP", saved("BMP") + SECRET),
        ("GIF", saved("GIF", drawing().quantize(256), comment=SECRET)),
    ],
)
def test_other_types_become_jpeg_of_the_same_size(tmp_path: Path, name: str, content: bytes) -> None:
    assert SECRET in content

    result = sent(tmp_path, content, types=(*TYPES, "image/heic", "image/heif", "image/avif"))

    assert result.mime == "image/jpeg"
    assert result.changed == f"converted from {name} to JPEG; all metadata removed"
    assert SECRET not in result.content
    with Image.open(io.BytesIO(result.content)) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (96, 64)
        # 4:4:4: no component is sampled more coarsely than another
        assert {layer[1:3] for layer in opened.layer} == {(1, 1)}  # type: ignore[attr-defined]
    colours = np.asarray(drawing(), dtype=np.int16)
    assert np.abs(stored_pixels(result.content) - colours).mean() < 12


def test_a_turned_heic_is_upright_once(tmp_path: Path) -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(drawing()).save(out, exif=camera_exif(6), quality=95)

    result = sent(tmp_path, out.getvalue())

    with Image.open(io.BytesIO(result.content)) as opened:
        assert opened.size == (64, 96)
        assert not opened.getexif()


def test_print_colours_are_converted(tmp_path: Path) -> None:
    result = sent(tmp_path, saved("JPEG", drawing(mode="CMYK"), comment=SECRET))

    assert result.changed == (
        "encoded anew as JPEG because it has the four inks of print (CMYK); all metadata removed"
    )
    with Image.open(io.BytesIO(result.content)) as opened:
        assert opened.mode == "RGB"


def test_animated_webp_is_converted_to_its_first_picture(tmp_path: Path) -> None:
    first, second = drawing(), drawing().rotate(180)
    original = saved("WEBP", first, save_all=True, append_images=[second], lossless=True)

    result = sent(tmp_path, original)

    assert result.mime == "image/jpeg"
    assert result.changed == (
        "converted from WebP to JPEG because it is animated; first picture of its animation; all metadata removed"
    )
    assert np.abs(stored_pixels(result.content) - np.asarray(first, dtype=np.int16)).mean() < 6


def test_a_type_the_service_does_not_take_is_converted_to_one_it_does(tmp_path: Path) -> None:
    result = sent(tmp_path, saved("WEBP", lossless=True), types={"image/png"})

    assert result.mime == "image/png"
    assert np.array_equal(stored_pixels(result.content), np.asarray(drawing()))


def test_a_service_that_takes_no_type_of_ours_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="image/jpeg, image/png, image/webp"):
        sent(tmp_path, saved("PNG"), types={"image/heic"})


@pytest.mark.parametrize("most_bytes", [200_000, 30_000, 4_000])
def test_a_large_file_is_scaled_until_it_fits(tmp_path: Path, most_bytes: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (600, 400, 3), dtype=np.uint8)

    result = sent(tmp_path, saved("PNG", Image.fromarray(noise)), most_bytes=most_bytes)

    with Image.open(io.BytesIO(result.content)) as opened:
        width, height = opened.size
    assert most_bytes / 3 < len(result.content) <= most_bytes
    assert width / height == pytest.approx(400 / 600, rel=0.05)
    assert result.changed is not None
    assert result.changed.startswith(
        f"converted from PNG to JPEG because it is larger than {most_bytes:,} bytes; "
    )
    assert f"scaled from 400 x 600 to {width} x {height} pixels" in result.changed


def test_a_file_whose_metadata_alone_is_too_large_keeps_its_pixels(tmp_path: Path) -> None:
    plain = saved("JPEG")

    result = sent(tmp_path, plain + bytes(100_000), most_bytes=len(plain))

    assert result.content == plain


def test_a_limit_that_nothing_fits_is_said(tmp_path: Path) -> None:
    with pytest.raises(FailedFileError, match="does not fit into 100 bytes at any size"):
        sent(tmp_path, saved("PNG"), most_bytes=100)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><html>404</html>", "is no picture but HTML"),
        (b"", "is empty"),
        (saved("JPEG")[:-400], "its JPEG data is cut short"),
        (saved("PNG")[:-400], "its PNG data is cut short"),
        (saved("WEBP")[:-40], "its WebP data is broken"),
    ],
)
def test_what_cannot_be_decoded_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises((SkippedFileError, FailedFileError)) as caught:
        sent(tmp_path, content)

    assert caught.value.reason == reason


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))

    with pytest.raises(FailedFileError, match="60000 x 60000"):
        sent(tmp_path, bomb + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("image/jpeg", b"\xff\xd8" + segment(0xE1, b"")[:-2] + b"\0\0" + bytes(50)),
        ("image/jpeg", b"\xff\xd8\xff\xe1\0\0"),
        ("image/jpeg", b"\xff\xd8\xff\xe1\xff\xff" + bytes(50)),
        ("image/jpeg", b"\xff\xd8\xff\xd8\xff\xd9"),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 200_000),
        ("image/jpeg", b"\xff\xd8" + segment(0xFE, b"") * 60_000 + b"\xff\xd9"),
        ("image/png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + b"\xff\xff\xff\xffIDAT" + bytes(50)),
        (
            "image/png",
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"teXt", b"") * 60_000,
        ),
        ("image/png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"ABCD", b"")),
        ("image/webp", b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(50)),
        ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 \xff\xff\0\0" + bytes(50)),
        ("image/gif", b"GIF89a" + bytes(50)),
    ],
)
def test_containers_that_lie_are_given_up(mime: str, content: bytes) -> None:
    with pytest.raises(NotStrippableError):
        strip(content, mime)


@pytest.mark.parametrize("mime", PRIVATE)
def test_no_mutation_gets_an_exception_or_another_picture_out(tmp_path: Path, mime: str) -> None:
    dice = random.Random(4711)
    original = PRIVATE[mime](6)
    stripped = 0
    for _ in range(80):
        content = mutated(original, dice)
        if mime == "image/png":
            content = with_right_checksums(content)
        path = tmp_path / "odd.bin"
        path.write_bytes(content)
        try:
            result = outgoing(path, input_types=TYPES, most_bytes=7_000_000)
        except MediaError:
            continue
        stripped += result.changed is not None and result.changed.endswith("removed")
        before, after = shown(path), shown_content(tmp_path, result.content)
        assert before.shape == after.shape
        assert np.abs(before - after).mean() < 12
    assert stripped > 8


def mutated(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    pixels = max(content.rfind(mark) for mark in (b"IDAT", b"VP8 ", b"\xff\xda"))
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(changed) if dice.random() < 0.05 else pixels)
        match dice.randrange(4):
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                changed[at : at + 2] = b"\xff\xff"
            case 2:
                del changed[at : at + dice.randint(1, 40)]
            case _:
                changed[at:at] = dice.randbytes(dice.randint(1, 8))
    return bytes(changed)


def with_right_checksums(content: bytes) -> bytes:
    """A PNG with the checksums that its chunks should have, as far as its lengths can be followed."""
    repaired, at = bytearray(content), 8
    while at + 12 <= len(repaired):
        end = at + 8 + int.from_bytes(repaired[at : at + 4], "big")
        if end + 4 > len(repaired):
            break
        repaired[end : end + 4] = struct.pack(">I", zlib.crc32(repaired[at + 4 : end]))
        at = end + 4
    return bytes(repaired)


def shown(path: Path) -> NDArray[np.int16]:
    opened = open_picture(path, min_side_px=100, max_pixels=10**6, max_bytes=10**7)
    return np.asarray(opened.image, dtype=np.int16)


def shown_content(tmp_path: Path, content: bytes) -> NDArray[np.int16]:
    path = tmp_path / "sent.bin"
    path.write_bytes(content)
    return shown(path)


def test_a_strip_that_would_turn_the_picture_is_not_used(tmp_path: Path) -> None:
    # ImageMagick's old way: EXIF in hex in a text chunk, which viewers honour and `strip` does not read.
    block = b"Exif\0\0" + camera_exif(6)[6:]
    profile = b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    plain = saved("PNG")
    raw = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile))

    result = sent(tmp_path, plain[:33] + raw + plain[33:])

    assert result.changed is not None
    assert "without changing what it shows" in result.changed or "converted" in result.changed
    assert stored_pixels(result.content).shape == (96, 64, 3)
