"""Which picture of an animation stands for it, and which part of its canvas that covers."""

from collections.abc import Callable, Iterator

from PIL import Image, ImageDraw, ImageFile

Box = tuple[int, int, int, int]

# An animation that shows nothing for longer than this is one of nothing.
_MOST_FRAMES = 50
_MOST_PIXELS = 400_000_000
# A lossy codec does not leave one colour quite alone.
_BLANK_LEVELS = 8


def box_of(started: ImageFile.ImageFile) -> Box | None:
    """Return what part of its canvas a frame that is about to be loaded covers, where that is not all."""
    extents = started.tile[0][1] if started.tile else None
    if extents is None or tuple(extents) == (0, 0, *started.size):
        return None
    left, top, right, bottom = extents
    return left, top, right, bottom


def is_blank(image: Image.Image) -> bool:
    """Say whether a picture from `tones.plain` shows nothing: one colour all over, or all of it clear."""
    if image.mode in ("RGBA", "LA") and not image.getchannel("A").getbbox():
        return True
    return all(_levels(band) <= _BLANK_LEVELS for band in image.split())


def clear_outside(image: Image.Image, boxes: list[Box | None]) -> Image.Image:
    """Return a picture whose canvas is clear where none of the frames so far has been."""
    if None in boxes or not boxes:
        return image
    covered = Image.new("L", image.size, 0)
    for left, top, right, bottom in filter(None, boxes):
        ImageDraw.Draw(covered).rectangle((left, top, right - 1, bottom - 1), fill=255)
    clear = image.convert("RGBA")
    alpha = Image.new("L", image.size, 0)
    alpha.paste(clear.getchannel("A"), mask=covered)
    clear.putalpha(alpha)
    return clear


def first_shown(
    started: ImageFile.ImageFile,
    first: Image.Image,
    box: Box | None,
    plain: Callable[[Image.Image], Image.Image],
) -> Image.Image:
    """Return the first picture of an animation that shows something; the first of all where none does.

    Args:
        started: The animation, its first picture loaded.
        first: That picture, by `plain`.
        box: What it covers.
        plain: Makes of a loaded picture one in a plain mode.
    """
    boxes = [box]
    first = clear_outside(first, boxes)
    if not is_blank(first):
        return first
    first = first.copy()  # it may be the very picture that is about to move on
    try:
        frames = (plain(frame) for frame in _later(started, boxes))
        cleared = (clear_outside(frame, boxes) for frame in frames)
        return next((frame for frame in cleared if not is_blank(frame)), first)
    except Exception:  # what follows the first picture may be broken; then that is what there is
        return first


def _later(started: ImageFile.ImageFile, boxes: list[Box | None]) -> Iterator[Image.Image]:
    most = min(_MOST_FRAMES, _MOST_PIXELS // max(1, started.width * started.height))
    for number in range(1, most):
        try:
            started.seek(number)
        except EOFError:
            return
        boxes.append(box_of(started))
        started.load()
        yield started


def _levels(band: Image.Image) -> int:
    """Return how far the brightest of a band is from its darkest."""
    there = [level for level, count in enumerate(band.histogram()) if count]
    return there[-1] - there[0]
