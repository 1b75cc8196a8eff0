"""Pictures of every kind come out upright and as large as was asked, with their time of capture."""

import io
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from musaic.media import open_picture, sniff, thumbnail
from tests.test_media_sniff import (
    LEFT,
    RIGHT,
    SIZE,
    WRITERS,
    at,
    near,
    opened,
    pixels,
    psd_bytes,
    saved,
    two_halves,
)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("memory_bytes", [1 << 26, 0], ids=["small", "large"])
def test_every_format_opens_as_its_first_frame_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, memory_bytes: int
) -> None:
    monkeypatch.setattr("musaic.media.source._IN_MEMORY_BYTES", memory_bytes)
    mime, write = WRITERS[kind]
    path = tmp_path / "picture.TXT"
    path.write_bytes(write(two_halves()))

    picture = opened(path)

    assert (picture.mime, picture.width, picture.height) == (mime, *SIZE)
    assert picture.size_bytes == path.stat().st_size
    assert near(at(picture, 0.2, 0.5), LEFT)
    assert near(at(picture, 0.8, 0.5), RIGHT)


@pytest.mark.parametrize("kind", ["apng", "moving webp", "moving gif", "avifs"])
def test_animations_say_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "moving"
    path.write_bytes(WRITERS[kind][1](two_halves()))

    assert opened(path).metadata == {"animated": True}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_each_orientation_stands_upright_exactly_once(tmp_path: Path, codec: str, orientation: int) -> None:
    upright = two_halves()
    upright.paste((250, 250, 0), (0, 0, 30, 20))  # no two turns of it look alike
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "turned"
    path.write_bytes(saved(stored, codec, exif=exif.tobytes()))

    picture = opened(path)

    assert (picture.width, picture.height) == picture.image.size == SIZE
    assert near(at(picture, 0.2, 0.2), (250, 250, 0), 40)
    assert near(at(picture, 0.2, 0.8), LEFT, 40)
    assert near(at(picture, 0.8, 0.5), RIGHT, 40)


def test_orientation_six_turns_a_known_photo_clockwise(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "phone.jpg"
    path.write_bytes(saved(two_halves(), "JPEG", exif=exif.tobytes(), quality=95))

    picture = opened(path)

    assert (picture.width, picture.height) == (40, 60)
    assert near(at(picture, 0.5, 0.2), LEFT)
    assert near(at(picture, 0.5, 0.8), RIGHT)


@pytest.mark.parametrize(
    ("camera", "offset", "utc"),
    [
        ("2024:05:06 07:08:09", "+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", "-09:30", datetime(2024, 5, 6, 16, 38, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("1969:12:31 23:59:59", None, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", "   :  ", None),
        ("", None, None),
        ("0001:01:01 00:00:00", "+02:00", None),
        ("2023:02:29 10:00:00", None, None),
        ("2024:13:01 10:00:00", None, None),
        ("2024:05:06 25:00:00", None, None),
        ("9999:12:31 23:59:59", "-02:00", None),
        ("yesterday", None, None),
        ("2024-05-06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024/05/06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024.05.06 07:08:09", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09", "+02:00", datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09Z", "+02:00", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09.123+02:00", None, datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09-0930", None, datetime(2024, 5, 6, 16, 38, 9, tzinfo=UTC)),
        ("2024:05:06 07:08:09.5", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024:05:06 03:11:12 PM", None, datetime(2024, 5, 6, 15, 11, 12, tzinfo=UTC)),
        ("2024:05:06 12:11:12 am", None, datetime(2024, 5, 6, 0, 11, 12, tzinfo=UTC)),
        ("2024:05:06 12:11:12 p.m.", None, datetime(2024, 5, 6, 12, 11, 12, tzinfo=UTC)),
        ("2024:05:06 07:08", None, datetime(2024, 5, 6, 7, 8, tzinfo=UTC)),
        ("2024: 5: 6  7: 8: 9", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024:05:06", None, datetime(2024, 5, 6, tzinfo=UTC)),
        ("2024:05:06 07:08:09\0rest", None, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_time_of_capture_is_read_from_exif(
    tmp_path: Path, codec: str, camera: str, offset: str | None, utc: datetime | None
) -> None:
    exif = Image.Exif()
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    tags[ExifTags.Base.DateTimeOriginal] = camera
    if offset is not None:
        tags[ExifTags.Base.OffsetTimeOriginal] = offset
    path = tmp_path / "dated"
    path.write_bytes(saved(two_halves(), codec, exif=exif.tobytes()))

    assert opened(path).captured_at == (utc and int(utc.timestamp()))


@pytest.mark.parametrize(
    ("taken", "digitized", "written", "utc"),
    [
        (
            "2024:05:06 07:08:09",
            "2024:06:01 00:00:00",
            "2024:07:01 00:00:00",
            datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        ),
        (None, "2024:06:01 00:00:00", "2024:07:01 00:00:00", datetime(2024, 6, 1, 2, tzinfo=UTC)),
        ("0000:00:00 00:00:00", "   ", "2024:07:01 00:00:00", datetime(2024, 7, 1, 1, tzinfo=UTC)),
        (None, None, "2024:07:01 00:00:00", datetime(2024, 7, 1, 1, tzinfo=UTC)),
        (None, None, None, None),
    ],
)
@pytest.mark.parametrize("codec", ["JPEG", "PNG"])
def test_time_of_capture_falls_back_to_the_next_best(
    tmp_path: Path,
    codec: str,
    taken: str | None,
    digitized: str | None,
    written: str | None,
    utc: datetime | None,
) -> None:
    names = ExifTags.Base
    exif = Image.Exif()
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    times = {names.DateTimeOriginal: taken, names.DateTimeDigitized: digitized}
    tags.update({tag: time for tag, time in times.items() if time is not None})
    tags.update({names.OffsetTimeDigitized: "-02:00", names.OffsetTime: "-01:00"})
    if written is not None:
        exif[names.DateTime] = written
    path = tmp_path / "dated"
    path.write_bytes(saved(two_halves(), codec, exif=exif.tobytes()))

    assert opened(path).captured_at == (utc and int(utc.timestamp()))


@pytest.mark.parametrize(
    "junk",
    [
        b"Exif\0\0no directory of tags at all",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 40,
        b"Exif\0\0II*\0\x08\0\0\0\1\0" + b"\x69\x87\x09\0\1\0\0\0\xff\xff\xff\x80\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\1\0" + b"\x12\x01\x02\0\2\0\0\0x\0\0\0\0\0\0\0",
    ],
    ids=["no tags", "cut short", "times nowhere", "orientation in words"],
)
@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_is_no_reason_to_fail(tmp_path: Path, codec: str, junk: bytes) -> None:
    path = tmp_path / "junk"
    path.write_bytes(saved(two_halves(), codec, exif=junk, quality=95))

    picture = opened(path)

    assert picture.captured_at is None
    assert near(at(picture, 0.2, 0.5), LEFT)


@pytest.mark.parametrize(("size", "smallest"), [((4000, 3000), 448), ((1000, 800), 448), ((300, 200), 200)])
@pytest.mark.parametrize("codec", ["JPEG", "PNG"])
def test_large_pictures_shrink_but_keep_twice_the_side_asked_for(
    tmp_path: Path, codec: str, size: tuple[int, int], smallest: int
) -> None:
    path = tmp_path / "large"
    path.write_bytes(saved(two_halves(size), codec))

    picture = opened(path, 224)

    assert (picture.width, picture.height) == size
    assert smallest <= min(picture.image.size) < 2.1 * smallest
    assert picture.image.width / picture.image.height == pytest.approx(size[0] / size[1], rel=0.01)


def test_small_encoders_leave_enough_for_the_thumbnail(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(two_halves((4000, 3000)), "JPEG"))

    picture = open_picture(path, min_side_px=32, max_pixels=10**8, max_bytes=10**8, thumbnail_px=900)

    assert 900 <= max(picture.image.size) < 2000


PSD_ALPHA = np.concatenate([np.moveaxis(np.asarray(two_halves()), 2, 0), np.zeros((1, 40, 60), np.uint8)])


@pytest.mark.parametrize("packed", [False, True], ids=["raw", "packed"])
def test_psd_of_16_bits_opens_by_its_high_bytes(tmp_path: Path, packed: bool) -> None:
    deep = np.moveaxis(np.asarray(two_halves()), 2, 0).astype(np.uint16) * 256 + 99
    path = tmp_path / "deep.psd"
    path.write_bytes(psd_bytes(deep, packed=packed))

    picture = opened(path)

    assert (picture.width, picture.height) == picture.image.size == SIZE
    assert (pixels(picture) == np.asarray(two_halves())).all()


def test_psd_with_a_saved_selection_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "selection.psd"
    path.write_bytes(psd_bytes(PSD_ALPHA, layers=2))

    assert at(opened(path), 0.2, 0.5) == LEFT


def test_psd_channel_with_a_name_is_a_saved_selection(tmp_path: Path) -> None:
    name = b"8BIM" + struct.pack(">HHI", 1006, 0, 8) + b"\7Alpha 1"
    path = tmp_path / "named.psd"
    path.write_bytes(psd_bytes(PSD_ALPHA, resources=name))

    assert at(opened(path), 0.2, 0.5) == LEFT


@pytest.mark.parametrize("layers", [-1, 0])
def test_psd_transparency_that_is_not_yet_on_white_is_put_there(tmp_path: Path, layers: int) -> None:
    path = tmp_path / "clear.psd"
    path.write_bytes(psd_bytes(PSD_ALPHA, layers=layers))

    assert at(opened(path), 0.2, 0.5) == (255, 255, 255)


def test_psd_already_on_white_is_not_made_paler(tmp_path: Path) -> None:
    half_red_on_white = np.array([255, 127, 127, 128], np.uint8).reshape(4, 1, 1).repeat(40, 1).repeat(60, 2)
    path = tmp_path / "matte.psd"
    path.write_bytes(psd_bytes(half_red_on_white, layers=-1))

    assert at(opened(path), 0.5, 0.5) == (255, 127, 127)


def test_thumbnail_is_a_small_webp_without_metadata() -> None:
    image = two_halves((1000, 500))
    image.info = {"exif": b"Exif\0\0", "icc_profile": b"x"}

    small = thumbnail(image, 384)

    assert sniff(small) == "image/webp"
    with Image.open(io.BytesIO(small)) as reread:
        assert reread.size == (384, 192)
        assert not {"exif", "icc_profile", "xmp"} & set(reread.info)
    assert image.size == (1000, 500)


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 50), (100, 50)), ((4000, 2), (384, 1)), ((1, 1), (1, 1))]
)
def test_thumbnail_neither_enlarges_nor_vanishes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(thumbnail(Image.new("RGB", size), 384))) as reread:
        assert reread.size == expected
