"""What is clear is put on a ground that shows what is there, and an animation is shown by a picture of something."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from musaic.generate.moodboard.reading import read_photo
from musaic.media.outgoing import outgoing
from tests.test_media_sniff import LEFT, at, near, opened, pixels, psd_bytes, saved, two_halves

CLEAR = (0, 0, 0, 0)
WHITE, DARK = (255, 255, 255), (64, 64, 64)


def logo(fill: tuple[int, ...], outline: tuple[int, ...] | None = None, *, size: int = 120) -> Image.Image:
    """A ring on nothing, as logos are."""
    image = Image.new("RGBA", (size, size), CLEAR)
    draw = ImageDraw.Draw(image)
    scale = size // 12
    box = (2 * scale, 2 * scale, 10 * scale, 10 * scale)
    draw.ellipse(box, outline=fill, width=2 * scale)
    if outline:
        draw.ellipse(box, outline=outline, width=max(1, scale // 5))
        inner = (4 * scale, 4 * scale, 8 * scale, 8 * scale)
        draw.ellipse(inner, outline=outline, width=max(1, scale // 5))
    return image


def contrast(path: Path) -> int:
    """By how many levels the strongest mark of a picture stands out from its corner."""
    shown = pixels(opened(path))
    return int(np.abs(shown - shown[0, 0]).max())


@pytest.mark.parametrize(
    ("fill", "outline", "ground"),
    [
        ((255, 255, 255, 255), None, DARK),
        ((250, 248, 240, 255), None, DARK),
        ((255, 255, 255, 90), None, DARK),
        ((255, 255, 255, 255), (0, 0, 0, 255), WHITE),
        ((0, 0, 0, 255), None, WHITE),
        ((64, 64, 64, 255), None, WHITE),
        ((0, 0, 0, 60), None, WHITE),
        ((200, 40, 30, 255), None, WHITE),
        ((255, 240, 0, 255), None, WHITE),
        ((170, 170, 170, 255), None, WHITE),
    ],
    ids=[
        "white", "near white", "half clear white", "white in a thin line", "black", "the dark ground's own grey",
        "faint black", "red", "yellow", "grey",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [120, 1200])
def test_artwork_on_nothing_stands_out_from_its_ground(
    tmp_path: Path,
    fill: tuple[int, ...],
    outline: tuple[int, ...] | None,
    ground: tuple[int, ...],
    size: int,
) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(saved(logo(fill, outline, size=size), "PNG"))

    assert at(opened(path), 0.01, 0.01) == ground
    assert contrast(path) >= 40


@pytest.mark.parametrize("codec", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF"])
def test_white_artwork_stands_out_in_every_format(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "logo"
    path.write_bytes(saved(logo((255, 255, 255, 255)), codec))

    assert contrast(path) >= 150


def test_white_artwork_stands_out_that_photoshop_has_put_on_white(tmp_path: Path) -> None:
    alpha = np.asarray(logo((255, 255, 255, 255)).getchannel("A"))
    white = np.full_like(alpha, 255)
    path = tmp_path / "logo.psd"
    path.write_bytes(psd_bytes(np.stack([white, white, white, alpha]), layers=-1))

    assert contrast(path) >= 150
    assert at(opened(path), 0.01, 0.01) == DARK


def test_white_words_beside_a_red_mark_are_not_lost(tmp_path: Path) -> None:
    image = Image.new("RGBA", (400, 100), CLEAR)
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 90, 90), fill=(200, 0, 0, 255))
    for left in range(120, 380, 30):
        draw.rectangle((left, 20, left + 12, 80), fill=(255, 255, 255, 255))
    path = tmp_path / "words.png"
    path.write_bytes(saved(image, "PNG"))

    assert at(opened(path), 0.01, 0.01) == DARK


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_picture_of_nothing_is_white(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "nothing.png"
    options = {"transparency": 0} if mode == "P" else {}
    path.write_bytes(saved(Image.new("RGBA", (40, 40), CLEAR).convert(mode), "PNG", **options))

    assert (pixels(opened(path)) == 255).all()


def test_cut_out_for_a_draft_has_no_rim_of_its_ground(tmp_path: Path) -> None:
    image = logo((255, 255, 255, 255)).resize((150, 150), Image.Resampling.BICUBIC)

    photo = read_photo(saved(image, "PNG"), longer_px=150)

    assert photo is not None
    assert photo.alpha is not None
    seen = np.asarray(photo.image)[np.asarray(photo.alpha) > 40]
    assert seen.min() >= 245


def test_what_is_sent_of_white_artwork_says_its_ground(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(saved(logo((255, 255, 255, 255)), "PNG"))

    sent = outgoing(path, input_types=["image/jpeg"], most_bytes=10**7)

    assert "transparent parts made dark grey" in (sent.changed or "")
    with Image.open(io.BytesIO(sent.content)) as image:
        assert near(image.getpixel((2, 2)), DARK, 3)  # type: ignore[arg-type]


def moving(frames: list[Image.Image], codec: str) -> bytes:
    options = {"lossless": True} if codec == "WEBP" else {}
    return saved(frames[0], codec, save_all=True, append_images=frames[1:], duration=50, **options)


@pytest.mark.parametrize("codec", ["GIF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    "blank", [CLEAR, (255, 255, 255, 255), (0, 0, 0, 255)], ids=["clear", "white", "black"]
)
@pytest.mark.parametrize("blanks", [1, 4])
def test_animation_is_shown_by_its_first_picture_of_something(
    tmp_path: Path, codec: str, blank: tuple[int, ...], blanks: int
) -> None:
    # The one that differs a little keeps writers from joining the frames.
    empty = [Image.new("RGBA", (60, 40), blank) for _ in range(blanks)]
    for number, frame in enumerate(empty):
        if blank != CLEAR:
            frame.paste((abs(blank[0] - number),) * 3 + (255,), (0, 0, 60, 40))
    path = tmp_path / "moving"
    path.write_bytes(moving([*empty, two_halves().convert("RGBA")], codec))

    assert near(at(opened(path), 0.2, 0.5), LEFT, 20)


def test_animation_of_nothing_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "nothing.gif"
    path.write_bytes(moving([Image.new("L", (60, 40), tone) for tone in (0, 3, 6)], "GIF"))

    assert (pixels(opened(path)) == 0).all()


def test_damage_behind_a_blank_picture_leaves_that(tmp_path: Path) -> None:
    whole = moving([Image.new("RGB", (60, 40), "white"), two_halves()], "PNG")
    path = tmp_path / "damaged.png"
    path.write_bytes(whole[: whole.index(b"fdAT") + 20])

    assert (pixels(opened(path)) == 255).all()


def test_blank_first_picture_is_not_what_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "moving.png"
    path.write_bytes(moving([Image.new("RGB", (60, 40), "white"), two_halves()], "PNG"))

    sent = outgoing(path, input_types=["image/png"], most_bytes=10**7)

    with Image.open(io.BytesIO(sent.content)) as image:
        assert near(image.convert("RGB").getpixel((10, 20)), LEFT, 3)  # type: ignore[arg-type]


def gif_on_canvas(image: Image.Image, canvas: tuple[int, int], place: tuple[int, int]) -> bytes:
    """A GIF whose only frame is smaller than its canvas, its palette starting with another colour."""
    whole = bytearray(saved(image, "GIF"))
    whole[6:10] = struct.pack("<HH", *canvas)
    frame = whole.index(b",\0\0\0\0" + struct.pack("<HH", *image.size))
    whole[frame + 1 : frame + 5] = struct.pack("<HH", *place)
    return bytes(whole)


@pytest.mark.parametrize("mode", ["P", "L"])
def test_gif_canvas_around_its_first_picture_is_clear(tmp_path: Path, mode: str) -> None:
    image = two_halves((20, 20)).convert("L") if mode == "L" else two_halves((20, 20)).quantize(4)
    path = tmp_path / "small.gif"
    path.write_bytes(gif_on_canvas(image, (60, 40), (20, 10)))

    picture = opened(path)

    assert picture.metadata == {"transparent": True}
    for x, y in ((0.05, 0.05), (0.5, 0.1), (0.9, 0.5), (0.5, 0.9)):
        assert at(picture, x, y) == WHITE
    assert near(at(picture, 0.4, 0.5), LEFT if mode == "P" else (87, 87, 87), 12)


def test_webp_canvas_around_its_first_picture_is_clear(tmp_path: Path) -> None:
    frame = saved(two_halves((20, 20)), "WEBP", lossless=True)[12:]
    place = (20 // 2).to_bytes(3, "little") + (10 // 2).to_bytes(3, "little")
    size = (19).to_bytes(3, "little") * 2

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    canvas = (59).to_bytes(3, "little") + (39).to_bytes(3, "little")
    body = (
        b"WEBP"
        + chunk(b"VP8X", b"\x12\0\0\0" + canvas)
        + chunk(b"ANIM", b"\x00\x00\xff\xff\0\0")  # a red ground, which browsers pass over
        + chunk(b"ANMF", place + size + (50).to_bytes(3, "little") + b"\0" + frame)
    )
    path = tmp_path / "small.webp"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)

    picture = opened(path)

    assert at(picture, 0.05, 0.05) == WHITE
    assert near(at(picture, 0.4, 0.5), LEFT, 3)
