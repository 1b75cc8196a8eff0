"""What a model sent back is judged before it is called a picture."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from musaic.schemas import Finding
from musaic.verify import CHECKS, Examined, examine


def scene(seed: int = 1, size: tuple[int, int] = (768, 512)) -> Image.Image:
    """A picture with soft light, hard edges and fine grain, as photos have."""
    dice = np.random.default_rng(seed)
    rough = Image.fromarray(dice.integers(30, 226, (6, 9, 3), dtype=np.uint8))
    picture = rough.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = int(dice.integers(0, size[0])), int(dice.integers(0, size[1]))
        colour = tuple(int(level) for level in dice.integers(0, 256, 3))
        pen.ellipse((x - 60, y - 40, x + 60, y + 40), fill=colour)
    grain = dice.normal(0, 6, (size[1], size[0], 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def examined(
    content: bytes, *references: bytes, ratio: str = "3:2", size: str = "", said: str | None = None
) -> Examined:
    numbered = list(enumerate(references, start=1))
    return examine(content, ratio=ratio, size=size, references=numbered, said=said)


ANSWER = saved(scene(1), "JPEG", quality=92)
OTHER = saved(scene(2), "JPEG", quality=92)


@pytest.mark.parametrize(
    ("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_a_good_answer_is_a_picture_without_findings(kind: str, mime: str) -> None:
    result = examined(saved(scene(1), kind), OTHER, said=mime)

    assert result == Examined("picture", None, mime, 768, 512, ())


def bomb() -> bytes:
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(9))),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))
        for name, payload in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize(
    ("content", "mime", "reason"),
    [
        (b"", None, "the answer is empty"),
        (b"<!doctype html><title>502</title>", None, "the answer is no picture but HTML"),
        (b'{"error": "quota"}', None, "the answer is no picture but text"),
        (ANSWER[: len(ANSWER) // 2], "image/jpeg", "the answer cannot be used: its JPEG data is cut short"),
        (ANSWER[:-200], "image/jpeg", "the answer cannot be used: its JPEG data is cut short"),
        (saved(scene())[:-3000], "image/png", "the answer cannot be used: its PNG data is cut short"),
        (
            ANSWER[:4] + bytes(300),
            "image/jpeg",
            "the answer cannot be used: its JPEG data is broken",
        ),
        (
            bomb(),
            "image/png",
            "the answer declares 20000 x 20000 pixels, more than the limit of 100 megapixels",
        ),
    ],
)
def test_what_does_not_decode_is_malformed_with_a_reason(
    content: bytes, mime: str | None, reason: str
) -> None:
    assert examined(content) == Examined("malformed", reason, mime, None, None, ())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_no_cut_is_taken_for_a_whole_picture(kind: str) -> None:
    whole = saved(scene(1, (96, 64)), kind)
    # The last bytes hold no pixels: the end mark of JPEG, checksum and end of PNG.
    cuts = [len(whole) - 40, *range(100, len(whole) - 40, max(1, len(whole) // 25))]

    assert {examined(whole[:cut]).state for cut in cuts} == {"malformed"}


def test_the_bytes_of_a_reference_are_no_picture() -> None:
    result = examined(ANSWER, OTHER, ANSWER)

    error = Finding(check="unchanged", severity="error", message="the answer is image 2 unchanged")
    assert (result.state, result.reason, result.width) == ("no_picture", error.message, 768)
    assert result.findings == (error,)


@pytest.mark.parametrize(
    "again",
    [
        *(saved(scene(1), "JPEG", quality=quality) for quality in (50, 75, 95)),
        *(saved(scene(1), "WEBP", quality=quality) for quality in (50, 95)),
        saved(scene(1)),
        saved(scene(1).resize((691, 461), Image.Resampling.LANCZOS), "JPEG", quality=90),
    ],
)
def test_a_reference_saved_again_is_no_picture(again: bytes) -> None:
    result = examined(again, OTHER, saved(scene(1)))

    assert (result.state, result.reason) == ("no_picture", "the answer is image 2 unchanged")


def edited(kind: str) -> Image.Image:
    picture = scene(1)
    match kind:
        case "small patch":
            picture.paste((200, 30, 30), (300, 200, 326, 226))
        case "brighter":
            picture = picture.point(lambda level: min(255, level + 5))
        case "moved by 8 pixels":
            picture = picture.crop((8, 0, 768, 512)).resize((768, 512))
        case "mirrored":
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        case "grey":
            picture = picture.convert("L").convert("RGB")
        case "blurred background":
            picture.paste(picture.filter(ImageFilter.GaussianBlur(40)).crop((0, 0, 768, 200)), (0, 0))
        case "stretched":
            picture = picture.resize((512, 512))
        case "outpainted":
            wide = Image.new("RGB", (912, 512), (90, 80, 70))
            wide.paste(picture, (72, 0))
            picture = wide
    return picture


@pytest.mark.parametrize(
    "kind",
    [
        "small patch",
        "brighter",
        "moved by 8 pixels",
        "mirrored",
        "grey",
        "blurred background",
        "stretched",
        "outpainted",
    ],
)
def test_a_change_however_small_is_a_picture(kind: str) -> None:
    result = examined(saved(edited(kind), "JPEG", quality=85), ANSWER, ratio="auto")

    assert (result.state, result.findings) == ("picture", ())


def test_an_enlarged_reference_is_kept_with_a_warning() -> None:
    large = scene(1).resize((1536, 1024), Image.Resampling.LANCZOS)

    result = examined(saved(large, "JPEG", quality=95), ANSWER)

    message = "the answer is image 1 enlarged and otherwise unchanged"
    assert result.state == "picture"
    assert result.findings == (Finding(check="unchanged", severity="warning", message=message),)


def test_a_reference_that_does_not_decode_here_is_passed_over() -> None:
    assert examined(ANSWER, b"\xff\xd8\xff broken", b"", ANSWER).reason == "the answer is image 3 unchanged"


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        ((1376, 768), "16:9"),
        ((768, 1376), "9:16"),
        ((1584, 672), "21:9"),
        ((928, 1152), "4:5"),
        ((1264, 848), "3:2"),
        ((1024, 1024), "1:1"),
        ((300, 100), "auto"),
        ((300, 100), ""),
    ],
)
def test_sizes_that_services_give_pass(size: tuple[int, int], asked: str) -> None:
    assert examined(saved(scene(1, size), "JPEG"), ratio=asked).findings == ()


@pytest.mark.parametrize(
    ("size", "asked", "message"),
    [
        (
            (1024, 1024),
            "16:9",
            "asked for 16:9, but the picture is 1024 x 1024 pixels, which is 1.00:1",
        ),
        ((512, 640), "3:4", "asked for 3:4, but the picture is 512 x 640 pixels, which is 1:1.25"),
        ((640, 512), "4:3", "asked for 4:3, but the picture is 640 x 512 pixels, which is 1.25:1"),
    ],
)
def test_another_ratio_is_a_warning_that_names_both(size: tuple[int, int], asked: str, message: str) -> None:
    result = examined(saved(scene(1, size), "JPEG"), ratio=asked)

    assert result.state == "picture"
    assert result.findings == (Finding(check="ratio", severity="warning", message=message),)


@pytest.mark.parametrize(
    ("pixels", "asked", "small"),
    [((64, 64), "4K", True), ((1, 1), "1K", True), ((1024, 1024), "2K", True), ((200, 300), "512", True),
     ((1536, 1024), "2K", False), ((768, 1376), "1K", False), ((512, 512), "512", False), ((64, 64), "", False)],
)  # fmt: skip
def test_a_picture_much_smaller_than_asked_for_is_a_warning(
    pixels: tuple[int, int], asked: str, small: bool
) -> None:
    result = examined(saved(scene(1, pixels)), ratio="", size=asked)

    told = f"asked for {asked}, but the picture is only {pixels[0]} x {pixels[1]} pixels"
    assert result.state == "picture"
    assert [each.message for each in result.findings if each.check == "size"] == [told] * small


def test_the_ratio_is_that_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    result = examined(saved(scene(1), "JPEG", exif=exif), ratio="2:3")

    assert (result.width, result.height, result.findings) == (512, 768, ())


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (300, 200), (240, 240, 238)),
        Image.new("L", (300, 200), 0),
        Image.new("RGBA", (300, 200), (255, 0, 0, 0)),
        Image.fromarray(np.random.default_rng(1).integers(98, 104, (200, 300, 3), dtype=np.uint8)),
    ],
)
def test_a_picture_of_one_colour_is_a_warning(picture: Image.Image) -> None:
    result = examined(saved(picture))

    assert result.state == "picture"
    assert [(finding.check, finding.severity) for finding in result.findings] == [("blank", "warning")]


def test_a_faint_picture_is_not_blank() -> None:
    picture = Image.new("RGB", (300, 200), (200, 200, 200))
    picture.paste((212, 200, 200), (100, 50, 200, 150))

    assert examined(saved(picture)).findings == ()


def test_a_small_thing_on_plain_ground_is_not_blank() -> None:
    picture = Image.new("RGB", (1024, 683), "white")
    picture.paste((120, 120, 120), (500, 300, 540, 340))

    assert examined(saved(picture)).findings == ()


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ("image/jpeg", False),
        ("image/jpg", False),
        ("IMAGE/JPEG; q=1", False),
        (None, False),
        ("", False),
        ("image/png", True),
        ("text/plain", True),
    ],
)
def test_a_wrong_label_is_a_note(said: str | None, noted: bool) -> None:
    result = examined(ANSWER, said=said)

    assert result.mime == "image/jpeg"
    assert [finding.severity for finding in result.findings] == ["note"] * noted
    assert all(str(said) in finding.message for finding in result.findings)


def test_every_check_reports_under_its_own_name() -> None:
    flat = saved(Image.new("RGB", (64, 64), "red"))

    result = examined(flat, flat, ratio="16:9", size="1K", said="image/webp")

    assert [finding.check for finding in result.findings] == list(CHECKS)
