"""How drafts look: whole pictures on one grid, one typeface, no colour or word that comes from nowhere."""

import asyncio
import hashlib
import io
import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from musaic.colors import Swatch, oklab
from musaic.fonts import Typeface
from musaic.generate.base import Attachment, Pictured, Request, pixels
from musaic.generate.moodboard import MODEL, MoodboardGenerator
from musaic.generate.moodboard.boxes import Box, shared
from musaic.generate.moodboard.layout import LAYOUTS, Layout, arrange, caption_height
from musaic.generate.moodboard.lettering import draw_lines
from musaic.generate.moodboard.pieces import Piece, piece_of
from musaic.generate.moodboard.scheme import scheme_of
from musaic.generate.moodboard.strip import LABEL, Legend
from musaic.generate.moodboard.tiles import draw_tile, place_of
from musaic.generate.tables import load_models
from musaic.schemas import Role

RED, BLUE = (200, 30, 40), (30, 60, 190)
RATIOS = ("1:1", "16:9", "9:16", "4:5", "21:9", "8:1", "1:8")
Levels = np.ndarray[tuple[int, ...], np.dtype[np.int16]]


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def photo(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (600, 600)) -> bytes:
    """Return a picture of one colour with a black rim, by which it is seen to be whole."""
    image = Image.new("RGB", size, (0, 0, 0))
    image.paste(colour, (4, 4, size[0] - 4, size[1] - 4))
    return encoded(image)


def answered(
    *given: tuple[bytes, Role, str], ratio: str = "1:1", size: str = "1K", variant: int = 1, caption: str = "A cape"
) -> Pictured:  # fmt: skip
    attachments = tuple(
        Attachment(
            number,
            role,
            f"{number:032x}",
            "image/png",
            content,
            hashlib.sha256(content).hexdigest(),
            name=name,
        )
        for number, (content, role, name) in enumerate(given, 1)
    )
    request = Request(MODEL, caption, attachments, ratio, size, variant=variant, caption=caption)
    answer = asyncio.run(MoodboardGenerator().generate(request))
    assert isinstance(answer, Pictured)
    return answer


def levels(answer: Pictured) -> Levels:
    return np.asarray(Image.open(io.BytesIO(answer.pictures[0])).convert("RGB"), np.int16)


def pieces(count: int, *, cut: bool = False, side: int = 900) -> list[Piece]:
    aspects = itertools.cycle((0.67, 1.5, 0.8, 1.0, 7.0, 0.1))
    return [
        Piece(number, "product", "", Image.new("RGBA", (max(1, round(side * next(aspects))), side)), cut=cut)
        for number in range(1, count + 1)
    ]


def legend(given: list[Piece], size: tuple[int, int]) -> Legend:
    return Legend(
        "A cape by the sea", "", scheme_of(given, "", 1), Typeface([LABEL]), max(10.0, size[0] / 70)
    )


def arranged(given: list[Piece], size: tuple[int, int], variant: int) -> Layout:
    return arrange(given, size, legend(given, size), variant)


def edges(boxes: list[Box]) -> Box:
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)


# --- the grid ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", range(1, LAYOUTS + 1))
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 14])
def test_the_outer_margins_are_equal(count: int, ratio: str, variant: int) -> None:
    given, size = pieces(count), pixels(ratio, "1K")
    layout = arranged(given, size, variant)

    below = caption_height(legend(given, size), size)
    captioned = [tile.inset(0, 0, 0, -below) for tile in layout.tiles]
    whole = edges([*captioned, layout.strip])

    assert whole == Box(0, 0, *size).inset(*[layout.margin] * 4)


@pytest.mark.parametrize("variant", range(1, LAYOUTS + 1))
@pytest.mark.parametrize("ratio", RATIOS[:5])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 14])
def test_neighbours_are_one_gap_apart(count: int, ratio: str, variant: int) -> None:
    given, size = pieces(count), pixels(ratio, "1K")
    layout = arranged(given, size, variant)
    below = caption_height(legend(given, size), size)

    for tile in layout.tiles:
        beside = [other for other in layout.tiles if other.y < tile.bottom and tile.y < other.bottom]
        under = [other for other in layout.tiles if other.x < tile.right and tile.x < other.right]
        across = [other.x - tile.right for other in beside if other.x > tile.x]
        down = [other.y - tile.bottom for other in under if other.y > tile.y]
        assert not across or min(across) == layout.gap
        assert not down or min(down) == layout.gap + below


@pytest.mark.parametrize("variant", range(1, LAYOUTS + 1))
@pytest.mark.parametrize("size", [(1024, 1024), (1360, 768), (768, 1360), (512, 512), (192, 1440)])
@pytest.mark.parametrize("count", [1, 2, 4, 7, 14])
def test_every_picture_is_whole_and_hides_no_other(count: int, size: tuple[int, int], variant: int) -> None:
    given = pieces(count)
    layout = arranged(given, size, variant)

    places = [place_of(tile, piece) for tile, piece in zip(layout.tiles, given, strict=True)]
    for place, tile, piece in zip(places, layout.tiles, given, strict=True):
        assert tile.x <= place.x
        assert tile.y <= place.y
        assert place.right <= tile.right
        assert place.bottom <= tile.bottom
        if min(place.w, place.h) > 40:
            assert place.w / place.h == pytest.approx(piece.aspect, rel=0.03)
    for one, other in itertools.combinations([*layout.tiles, layout.strip], 2):
        assert one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y


@pytest.mark.parametrize("size", [(1024, 1024), (1360, 768), (820, 1024)])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 14])
def test_no_picture_is_a_stamp_beside_a_poster(count: int, size: tuple[int, int]) -> None:
    for variant in range(1, LAYOUTS + 1):
        tiles = arranged(pieces(count), size, variant).tiles
        for one, other in itertools.combinations(tiles, 2):
            if one.y == other.y and one.h == other.h:
                assert max(one.w, other.w) <= 2.8 * min(one.w, other.w)
        areas = [tile.w * tile.h for tile in tiles]
        assert max(areas) < 6 * min(areas)


def test_pictures_that_fit_together_fill_their_tiles_edge_to_edge() -> None:
    given = [Piece(number, "product", "", Image.new("RGBA", (900, 900))) for number in (1, 2)]

    layout = arranged(given, (1560, 672), 1)

    assert [place_of(tile, piece) for tile, piece in zip(layout.tiles, given, strict=True)] == list(
        layout.tiles
    )


@pytest.mark.parametrize("side", [24, 192, 300])
def test_a_small_picture_is_not_blown_up(side: int) -> None:
    small = Piece(1, "product", "", Image.new("RGBA", (side, side)))

    place = place_of(arranged([small], (1024, 1024), 1).tiles[0], small)

    assert (place.w, place.h) == (1.5 * side, 1.5 * side)


def test_parts_of_a_length_add_up_to_it() -> None:
    for total, weights in ((100, [1, 1, 1]), (7, [3.0, 0.5, 0.1]), (1000, [1.5] * 13)):
        assert sum(shared(total, weights)) == total


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_no_two_variants_have_one_layout(count: int, ratio: str) -> None:
    given, size = pieces(count), pixels(ratio, "1K")
    layouts = [arranged(given, size, variant) for variant in range(1, LAYOUTS + 1)]

    for one, other in itertools.combinations(layouts, 2):
        words = one.strip, other.strip
        apart = abs(words[0].x - words[1].x) + abs(words[0].y - words[1].y)
        longer = abs(words[0].w - words[1].w) + abs(words[0].h - words[1].h)
        # The words have moved to another side of the board.
        assert max(apart, longer) > 0.3 * min(size)
        assert one.tiles != other.tiles


@pytest.mark.parametrize("given", [(), ((photo(), "product", "cape"),)])
def test_variants_can_be_told_apart_at_a_glance(given: tuple[tuple[bytes, Role, str], ...]) -> None:
    boards = [
        np.asarray(
            Image.fromarray(levels(answered(*given, size="512", variant=variant)).astype(np.uint8)).convert("L")
            .resize((16, 16), Image.Resampling.BOX), np.int16,
        )
        for variant in range(1, LAYOUTS + 1)
    ]  # fmt: skip

    for one, other in itertools.combinations(boards, 2):
        assert np.abs(one - other).max() > 30


# --- pictures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["product", "setting", "style", "base", "logo"])
@pytest.mark.parametrize("size", [(600, 600), (1200, 300), (300, 1200)])
@pytest.mark.parametrize("tile", [Box(20, 20, 300, 300), Box(20, 20, 340, 200)])
def test_all_of_a_picture_is_drawn_whatever_its_role(tile: Box, size: tuple[int, int], role: Role) -> None:
    corners = ((250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 0, 250))
    quarters = Image.new("RGBA", (2, 2))
    quarters.putdata([(*rgb, 255) for rgb in corners])
    piece = Piece(1, role, "", quarters.resize(size, Image.Resampling.NEAREST))
    board = Image.new("RGB", (400, 400), (255, 255, 255))

    draw_tile(board, tile, piece, legend([], (400, 400)), caption_px=0)

    seen = [int((np.abs(np.asarray(board, np.int16) - rgb).max(axis=2) < 40).sum()) for rgb in corners]
    assert min(seen) > 300
    assert max(seen) < 1.12 * min(seen)


@pytest.mark.parametrize("level", [0, 120, 255])
def test_a_logo_without_a_ground_is_seen_on_every_mat(level: int) -> None:
    logo = Image.new("RGBA", (300, 120))
    ImageDraw.Draw(logo).rectangle((0, 0, 200, 119), fill=(level, level, level, 255))
    piece = piece_of(Attachment(1, "logo", "", "image/png", encoded(logo), ""), longer_px=400)

    for variant in range(1, LAYOUTS + 1):
        mat = scheme_of([piece], "", variant).mat_of(piece)
        assert abs(float(oklab(mat)[0] - oklab((level, level, level))[0])) > 0.2


def test_a_white_photo_on_white_paper_has_an_edge() -> None:
    white = encoded(Image.new("RGB", (700, 700), (255, 255, 255)))

    board = levels(answered((white, "product", "snow"), ratio="16:9"))

    column = board[: len(board) // 2, 200].mean(axis=1)
    assert np.abs(np.diff(column)).max() > 10


# --- words and colours -------------------------------------------------------------------------------


@pytest.fixture
def faces(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Every text that is drawn, with the family of its font."""
    drawn: list[tuple[str, str | None]] = []
    written = ImageDraw.ImageDraw.text

    def text(self: ImageDraw.ImageDraw, xy: object, text: str, **how: object) -> None:
        font = how["font"]
        assert isinstance(font, ImageFont.FreeTypeFont)
        drawn.append((text, font.getname()[0]))
        written(self, xy, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", text)
    return drawn


@pytest.mark.parametrize("caption", ["A gold watch", "Золотые часы", "Crème brûlée — à deux", "Χρυσό ρολόι"])
@pytest.mark.parametrize("name", ["gold watch", "часы"])
def test_a_board_is_set_in_one_typeface(faces: list[tuple[str, str | None]], caption: str, name: str) -> None:
    answered((photo(), "product", name), (photo(BLUE), "garment", "silk cape"), caption=caption)

    assert len(faces) > 6
    assert len({family for text, family in faces if text}) == 1


def test_captions_are_names_and_never_ids(faces: list[tuple[str, str | None]]) -> None:
    answered((photo(), "product", "gold watch"), (photo(BLUE), "garment", ""))

    texts = [text for text, _ in faces]
    assert "1 gold watch" in texts
    assert "2 garment" in texts
    assert not [text for text in texts if "00000000" in text]


@pytest.mark.parametrize("variant", range(1, LAYOUTS + 1))
def test_words_alone_have_no_palette(faces: list[tuple[str, str | None]], variant: int) -> None:
    board = levels(answered(caption="A red cape by the sea", variant=variant))

    assert {text for text, _ in faces} <= {
        LABEL,
        *(text for text, _ in faces if text in "A red cape by the sea"),
    }
    colours, counts = np.unique(board.reshape(-1, 3), axis=0, return_counts=True)
    # Paper and ink; all else is their blend at the edges of letters.
    assert (counts > 0.01 * board.shape[0] * board.shape[1]).sum() <= 2
    assert len(colours) > 2


def test_no_colour_of_the_palette_is_a_blend_at_an_edge() -> None:
    swatches = tuple(Swatch(rgb, share) for rgb, share in ((RED, 0.7), (BLUE, 0.29), ((115, 45, 115), 0.01)))
    given = [Piece(1, "product", "", Image.new("RGBA", (9, 9)), swatches=swatches)]

    assert set(scheme_of(given, "", 1).palette) == {RED, BLUE}


def test_a_colour_that_is_named_colours_the_paper_of_words() -> None:
    red, blue = (levels(answered(caption=f"a {name} cape", size="512")) for name in ("red", "blue"))

    assert red[300, 300, 0] - red[300, 300, 2] > 10
    assert blue[300, 300, 2] > red[300, 300, 2]


def test_a_draft_says_so(faces: list[tuple[str, str | None]]) -> None:
    answered((photo(), "product", "cape"))
    answered()

    assert [text for text, _ in faces].count("DRAFT moodboard") == 2


def test_letters_without_a_font_are_named_in_the_strip_and_in_the_answer(
    monkeypatch: pytest.MonkeyPatch, faces: list[tuple[str, str | None]]
) -> None:
    monkeypatch.setattr("musaic.fonts._system_fonts", lambda lacking: ())

    mixed = answered((photo(), "product", "cape"), caption="Gold watch 金色手表 on slate")
    said = " ".join(text for text, _ in faces)
    none = answered((photo(), "product", "手表"), caption="金色手表")
    plain = answered((photo(), "product", "cape"), caption="Gold watch on slate")

    assert "Gold watch on slate" in said
    assert "fonts-noto-cjk" in said
    assert "fonts-noto-cjk" in " ".join(mixed.notes)
    assert [note.split(" on the draft")[0].rpartition("of ")[2] for note in none.notes] == [
        "the prompt",
        "the names",
    ]
    assert plain.notes == ()


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


@pytest.mark.parametrize(
    "words", ["one", "A gold watch on a red silk cape in the evening", "many words " * 60]
)
@pytest.mark.parametrize("ratio", ["1:1", "16:9", "9:16", "4:1", "1:4"])
def test_words_stay_within_the_margins(words: str, ratio: str) -> None:
    for variant in range(1, LAYOUTS + 1):
        board = levels(
            answered(
                (photo(), "product", "cape " * 20), caption=words, ratio=ratio, size="512", variant=variant
            )
        )
        size = board.shape[1], board.shape[0]
        margin = arranged(pieces(1), size, 1).margin - 2
        paper = board[0, 0]
        off = np.abs(board - paper).max(axis=2) > 24
        off[-1, :64] = False  # the mark
        assert not off[:margin].any()
        assert not off[:, :margin].any()
        assert not off[-margin:].any()
        assert not off[:, -margin:].any()


def test_the_table_of_models_promises_as_many_variants_as_there_are_layouts() -> None:
    assert load_models({})[MODEL].variants == LAYOUTS
