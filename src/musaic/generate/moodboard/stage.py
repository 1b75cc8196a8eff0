"""Painting a composition: ground, props, shadows, pieces."""

import math

import numpy as np
from PIL import Image

from musaic.colors import Rgb, from_lch, srgb, to_rgb
from musaic.generate.moodboard import ground
from musaic.generate.moodboard.boxes import Box
from musaic.generate.moodboard.lettering import centred
from musaic.generate.moodboard.masks import arch_mask, drum_mask, oval_mask, rounded_mask
from musaic.generate.moodboard.pieces import Piece
from musaic.generate.moodboard.scene import Placed, Prop, Scene
from musaic.generate.moodboard.scheme import Scheme
from musaic.generate.moodboard.shadows import Shade

_FROST: Rgb = to_rgb(from_lch(0.96, 0.006, 80))
# The white rim of a photo that stands, as a part of its shorter side.
_MOUNT = 0.035


def paint(
    scene: Scene, scheme: Scheme, size: tuple[int, int], *, setting: Image.Image | None, lean: int
) -> Image.Image:
    """Return the stage.

    Args:
        scene: What stands where.
        scheme: Its colours.
        size: Width and height.
        setting: Picture of a place for the ground, of that size; None for a studio.
        lean: 1 for light from the left, -1 from the right.
    """
    image = _ground(scene, scheme, size, setting)
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if lean < 0 and setting is None else image
    for prop in scene.props:
        image = _with_prop(image, prop, scheme, lean, plain=setting is None)
    prepared = [(placed, _prepared(placed)) for placed in scene.placed]
    shade = Shade(size)
    # A studio's wall runs into its floor; the sky over a place takes no shadow.
    ground_at = -math.inf if setting is None or scene.floor is None else scene.floor * size[1]
    for placed, picture in prepared:
        _cast(shade, placed, picture, lean, ground_at)
    image = ground.shaded(image, shade.field)
    for placed, picture in prepared:
        middle = placed.box.x + placed.box.w / 2, placed.box.y + placed.box.h / 2
        corner = round(middle[0] - picture.width / 2), round(middle[1] - picture.height / 2)
        image.paste(picture, corner, picture)
    return image


def _ground(scene: Scene, scheme: Scheme, size: tuple[int, int], setting: Image.Image | None) -> Image.Image:
    if setting is not None:
        return setting
    return ground.table(size, scheme) if scene.floor is None else ground.sweep(size, scheme, scene.floor)


def _cast(shade: Shade, placed: Placed, picture: Image.Image, lean: int, ground_at: float) -> None:
    box = Box(
        placed.box.x + (placed.box.w - picture.width) / 2, placed.box.y + (placed.box.h - picture.height) / 2,
        picture.width, picture.height,
    )  # fmt: skip
    alpha = picture.getchannel("A")
    if placed.piece.role == "logo" and placed.piece.look == "cut":
        return
    match placed.stance:
        case "stands":
            shade.stands(alpha, box, lean=lean, depth=box.bottom - ground_at)
        case "raised":
            shade.touches(alpha, box)
        case "hangs":
            shade.hangs(alpha, box, lean=lean)
        case "lies":
            shade.lies(alpha, box, lean=lean)
        case "flat":
            return


# --- pieces ------------------------------------------------------------------------------------------


def _prepared(placed: Placed) -> Image.Image:
    """Return a piece at its size, framed and turned."""
    size = max(1, round(placed.box.w)), max(1, round(placed.box.h))
    piece = placed.piece
    if piece.look == "cut":
        picture = piece.picture.resize(size, Image.Resampling.LANCZOS)
    else:
        picture = _card(piece, size) if placed.stance == "flat" else _mounted(piece, size)
    if placed.angle_deg:
        picture = picture.rotate(placed.angle_deg, Image.Resampling.BICUBIC, expand=True)
    return picture


def _mounted(piece: Piece, size: tuple[int, int]) -> Image.Image:
    """Return a whole picture with a white rim, as a print that can stand by itself."""
    rim = max(2, round(_MOUNT * min(size)))
    inner = max(1, size[0] - 2 * rim), max(1, size[1] - 2 * rim)
    mount = Image.new("RGBA", size, (250, 250, 248, 255))
    mount.paste(_card(piece, inner), (rim, rim))
    return mount


def _card(piece: Piece, size: tuple[int, int]) -> Image.Image:
    """Return a whole picture that fills a tile, cropped round its middle; or a grey one that says what is wrong."""
    width, height = piece.picture.size
    share = (size[0] / size[1]) / (width / height)
    across, down = width * min(1.0, share), height * min(1.0, 1 / share)
    # Heads and collars are above the middle.
    left, top = (width - across) / 2, (height - down) * 0.42
    box = (left, top, left + across, top + down)
    card = piece.picture.resize(size, Image.Resampling.LANCZOS, box=box)
    if piece.look == "unreadable":
        centred(card, f"image {piece.number} is unreadable", 0.8 * size[0], fill=(96, 96, 100))
    return card


# --- props -------------------------------------------------------------------------------------------


def _with_prop(image: Image.Image, prop: Prop, scheme: Scheme, lean: int, *, plain: bool) -> Image.Image:
    box = _whole(prop.box)
    if box[2] - box[0] < 2 or box[3] - box[1] < 2 or (plain and prop.kind == "plate"):
        return image
    if prop.kind == "podium":
        return _with_podium(image, prop.box, scheme, lean)
    shape = _shape(prop, (box[2] - box[0], box[3] - box[1]))
    if prop.kind == "plate":
        # On a photograph a plate is frosted glass: the place stays to be seen.
        image.paste(_FROST, box, shape.point([round(0.55 * level) for level in range(256)]))
        return image
    if prop.kind == "shelf":
        shade = Shade(image.size)
        shade.lies(shape, prop.box, lean=lean, height=0.5)
        image = ground.shaded(image, shade.field)
    image.paste(_colour(prop, scheme), box, shape)
    return image


def _whole(box: Box) -> tuple[int, int, int, int]:
    return round(box.x), round(box.y), round(box.right), round(box.bottom)


def _colour(prop: Prop, scheme: Scheme) -> Rgb:
    if prop.kind in ("tile", "panel"):
        return scheme.tiles[prop.tone % len(scheme.tiles)]
    if prop.kind == "shelf":
        return to_rgb(scheme.wall + np.array([0.055, 0, 0], np.float32))
    return to_rgb(scheme.prop)


def _shape(prop: Prop, size: tuple[int, int]) -> Image.Image:
    match prop.kind:
        case "tile" | "plate":
            return rounded_mask(size, 0.022 * (size[0] * size[1]) ** 0.5)
        case "panel":
            return Image.new("L", size, 255)
        case "shelf":
            return rounded_mask(size, 0.3 * size[1])
        case "disc":
            return oval_mask(size)
        case _:
            return arch_mask(size)


def _with_podium(image: Image.Image, box: Box, scheme: Scheme, lean: int) -> Image.Image:
    """Draw a round podium: its side lit from one flank, its top an ellipse."""
    left, top, right, bottom = _whole(box)
    width, height = right - left, bottom - top
    lid = max(4, round(0.5 * height))
    shade = Shade(image.size)
    body = drum_mask((width, height), lid)
    shade.carries(box, lid, lean=lean)
    image = ground.shaded(image, shade.field)
    image.paste(_flank((width, height), scheme, lean), (left, top), body)
    image.paste(
        to_rgb(scheme.wall + np.array([0.05, 0, 0], np.float32)),
        (left, top, right, top + lid),
        oval_mask((width, lid)),
    )
    return image


def _flank(size: tuple[int, int], scheme: Scheme, lean: int) -> Image.Image:
    across = np.linspace(0, 1, size[0], dtype=np.float32)
    across = across if lean > 0 else 1 - across
    light = 0.05 * np.exp(-(((across - 0.28) / 0.22) ** 2)) - 0.13 * across**2 - 0.035
    column = srgb(scheme.wall + light[:, None] * np.array([1, 0, 0], np.float32))
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(column, (size[1], size[0], 3))))
