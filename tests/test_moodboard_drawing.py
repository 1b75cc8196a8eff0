"""How drafts look: shadows, what stands where on a place, and that the strip's parts keep apart."""

import asyncio
import hashlib
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from musaic.generate.base import Attachment, Pictured, Request, pixels
from musaic.generate.moodboard import MODEL, MoodboardGenerator
from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.collage import collage
from musaic.generate.moodboard.ground import horizon_of
from musaic.generate.moodboard.layout import compose
from musaic.generate.moodboard.lettering import draw_lines
from musaic.generate.moodboard.masks import disc_mask, drum_mask
from musaic.generate.moodboard.pieces import Look, Piece
from musaic.generate.moodboard.scene import Placed, Scene
from musaic.generate.moodboard.scheme import scheme_of
from musaic.generate.moodboard.shadows import Shade
from musaic.generate.moodboard.stage import paint
from musaic.generate.moodboard.strip import Legend, divide, draw_strip
from musaic.schemas import Role

RED, BLUE, BROWN = (200, 30, 40), (60, 110, 190), (130, 92, 66)
TAILS = "Jumpy gypsy playing quietly by the jetty"
Rgb = tuple[int, int, int]


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def product(colour: Rgb = RED) -> bytes:
    image = Image.new("RGB", (300, 300), (226, 226, 224))
    ImageDraw.Draw(image).ellipse((70, 40, 230, 260), fill=colour)
    return encoded(image)


def terrace() -> Image.Image:
    """Return a sky over a ground that begins at 0.7 of the height, with a fine pattern in it."""
    image = Image.new("RGB", (600, 400), BLUE)
    image.paste(BROWN, (0, 280, 600, 400))
    image.paste((80, 60, 40), (0, 320, 600, 400), Image.effect_noise((600, 80), 120))
    return image


def answered(
    *given: tuple[bytes, Role], ratio: str = "1:1", size: str = "512", variant: int = 1, caption: str = "A cape"
) -> Pictured:  # fmt: skip
    attachments = tuple(
        Attachment(number, role, f"{number:032x}", "image/png", content, hashlib.sha256(content).hexdigest())
        for number, (content, role) in enumerate(given, 1)
    )
    request = Request(MODEL, caption, attachments, ratio, size, variant=variant, caption=caption)
    answer = asyncio.run(MoodboardGenerator().generate(request))
    assert isinstance(answer, Pictured)
    return answer


def levels(answer: Pictured) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.asarray(Image.open(io.BytesIO(answer.pictures[0])).convert("RGB"), np.int16)


def pieces(count: int, *, role: Role | None = None, look: Look = "cut") -> list[Piece]:
    aspects = itertools.cycle((0.55, 1.6, 0.8, 1.0, 2.6))
    roles: itertools.cycle[Role] = itertools.cycle(
        ("product", "garment", "accessory", "product", "accessory")
    )
    return [
        Piece(number, role or next(roles), "", look, Image.new("RGBA", (round(400 * next(aspects)), 400)), (), 0.5)
        for number in range(1, count + 1)
    ]  # fmt: skip


# --- shadows -----------------------------------------------------------------------------------------


def shaded(side: int) -> Shade:
    """Return the shade of a disc of a size that touches the floor at 0.75 of a stage."""
    shade = Shade((800, 800))
    shade.stands(disc_mask(side), Box(400 - side / 2, 600 - side, side, side), lean=1)
    return shade


@pytest.mark.parametrize("side", [60, 200, 500])
def test_a_shadow_has_no_hard_edges(side: int) -> None:
    field = shaded(side).field

    assert field.max() > 0.3
    assert np.abs(np.diff(field, axis=0)).max() < 0.2
    assert np.abs(np.diff(field, axis=1)).max() < 0.14


def test_a_shadow_is_the_softer_the_larger_the_thing() -> None:
    small, large = (shaded(side).field[:, 100] for side in (120, 480))

    faded = [np.count_nonzero((column[150:] > 0.02) & (column[150:] < 0.3)) for column in (small, large)]
    assert faded[1] > 2 * faded[0]


def test_a_thing_on_a_place_throws_no_shadow_on_the_sky() -> None:
    near, far = (Shade((800, 800)), Shade((800, 800)))
    far.stands(disc_mask(400), Box(200, 200, 400, 400), lean=1)
    near.stands(disc_mask(400), Box(200, 200, 400, 400), lean=1, depth=24)

    sky = (slice(0, (600 - 24 - 24) // 4), slice(155, 200))
    assert far.field[sky].max() > 0.05
    assert near.field[sky].max() < 0.03


def test_the_shadow_of_a_podium_follows_its_round_foot() -> None:
    shade = Shade((800, 400))
    box, lid = Box(200, 200, 400, 80), 40
    shade.carries(box, lid, lean=1)

    inside = np.asarray(drum_mask((400, 80), lid)) > 127
    assert inside[79, 200]
    assert not inside[79, 20]
    front, corner = shade.field[71, 100], shade.field[71, 53]
    assert front > 2 * corner
    assert np.abs(np.diff(shade.field, axis=0)).max() < 0.2


# --- podiums -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [2, 8])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_each_of_a_few_peers_has_a_podium_of_its_own(count: int, variant: int) -> None:
    scene = compose(pieces(count, role="product"), (1024, 822), variant)

    podiums = [prop.box for prop in scene.props if prop.kind == "podium"]
    assert len(podiums) == count
    assert len({round(box.bottom) for box in podiums}) == 1
    assert len({round(each.box.bottom) for each in scene.placed}) == 1
    for one, other in itertools.combinations(podiums, 2):
        assert one.overlap(other)[0] < -3
    for podium, each in zip(podiums, scene.placed, strict=True):
        assert podium.x < each.box.x
        assert podium.right > each.box.right
        assert podium.x > 0
        assert podium.right < 1024


# --- on a place --------------------------------------------------------------------------------------


def feet(scene: Scene, each: Placed) -> float:
    """Return where a piece stands: its own foot, or that of the podium under it."""
    under = [prop.box.bottom for prop in scene.props if prop.kind == "podium" and prop.box.x < each.box.x + 1]
    return under[0] if each.stance == "raised" else each.box.bottom


@pytest.mark.parametrize("variant", range(1, 13))
@pytest.mark.parametrize("size", [(1024, 850), (768, 1120), (512, 1700), (1900, 800), (384, 470)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 9, 14])
def test_everything_stands_on_the_ground_of_a_place(count: int, size: tuple[int, int], variant: int) -> None:
    scene = compose(pieces(count), size, variant, horizon=0.7)

    assert {prop.kind for prop in scene.props} <= {"podium"}
    assert sorted(each.piece.number for each in scene.placed) == list(range(1, count + 1))
    for each in scene.placed:
        assert each.stance in ("stands", "raised")
        assert 0.7 * size[1] < feet(scene, each) < 0.98 * size[1]
        assert each.box.bottom > 0.55 * size[1]
        assert each.box.x > 0
        assert each.box.right < size[0]
        assert each.box.y > 0
    for one, other in itertools.combinations([each.box for each in scene.placed], 2):
        assert min(one.overlap(other)) <= 0


def test_a_place_gives_the_hero_the_most_room() -> None:
    given = [*pieces(1, role="subject"), *pieces(3, role="accessory")]

    for variant in range(1, 7):
        placed = compose(given, (1024, 850), variant, horizon=0.7).placed
        assert max(placed, key=lambda each: each.box.area).piece.role == "subject"


@pytest.mark.parametrize("variant", range(1, 7))
def test_logos_on_a_place_stay_off_what_stands(variant: int) -> None:
    tall = Piece(1, "subject", "", "cut", Image.new("RGBA", (400, 1000)), (), 0.5)

    scene = compose([tall, *pieces(2, role="logo")], (700, 850), variant, horizon=0.7)

    signs = [each.box for each in scene.placed if each.piece.role == "logo"]
    [stands] = [each.box for each in scene.placed if each.piece.role != "logo"]
    assert len(signs) == 2
    assert all(sign.bottom < stands.y for sign in signs)


def test_the_ground_of_a_place_begins_where_its_colours_change() -> None:
    assert horizon_of(terrace()) == pytest.approx(0.7, abs=0.02)
    assert 0.5 < horizon_of(Image.new("RGB", (200, 200), RED)) < 0.8


def test_a_photo_that_stands_on_a_place_has_a_white_rim() -> None:
    [card] = pieces(1, look="card")
    dark = Piece(1, "product", "", "card", Image.new("RGBA", card.picture.size, (*RED, 255)), (), 0.5)
    scene = Scene((Placed(dark, Box(100, 50, 110, 200)),), (), 0.7)

    image = paint(scene, scheme_of([], "", 1), (400, 300), setting=terrace().resize((400, 300)), lean=1)

    assert min(image.getpixel((101, 150)) or (0,)) > 240  # type: ignore[type-var]
    assert image.getpixel((155, 150)) == RED


@pytest.mark.parametrize("ratio", ["1:1", "9:16"])
def test_a_place_alone_is_shown_sharp_and_gives_the_palette(ratio: str) -> None:
    board = levels(answered((encoded(terrace()), "setting"), ratio=ratio))

    strip = board[round(0.72 * len(board)) :]
    for colour in (BLUE, BROWN):
        assert (np.abs(strip - colour).max(axis=2) < 12).mean() > 0.01
    sky = board[: len(board) // 3]
    assert np.abs(sky - BLUE).max() <= 3
    down = np.abs(np.diff(board[: round(0.69 * len(board)), 200], axis=0))
    assert down.max() > 60  # of 124: the horizon is within two pixels or so


# --- the strip ---------------------------------------------------------------------------------------


def legend(count: int, *, em: float = 10.0, caption: str = TAILS) -> Legend:
    """Return a legend with a palette of five known colours."""
    given = pieces(count)
    palette = tuple((20 + 40 * step, 90, 200 - 30 * step) for step in range(5))
    return Legend(caption, "", tuple(given), replace(scheme_of(given, "", 1), palette=palette), em)


@pytest.mark.parametrize(
    ("size", "em"), [((512, 512), 10.0), ((768, 1360), 15.0), ((688, 384), 10.0), ((256, 1024), 10.0)]
)
@pytest.mark.parametrize("caption", [TAILS, f"{TAILS}, {TAILS}, {TAILS}"])
def test_the_prompt_keeps_clear_of_the_palette(caption: str, size: tuple[int, int], em: float) -> None:
    given = legend(4, em=em, caption=caption)
    board = Image.new("RGB", size)
    division = divide(size, given)
    draw_strip(board, division, given)

    left, top = round(division.strip.x), round(division.strip.y)
    strip = np.asarray(board, np.int16)[top:, left:]
    off = np.abs(strip - given.scheme.paper).max(axis=(1, 2)) > 24
    bar = int(np.argmax((strip == given.scheme.palette[0]).all(axis=2).sum(axis=1) > 3 * em))
    written = np.nonzero(off[:bar])[0]
    assert not division.columns
    assert written.max() > 3 * em
    assert bar - written.max() > 0.6 * em


@pytest.mark.parametrize("ratio", ["16:9", "21:9"])
def test_many_references_do_not_squeeze_the_prompt(ratio: str) -> None:
    division = divide(pixels(ratio, "512"), legend(14))

    assert not division.columns
    assert division.stage.w >= 0.5 * pixels(ratio, "512")[0]


def test_the_palette_of_a_square_board_leaves_room_for_the_stage() -> None:
    assert divide((512, 512), legend(5)).stage.h > 0.62 * 512


def test_letters_without_a_font_are_named_in_the_strip_and_in_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("musaic.fonts._system_fonts", lambda lacking: ())

    mixed, plain, none = (
        answered((product(), "product"), size="1K", caption=caption)
        for caption in ("Gold watch 金色手表 on slate", "Gold watch on slate", "金色手表")
    )

    assert "fonts-noto-cjk" in " ".join(mixed.notes)
    assert "fonts-noto-cjk" in " ".join(none.notes)
    assert plain.notes == ()
    first, second = levels(mixed), levels(plain)
    differs = np.abs(first - second).max(axis=2)[840:]
    assert (differs > 60).sum() > 300
    assert np.abs(first - second)[:800].max() == 0


def test_a_prompt_that_is_on_the_stage_is_not_in_the_strip_too() -> None:
    one, other = (
        levels(answered(caption=caption, size="1K")) for caption in ("Quiet morning", "Another mood at dusk")
    )

    rows = np.nonzero(np.abs(one - other).max(axis=(1, 2)))[0]
    assert len(rows) > 20
    assert rows.max() < 0.85 * len(one)


def test_a_text_from_right_to_left_begins_at_the_right() -> None:
    sides = []
    for text in ("ساعة", "watch"):
        image = Image.new("RGB", (400, 60), (255, 255, 255))
        font = ImageFont.load_default(20)
        draw_lines(ImageDraw.Draw(image), (10, 390, 30), [text, text], font, 24, (0, 0, 0))
        sides.append(np.nonzero(np.asarray(image.convert("L")).min(axis=0) < 128)[0])

    assert sides[0].max() > 370 > 200 < sides[0].min()
    assert sides[1].min() < 30
    assert sides[1].max() < 200


# --- odd pictures ------------------------------------------------------------------------------------


def test_a_picture_with_nothing_in_it_is_white() -> None:
    image = levels(answered((encoded(Image.new("RGBA", (300, 300))), "product")))

    assert image[100:200, 200:300].min() > 240


@pytest.mark.parametrize("size", [(384, 470), (560, 384), (1024, 850)])
def test_no_photo_is_a_stamp_beside_a_poster(size: tuple[int, int]) -> None:
    for variant in range(6):
        areas = [each.box.area for each in collage(pieces(14, look="card"), size, variant).placed]
        assert max(areas) < 40 * min(areas)
