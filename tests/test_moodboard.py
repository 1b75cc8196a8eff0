import asyncio
import hashlib
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from musaic.fonts import Typeface
from musaic.generate.base import Attachment, Pictured, Request, pixels
from musaic.generate.moodboard import MODEL, MoodboardGenerator
from musaic.generate.moodboard.lettering import lettered, wrapped
from musaic.generate.moodboard.mark import is_draft, marked
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.pieces import piece_of
from musaic.generate.moodboard.scheme import scheme_of
from musaic.schemas import Role

RED, BLUE, GOLD = (200, 30, 40), (30, 60, 190), (212, 172, 58)
FACE = Typeface(["words"])
Rgb = tuple[int, int, int]


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def studio(colour: Rgb, *, size: tuple[int, int] = (360, 360), hole: bool = False) -> Image.Image:
    """Return a product on a wall that gets darker to its corners, with a soft shadow."""
    width, height = size
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    wall = np.clip(222 - 22 * (x**2 + y**2), 0, 255).astype(np.uint8)
    image = Image.fromarray(np.repeat(wall[..., None], 3, axis=2))
    shadow = Image.new("L", size)
    ImageDraw.Draw(shadow).ellipse((0.3 * width, 0.75 * height, 0.75 * width, 0.85 * height), fill=90)
    image.paste((60, 60, 60), mask=shadow.filter(ImageFilter.GaussianBlur(9)))
    draw = ImageDraw.Draw(image)
    draw.ellipse((0.28 * width, 0.2 * height, 0.72 * width, 0.8 * height), fill=colour)
    if hole:
        inside = (0.42 * width, 0.4 * height, 0.58 * width, 0.6 * height)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).ellipse(inside, fill=255)
        image.paste(Image.fromarray(np.repeat(wall[..., None], 3, axis=2)), mask=mask)
    return image


def attached(*given: tuple[bytes, Role]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(number, role, f"{number:08x}" + "0" * 24, "image/png", content, hashlib.sha256(content).hexdigest())
        for number, (content, role) in enumerate(given, 1)
    )  # fmt: skip


def asked(
    *given: tuple[bytes, Role], ratio: str = "1:1", size: str = "512", variant: int = 1,
    caption: str = "A gold watch on a red silk cape",
) -> Request:  # fmt: skip
    return Request(MODEL, caption, attached(*given), ratio, size, variant=variant, caption=caption)


def made(request: Request) -> Pictured:
    answer = asyncio.run(MoodboardGenerator().generate(request))
    assert isinstance(answer, Pictured)
    return answer


def drawn(request: Request) -> Image.Image:
    image = Image.open(io.BytesIO(made(request).pictures[-1]))
    assert image.format == "PNG"
    return image.convert("RGB")


def share_of(image: Image.Image, colour: Rgb, *, within: int = 40) -> float:
    off = np.abs(np.asarray(image, np.int16) - np.array(colour)).max(axis=2)
    return float((off <= within).mean())


def fetched(count: int, *, role: Role = "product") -> list[tuple[bytes, Role]]:
    colours = (RED, BLUE, GOLD, (30, 140, 60), (120, 46, 160), (20, 20, 24))
    shapes = ((360, 360), (300, 460), (480, 300))
    return [(encoded(studio(colours[i % 6], size=shapes[i % 3])), role) for i in range(count)]


# --- the engine --------------------------------------------------------------------------------------


def test_the_answer_is_one_png_of_the_asked_size_that_cost_nothing() -> None:
    answer = made(asked(*fetched(2), ratio="4:5", size="1K"))

    assert Image.open(io.BytesIO(answer.pictures[0])).size == pixels("4:5", "1K")
    assert len(answer.pictures) == 1
    assert (answer.usage, answer.turns, answer.model_version) == (None, (), "moodboard-1")
    assert "not a generated picture" in answer.text
    assert MoodboardGenerator().name == "moodboard"


def test_closing_twice_is_fine() -> None:
    async def twice() -> None:
        generator = MoodboardGenerator()
        await generator.aclose()
        await generator.aclose()

    asyncio.run(twice())


def test_the_same_request_gives_the_same_bytes() -> None:
    given = fetched(3)

    assert made(asked(*given)).pictures == made(asked(*given)).pictures


@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16", "21:9", "4:5", "8:1", "1:8", "4:1", "1:4"])
@pytest.mark.parametrize("count", [0, 1, 14])
def test_any_number_of_references_at_any_ratio(ratio: str, count: int) -> None:
    image = drawn(asked(*fetched(count), ratio=ratio, variant=2 + count % 3))

    assert image.size == pixels(ratio, "512")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n", encoded(studio(RED))[:900]])
def test_broken_bytes_become_a_grey_card(content: bytes) -> None:
    piece = piece_of(attached((content, "product"))[0], longer_px=400)
    image = drawn(asked((content, "product")))

    assert not piece.readable
    assert share_of(image, (188, 188, 190), within=3) > 0.04


def test_an_earlier_draft_is_left_out_and_said() -> None:
    given = fetched(2)
    earlier = made(asked(*given, size="1K")).pictures[0]

    again = made(asked((earlier, "base"), *given, caption="make it larger"))

    assert "composed anew" in again.text
    assert piece_of(attached((earlier, "base"))[0], longer_px=300).draft
    only_others = asked(*given, caption="make it larger")
    first, second = (Image.open(io.BytesIO(each.pictures[0])) for each in (again, made(only_others)))
    assert np.abs(np.asarray(first, np.int16)[:300] - np.asarray(second, np.int16)[:300]).mean() < 1


def test_the_mark_is_invisible_and_only_ours() -> None:
    plain = studio(BLUE)

    assert is_draft(marked(plain.copy()))
    assert not is_draft(plain)
    difference = np.abs(np.asarray(marked(plain.copy()), np.int16) - np.asarray(plain, np.int16))
    assert difference.max() == 1


def test_an_unknown_ratio_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        made(asked(ratio="wide"))


# --- odd pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        encoded(Image.effect_mandelbrot((16, 16), (-2, -1.5, 1, 1.5), 60)),
        encoded(Image.new("RGB", (1, 1), RED)),
        encoded(Image.linear_gradient("L").resize((3000, 300))),
        encoded(Image.linear_gradient("L").resize((30, 3000))),
        encoded(Image.new("RGB", (7000, 5000), RED), "JPEG"),
        encoded(studio(RED).convert("CMYK"), "JPEG"),
        encoded(studio(RED).convert("L")),
        encoded(studio(RED).convert("P"), "GIF"),
        encoded(Image.new("RGBA", (200, 200))),
    ],
    ids=["tiny", "one pixel", "panorama", "tower", "huge", "cmyk", "grey", "palette", "nothing in it"],
)
def test_odd_pictures_are_drawn(content: bytes) -> None:
    assert piece_of(attached((content, "product"))[0], longer_px=400).readable
    assert drawn(asked((content, "product"), *fetched(1), variant=3)).size == (512, 512)


def test_transparency_is_the_cut_out() -> None:
    image = Image.new("RGBA", (300, 200))
    ImageDraw.Draw(image).rectangle((50, 60, 249, 139), fill=(*RED, 255))

    piece = piece_of(attached((encoded(image), "product"))[0], longer_px=600)

    assert (piece.cut, piece.picture.size) == (True, (200, 80))
    assert piece.swatches[0].rgb == RED


def test_half_transparent_edges_keep_their_colour_and_no_white() -> None:
    image = Image.new("RGBA", (60, 60), (*BLUE, 128))

    piece = piece_of(attached((encoded(image), "product"))[0], longer_px=600)

    assert np.asarray(piece.picture)[30, 30] == pytest.approx((*BLUE, 128), abs=2)


# --- colours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rgb", "names"), [((144, 104, 43), {"brown"}), (GOLD, {"gold"}), ((128, 128, 128), {"gray"})]
)
def test_a_swatch_has_the_name_of_its_hue(rgb: Rgb, names: set[str]) -> None:
    assert swatch_name(rgb) in names


def test_a_palette_has_no_colour_and_no_name_twice() -> None:
    given = [piece_of(each, longer_px=400) for each in attached(*fetched(6))]

    palette = scheme_of(given, "", 1).palette

    assert len(palette) >= 4
    assert len({swatch_name(rgb) for rgb in palette}) == len(palette)


def test_the_palette_of_a_photo_is_that_of_its_subject() -> None:
    blocks = np.random.default_rng(5).integers(0, 2, (12, 12))
    busy = np.array([(30, 140, 60), (230, 235, 60)], np.uint8)[blocks]
    image = Image.fromarray(busy).resize((360, 360), Image.Resampling.NEAREST)
    image.paste(RED, (110, 110, 250, 250))

    piece = piece_of(attached((encoded(image), "product"))[0], longer_px=400)

    assert piece.swatches[0].rgb == pytest.approx(RED, abs=6)
    assert piece.swatches[0].share > 0.9


def test_a_colour_word_between_commas_colours_the_ground() -> None:
    given = fetched(1)
    red, blue, plain = (
        np.asarray(drawn(asked(*given, caption=caption)), float)[20:40, 20:40].mean(axis=(0, 1))
        for caption in ("A red cape, red, calm", "A red cape, blue, calm", "A red cape, calm")
    )

    assert red[0] - red[2] > 40
    assert blue[2] - blue[0] > 40
    assert abs(plain[0] - plain[2]) < 40


# --- text --------------------------------------------------------------------------------------------


def test_a_long_prompt_ends_in_an_ellipsis_within_its_lines() -> None:
    font, lines = wrapped(FACE, "many words " * 300, 14, 200, 3)

    assert len(lines) == 3
    assert lines[-1].endswith(("…", "..."))
    assert all(font.getlength(line) <= 200 for line in lines)


def test_a_text_that_fits_is_whole_and_one_without_spaces_is_broken() -> None:
    words = "A gold watch on a red silk cape, seen from above"

    assert " ".join(wrapped(FACE, words, 14, 130, 9)[1]) == words
    assert "".join(wrapped(FACE, "W" * 50, 14, 130, 9)[1]) == "W" * 50


def test_control_characters_and_changes_of_direction_are_not_drawn() -> None:
    assert lettered(FACE, "red\u202e cape\x00\n now", 14)[1] == "red cape now"


@pytest.mark.parametrize(
    "caption", ["", "Часы на красном шёлке", "赤い絹のケープ", "ساعة ذهبية", "👗 + 👜", "\ud800x"]
)
def test_any_script_is_drawn_or_left_out(caption: str) -> None:
    assert drawn(asked(*fetched(1), caption=caption)).size == (512, 512)
