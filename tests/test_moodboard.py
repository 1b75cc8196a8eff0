import asyncio
import hashlib
import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from musaic.generate.base import Attachment, Pictured, Request, pixels
from musaic.generate.moodboard import MODEL, MoodboardGenerator
from musaic.generate.moodboard.boxes import Box, clear_of_each_other
from musaic.generate.moodboard.collage import collage
from musaic.generate.moodboard.cutout import cut_out
from musaic.generate.moodboard.layout import compose
from musaic.generate.moodboard.lettering import lettered, wrapped
from musaic.generate.moodboard.mark import is_draft, marked
from musaic.generate.moodboard.matte import matted
from musaic.generate.moodboard.naming import swatch_name
from musaic.generate.moodboard.pieces import Piece, piece_of
from musaic.generate.moodboard.regions import regions
from musaic.generate.moodboard.scheme import scheme_of
from musaic.schemas import Role

RED, BLUE, GOLD = (200, 30, 40), (30, 60, 190), (212, 172, 58)
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


def test_every_variant_is_another_picture() -> None:
    given = fetched(3)

    seen = [np.asarray(drawn(asked(*given, variant=variant)), np.int16) for variant in range(1, 14)]

    differences = [np.abs(a - b).mean() for i, a in enumerate(seen) for b in seen[:i]]
    assert min(differences) > 2


@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16", "21:9", "4:5", "8:1", "1:8", "4:1", "1:4"])
@pytest.mark.parametrize("count", [0, 1, 14])
def test_any_number_of_references_at_any_ratio(ratio: str, count: int) -> None:
    image = drawn(asked(*fetched(count), ratio=ratio, variant=2 + count % 3))

    assert image.size == pixels(ratio, "512")


def test_the_colours_of_the_products_are_on_the_board() -> None:
    image = drawn(asked((encoded(studio(RED)), "product"), (encoded(studio(BLUE)), "accessory")))

    assert share_of(image, RED) > 0.05
    assert share_of(image, RED) > 2 * share_of(image, BLUE) > 0.01


def test_a_draft_says_so_with_words_that_differ_from_a_blank_strip() -> None:
    image = drawn(asked(*fetched(1), size="1K", caption="\u200b"))
    longer = drawn(asked(*fetched(1), size="1K", caption="Words of the prompt stand here"))

    strip = np.asarray(image.convert("L"))[-160:, :512]
    assert (strip < 90).sum() > 1500  # the label, in ink
    assert (np.asarray(longer.convert("L"))[-160:, :512] < 120).sum() > (strip < 120).sum() + 500


def test_the_setting_is_the_ground() -> None:
    place = encoded(Image.new("RGB", (600, 400), (40, 120, 90)))

    image = drawn(asked((encoded(studio(RED)), "product"), (place, "setting"), size="512"))

    assert np.asarray(image)[8:60, 8:60].mean(axis=(0, 1)) == pytest.approx((58, 130, 104), abs=14)


def test_a_style_reference_lends_colours_and_is_not_pasted() -> None:
    style = encoded(Image.new("RGB", (300, 300), (40, 170, 165)))

    image = drawn(asked((encoded(studio(RED)), "product"), (style, "style"), size="1K"))

    stage = image.crop((0, 0, 1024, 760))
    assert share_of(stage, (40, 170, 165), within=12) < 0.001
    assert share_of(image, (40, 170, 165), within=12) > 0.0003  # its chip


def test_without_references_the_prompt_colours_the_ground() -> None:
    red, blue = (np.asarray(drawn(asked(caption=f"a {name} cape")), float) for name in ("red", "blue"))

    assert red[20:40, 20:40, 0].mean() - red[20:40, 20:40, 2].mean() > 10
    assert blue[20:40, 20:40, 2].mean() > red[20:40, 20:40, 2].mean()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n", encoded(studio(RED))[:900]])
def test_broken_bytes_become_a_grey_card(content: bytes) -> None:
    piece = piece_of(attached((content, "product"))[0], longer_px=400)
    image = drawn(asked((content, "product")))

    assert piece.look == "unreadable"
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
    assert piece_of(attached((content, "product"))[0], longer_px=400).look != "unreadable"
    assert drawn(asked((content, "product"), *fetched(1), variant=3)).size == (512, 512)


def test_transparency_is_the_cut_out() -> None:
    image = Image.new("RGBA", (300, 200))
    ImageDraw.Draw(image).rectangle((50, 60, 249, 139), fill=(*RED, 255))

    piece = piece_of(attached((encoded(image), "product"))[0], longer_px=600)

    assert (piece.look, piece.picture.size) == ("cut", (200, 80))
    assert piece.swatches[0].rgb == RED


def test_half_transparent_edges_keep_their_colour_and_no_white() -> None:
    image = Image.new("RGBA", (60, 60), (*BLUE, 128))

    piece = piece_of(attached((encoded(image), "product"))[0], longer_px=600)

    assert np.asarray(piece.picture)[30, 30] == pytest.approx((*BLUE, 128), abs=2)


# --- cutting out -------------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", [RED, BLUE, GOLD, (20, 20, 24), (250, 250, 250)])
def test_a_product_on_a_shaded_wall_is_cut_out_without_its_shadow(colour: Rgb) -> None:
    image = studio(colour)
    mask = cut_out(image)

    assert mask is not None
    alpha = matted(image, mask)[1]
    x, y = np.meshgrid(np.arange(360), np.arange(360))
    truth = ((x - 180) / 79.2) ** 2 + ((y - 180) / 108) ** 2 <= 1
    found = np.asarray(alpha) > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.97


def test_the_ground_is_seen_through_a_hole() -> None:
    alpha = cut_out(studio(RED, hole=True))

    assert alpha is not None
    x, y = np.meshgrid(np.arange(360), np.arange(360))
    hole = ((x - 180) / 28.8) ** 2 + ((y - 180) / 36) ** 2 <= 1
    assert (np.asarray(alpha)[hole] < 60).mean() > 0.85
    assert np.asarray(alpha)[180, 120] == 255


def test_a_dial_that_differs_a_little_from_the_wall_is_no_hole() -> None:
    image = studio(BLUE)
    ImageDraw.Draw(image).ellipse((145, 145, 215, 215), fill=(246, 246, 244))

    alpha = cut_out(image)

    assert alpha is not None
    assert np.asarray(alpha)[160:200, 160:200].min() > 250


def test_a_busy_background_is_not_cut() -> None:
    blocks = np.random.default_rng(5).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    busy = Image.fromarray(blocks).resize((360, 360), Image.Resampling.BICUBIC)
    busy.paste(RED, (100, 100, 260, 260))

    assert cut_out(busy) is None


def test_a_product_that_runs_out_of_the_picture_is_not_cut() -> None:
    image = Image.new("RGB", (300, 300), (230, 230, 230))
    ImageDraw.Draw(image).rectangle((60, 40, 240, 300), fill=RED)

    assert cut_out(image) is None


def test_a_product_on_a_disc_is_not_cut_out_with_the_disc() -> None:
    image = Image.new("RGB", (360, 360), (196, 92, 90))
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 320, 320), fill=(220, 163, 160))
    draw.polygon([(180, 60), (290, 280), (70, 280)], fill=BLUE)

    assert cut_out(image) is None


def test_a_part_in_a_faint_other_hue_belongs_to_the_product() -> None:
    image = Image.new("RGB", (360, 360), (144, 139, 126))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((130, 60, 230, 110), 8, fill=(155, 150, 156))
    draw.rounded_rectangle((140, 100, 220, 300), 8, fill=GOLD)

    mask = cut_out(image)

    assert mask is not None
    assert (np.asarray(mask)[70:96, 138:222] > 127).mean() > 0.95


def test_a_gap_in_shade_at_the_outline_goes_with_the_ground() -> None:
    image = Image.new("RGB", (360, 360), (222, 222, 218))
    draw = ImageDraw.Draw(image)
    draw.rectangle((90, 80, 270, 300), fill=BLUE)
    draw.rectangle((172, 270, 188, 300), fill=(140, 140, 137))

    mask = cut_out(image)

    assert mask is not None
    assert (np.asarray(mask)[276:296, 176:184] < 128).all()
    assert np.asarray(mask)[200, 180] == 255


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), RED])
def test_an_even_picture_has_no_product(colour: Rgb) -> None:
    assert cut_out(Image.new("RGB", (200, 200), colour)) is None


def test_regions_are_what_a_flood_would_find() -> None:
    mask = np.random.default_rng(4).random((70, 90)) > 0.45
    mask[10:20, :] = True
    image = Image.fromarray(mask.astype(np.uint8) * 255)

    labels = regions(mask)

    assert ((labels > 0) == mask).all()
    for number in (1, int(labels[15, 0]), int(labels.max())):
        y, x = (int(each[0]) for each in np.nonzero(labels == number))
        flood = image.copy()
        ImageDraw.floodfill(flood, (x, y), 7)
        assert ((np.asarray(flood) == 7) == (labels == number)).all()


# --- placing -----------------------------------------------------------------------------------------


def pieces(aspects: Sequence[float], roles: Sequence[Role]) -> list[Piece]:
    return [
        Piece(number, role, "", "cut", Image.new("RGBA", (round(400 * aspect), 400)), (), 0.5)
        for number, (aspect, role) in enumerate(zip(aspects, roles, strict=True), 1)
    ]


@pytest.mark.parametrize("variant", range(1, 13))
@pytest.mark.parametrize("size", [(1024, 850), (560, 1100), (1900, 420), (300, 2400), (900, 1000)])
@pytest.mark.parametrize("count", [1, 2, 4, 7, 14])
def test_nothing_is_cut_off_or_hidden(variant: int, size: tuple[int, int], count: int) -> None:
    aspects = [(0.4, 1.0, 2.6, 0.7, 1.5)[i % 5] for i in range(count)]
    roles: list[Role] = [("product", "accessory", "garment", "logo", "product")[i % 5] for i in range(count)]

    scene = compose(pieces(aspects, roles), size, variant)

    assert sorted(each.piece.number for each in scene.placed) == list(range(1, count + 1))
    for each in scene.placed:
        reach = 0.1 * max(each.box.w, each.box.h) if each.angle_deg else 0.0
        assert each.box.x - reach > -1
        assert each.box.y - reach > -1
        assert each.box.right + reach < size[0] + 1
        assert each.box.bottom + reach < size[1] + 1
        assert each.box.w / each.box.h == pytest.approx(each.piece.aspect, rel=0.02)
    boxes = [each.box for each in scene.placed]
    for index, box in enumerate(boxes):
        for other in boxes[:index]:
            across, down = box.overlap(other)
            assert min(across, down) <= 0 or across * down < 0.04 * min(box.area, other.area)


@pytest.mark.parametrize("variant", range(1, 7))
def test_the_hero_is_the_largest_and_a_logo_small(variant: int) -> None:
    given = pieces([1.0, 1.0, 1.0, 1.0], ["accessory", "logo", "subject", "product"])

    areas = {each.piece.role: each.box.area for each in compose(given, (1024, 850), variant).placed}

    assert areas["subject"] == max(areas.values())
    assert areas["logo"] < 0.5 * areas["subject"]


def test_a_mirrored_composition_swaps_sides_but_not_pieces() -> None:
    given = pieces([0.5, 1.0], ["subject", "product"])

    first, seventh = (compose(given, (1000, 800), variant).placed[0].box for variant in (1, 7))

    assert first.x + first.w / 2 < 500 < seventh.x + seventh.w / 2


def test_boxes_that_start_on_one_spot_end_apart() -> None:
    stage = Box(0, 0, 400, 300)

    boxes = clear_of_each_other([Box(150, 100, 120, 90)] * 5, stage, [Box(300, 0, 100, 60)])

    for index, box in enumerate(boxes):
        assert box.x >= 0
        assert box.right <= 400.001
        for other in (*boxes[:index], Box(300, 0, 100, 60)):
            across, down = box.overlap(other)
            assert min(across, down) <= 0 or across * down <= 0.021 * min(box.area, other.area)


def cards(aspects: Sequence[float]) -> list[Piece]:
    return [
        Piece(number, "product", "", "card", Image.new("RGBA", (round(400 * aspect), 400), (*RED, 255)), (), 0.5)
        for number, aspect in enumerate(aspects, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("variant", range(8))
@pytest.mark.parametrize("size", [(1024, 850), (768, 1100), (1900, 420), (300, 2400)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 14])
def test_photos_are_tiles_on_the_stage_that_do_not_touch(
    variant: int, size: tuple[int, int], count: int
) -> None:
    scene = collage(cards([(1.5, 0.67, 1.0, 0.75)[i % 4] for i in range(count)]), size, variant)

    boxes = [each.box for each in scene.placed]
    assert {each.stance for each in scene.placed} == {"flat"}
    assert sorted(each.piece.number for each in scene.placed) == list(range(1, count + 1))
    for index, box in enumerate(boxes):
        assert min(box.x, box.y) > -1
        assert box.right < size[0] + 1
        assert box.bottom < size[1] + 1
        for other in boxes[:index]:
            assert min(box.overlap(other)) < -2


def test_most_of_every_photo_is_seen() -> None:
    for variant in range(4):
        for each in collage(cards([1.5, 0.67, 1.0, 0.75]), (1024, 850), variant).placed:
            shown = each.box.w / each.box.h / each.piece.aspect
            assert 1 / 1.5 < shown < 1.5


def test_two_products_of_one_role_are_as_large_as_one_another() -> None:
    given = pieces([0.55, 0.5], ["product", "product"])

    for variant in (1, 2, 5, 6):
        one, other = (each.box.area for each in compose(given, (1184, 680), variant).placed[:2])
        assert one == pytest.approx(other, rel=0.02)


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

    assert piece.look == "card"
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
    font, lines = wrapped("many words " * 300, 14, 200, 3)

    assert len(lines) == 3
    assert lines[-1].endswith(("…", "..."))
    assert all(font.getlength(line) <= 200 for line in lines)


def test_a_text_that_fits_is_whole_and_one_without_spaces_is_broken() -> None:
    words = "A gold watch on a red silk cape, seen from above"

    assert " ".join(wrapped(words, 14, 130, 9)[1]) == words
    assert "".join(wrapped("W" * 50, 14, 130, 9)[1]) == "W" * 50


def test_control_characters_and_changes_of_direction_are_not_drawn() -> None:
    assert lettered("red\u202e cape\x00\n now", 14)[1] == "red cape now"


@pytest.mark.parametrize(
    "caption", ["", "Часы на красном шёлке", "赤い絹のケープ", "ساعة ذهبية", "👗 + 👜", "\ud800x"]
)
def test_any_script_is_drawn_or_left_out(caption: str) -> None:
    assert drawn(asked(*fetched(1), caption=caption)).size == (512, 512)
