"""What is not read here is named in words; a picture of another format is still a picture."""

import struct
from pathlib import Path

import pytest
from PIL import Image

from musaic.errors import FailedFileError, SkippedFileError
from musaic.media import sniff
from musaic.media.strangers import describe
from tests.test_media_refusals import refusal
from tests.test_media_sniff import saved, two_halves


def targa(
    kind: int = 2,
    *,
    mapped: int = 0,
    colours: int = 0,
    size: tuple[int, int] = (3, 2),
    bits: int = 24,
    flags: int = 0,
) -> bytes:
    """The head of a Targa picture by its specification."""
    colour_bits = 24 if mapped else 0
    head = struct.pack("<3BHHB4H2B", 0, mapped, kind, 0, colours, colour_bits, 0, 0, *size, bits, flags)
    return head + bytes(100)


def icon(kind: int, *, count: int = 1) -> bytes:
    """The head of a Windows icon (1) or mouse pointer (2) by its specification."""
    entry = struct.pack("<4BHHII", 32, 32, 0, 0, 1, 32, 4264, 6 + 16 * count)
    return struct.pack("<3H", 0, kind, count) + entry * count + bytes(100)


PCX = bytes([10, 5, 1, 8]) + struct.pack("<4H", 0, 0, 59, 39) + bytes(53) + bytes([3]) + bytes(62)


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (b"DDS |\0\0\0", "a DDS texture"),
        (b"qoif", "a QOI picture"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "a camera raw file"),
        (b"FUJIFILMCCD-RAW 0201", "a camera raw file"),
        (targa(), "a Targa picture (TGA)"),
        (targa(10, bits=32, flags=0x28), "a Targa picture (TGA)"),
        (targa(3, bits=8), "a Targa picture (TGA)"),
        (targa(9, mapped=1, colours=256, bits=8), "a Targa picture (TGA)"),
        (PCX, "a PCX picture"),
        (b"\x01\xda\1\1\0\3\0\x3c\0\x28\0\3", "an SGI picture"),
        (b"\x59\xa6\x6a\x95" + bytes(28), "a Sun raster picture"),
        (b"v/1\x01\2\0\0\0", "an OpenEXR picture"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "a Radiance HDR picture"),
        (b"SIMPLE  =                    T", "a FITS picture"),
        (b"SDPX\0\0\x20\0", "a film frame (DPX)"),
        (b"\x80\x2a\x5f\xd7", "a film frame (Cineon)"),
        (b"/* XPM */\nstatic char *x[] = {", "an XPM picture"),
        (b"#define a_width 16\n#define a_height 9\nstatic char a_bits[] = {", "an XBM picture"),
        (b"P1\n# by hand\n2 2\n0 1\n1 0\n", "a Netpbm picture (PBM)"),
        (b"P2 2 2 255 0 1 2 3", "a Netpbm picture (PGM)"),
        (b"P3\n2 2\n#most\n65535\n0 0 0 1 1 1", "a Netpbm picture (PPM)"),
        (b"P4\n16 9\n\xff\xff", "a Netpbm picture (PBM)"),
        (b"P5\n16 9\n255\n\xff\xff", "a Netpbm picture (PGM)"),
        (b"P6\r16\t9 255\n\0\0", "a Netpbm picture (PPM)"),
        (b"P7\nWIDTH 4\nHEIGHT 4\n", "a Netpbm picture (PAM)"),
        (b"PF\n4 4\n-1.0\n\0\0", "a Netpbm picture (PFM)"),
        (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/x-krita", "a Krita picture"),
    ],
)
def test_pictures_that_are_not_read_here_are_still_pictures(head: bytes, words: str) -> None:
    assert sniff(head) is None
    assert describe(head) == (words, "picture")


@pytest.mark.parametrize(
    ("codec", "mode", "words"),
    [
        ("TGA", "RGB", "a Targa picture (TGA)"),
        ("TGA", "P", "a Targa picture (TGA)"),
        ("TGA", "LA", "a Targa picture (TGA)"),
        ("PPM", "RGB", "a Netpbm picture (PPM)"),
        ("PPM", "L", "a Netpbm picture (PGM)"),
        ("PPM", "1", "a Netpbm picture (PBM)"),
        ("PPM", "F", "a Netpbm picture (PFM)"),
        ("PCX", "RGB", "a PCX picture"),
        ("PCX", "1", "a PCX picture"),
        ("SGI", "RGB", "an SGI picture"),
        ("DDS", "RGBA", "a DDS texture"),
        ("QOI", "RGB", "a QOI picture"),
        ("XBM", "1", "an XBM picture"),
        ("JPEG2000", "RGB", "a JPEG 2000 picture"),
    ],
)
def test_real_pictures_of_other_formats_fail_with_a_way_out(
    tmp_path: Path, codec: str, mode: str, words: str
) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(saved(two_halves((64, 64)).convert(mode), codec))

    error = refusal(path)

    assert isinstance(error, FailedFileError)
    assert error.reason == f"is {words}, which is not read here; save it as PNG or JPEG"


@pytest.mark.parametrize(
    ("codec", "words"), [("ICNS", "an icon (ICNS)"), ("ICO", "an icon or mouse pointer")]
)
def test_icons_are_passed_over(tmp_path: Path, codec: str, words: str) -> None:
    path = tmp_path / "favicon.ico"
    path.write_bytes(saved(two_halves((64, 64)).convert("RGBA"), codec))

    error = refusal(path)

    assert isinstance(error, SkippedFileError)
    assert error.reason == f"is no picture but {words}"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (icon(1), "an icon or mouse pointer"),
        (icon(2, count=3), "an icon or mouse pointer"),
        (b"icns\0\x0e\x7e\xc0TOC ", "an icon (ICNS)"),
        (b"\xd7\xcd\xc6\x9a" + bytes(30), "a vector drawing (WMF)"),
        (b"\1\0\0\0" + bytes(36) + b" EMF", "a vector drawing (EMF)"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a vector drawing (EPS)"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns=''>", "a vector drawing (SVG)"),
        (b"<!-- drawn by hand -->\n<svg>", "a vector drawing (SVG)"),
        (b"BMW is a maker of cars, and of motorcycles", "text"),
        (b"GIF of a cat, and another", "text"),
        (b"P1 12 13 are the places to visit", "text"),
        (b"P3 has 2 parts", "text"),
        (b"P6 is a chip", "text"),
        (b"\n5 apples", "text"),
        (b"  <!DOCTYPE html><html>", "HTML"),
        (b"<!DOCTYPE html><html><body><svg>", "HTML"),
        (b"<?xml version='1.0'?><note>", "XML"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0\n", "a PostScript document"),
        (b"PK\x03\x04" + b"\0" * 30, "a ZIP archive or document"),
        (b"\0" * 512, "nothing but zeros"),
        (b"a.jpg" + b"\0" * 252 + b"ustar\x0000", "a tar archive"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp42", "a video"),
        (b"\x1aE\xdf\xa3" + b"\0" * 20, "a video"),
        (b"RIFF\0\0\0\0AVI LIST", "sound or video"),
        (b"FORM\0\0\0\x10AIFFCOMM", "sound or video"),
        (b"\x07\x03\x01\x02", "an unknown kind of file"),
        # A spreadsheet of Lotus 1-2-3, and what has the four bytes of a mouse pointer and no directory.
        (b"\0\0\2\0\6\4\6\0\x08\0\0\0\0\0\0\0\0\0\0\0", "an unknown kind of file"),
        (b"\0\0\2\0" + b"\7" * 100, "an unknown kind of file"),
        (icon(1, count=1)[:4] + bytes(60), "an unknown kind of file"),
    ],
)
def test_other_files_are_named_in_words(head: bytes, words: str) -> None:
    assert sniff(head) is None
    assert describe(head) == (words, "other")


@pytest.mark.parametrize(
    "head",
    [
        targa(4),
        targa(size=(0, 2)),
        targa(bits=23),
        targa(flags=0xC0),
        targa(flags=15),
        targa(colours=77),
        targa(1, bits=8),
        targa(1, mapped=1, bits=8),
        targa(1, mapped=7, colours=256, bits=8),
    ],
)
def test_a_targa_head_must_make_sense_in_every_field(head: bytes) -> None:
    assert describe(head).kind == "other"


def test_an_old_tar_archive_without_its_name_is_told_by_its_checksum() -> None:
    fields = b"hopper.ppm".ljust(100, b"\0") + b"0000644\0" * 3 + b"00000112022\0" + b"10473746245\0"
    block = (fields + b" " * 8).ljust(512, b"\0")
    tar = block[:148] + f"{sum(block):06o}\0 ".encode() + block[156:]

    assert describe(tar) == ("a tar archive", "other")
    assert describe(b"H" + tar[1:]).words == "an unknown kind of file"


def test_a_packed_targa_is_told_as_well(tmp_path: Path) -> None:
    path = tmp_path / "packed.tga"
    path.write_bytes(saved(Image.new("RGB", (64, 64)), "TGA", compression="tga_rle"))

    assert "Targa" in refusal(path).reason
