"""Which width and height to ask for: a model of OpenAI's takes only some."""

import math
import re
from dataclasses import dataclass
from itertools import product

from musaic.generate.base import pixels

# Source: `size` in openai 3.54.0, types/image_edit_params.py, and OpenAI's image generation guide.
_STANDARD = ((1024, 1024), (1536, 1024), (1024, 1536))
# The three standard sizes are said to hold for every model, free ones for these alone.
_FREE = re.compile(r"gpt-image-2(\.5)?(-|$)")
_STEP, _LONGEST_EDGE, _WIDEST = 16, 3840, 3.0
_LEAST_PIXELS, _MOST_PIXELS = 655_360, 8_294_400


@dataclass(frozen=True, slots=True)
class AskedSize:
    """The size a request names.

    Attributes:
        text: As the wire has it, ``1536x1024``.
        note: Where the model cannot make the picture that was wanted: what is asked for instead, in words.
    """

    text: str
    note: str | None = None


def is_gpt_image(model: str) -> bool:
    """Return whether an id is one of OpenAI's image models, also behind a proxy's prefix.

    Example:
        >>> is_gpt_image("openai/gpt-image-2"), is_gpt_image("Qwen/Qwen-Image-Edit-2511")
        (True, False)
    """
    return _name(model).startswith(("gpt-image", "chatgpt-image"))


def asked_size(model: str, *, ratio: str, size: str, limited: bool | None = None) -> AskedSize:
    """Return the size to ask for, the nearest that the model takes.

    Args:
        model: Id as the service names it.
        ratio: E.g. ``16:9``.
        size: ``512``, ``1K``, ``2K`` or ``4K``.
        limited: Whether OpenAI's limits hold; None: for its own model ids.

    Example:
        >>> asked_size("gpt-image-2", ratio="16:9", size="1K").text
        '1360x768'
        >>> asked_size("gpt-image-1.5", ratio="16:9", size="1K")
        AskedSize(text='1536x1024', note='gpt-image-1.5 makes no 16:9 picture at 1K; 1536x1024 is asked for instead')
    """
    wanted = pixels(ratio, size)
    if not (is_gpt_image(model) if limited is None else limited):
        return AskedSize(_text(wanted))
    chosen = _nearest_free(wanted) if _FREE.match(_name(model)) else _nearest_standard(wanted)
    if chosen == wanted:
        return AskedSize(_text(chosen))
    note = f"{model} makes no {ratio} picture at {size}; {_text(chosen)} is asked for instead"
    return AskedSize(_text(chosen), note)


def _name(model: str) -> str:
    return model.rsplit("/", 1)[-1].lower()


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _nearest_standard(wanted: tuple[int, int]) -> tuple[int, int]:
    return min(_STANDARD, key=lambda size: abs(math.log(size[0] / size[1] * wanted[1] / wanted[0])))


def _nearest_free(wanted: tuple[int, int]) -> tuple[int, int]:
    """Return a size that keeps every limit: the ratio first, then the area, is as near as they allow."""
    if _fits(wanted):
        return wanted
    ratio = min(max(wanted[0] / wanted[1], 1 / _WIDEST), _WIDEST)
    most = min(_MOST_PIXELS, _LONGEST_EDGE**2 / max(ratio, 1 / ratio))
    area = min(max(wanted[0] * wanted[1], _LEAST_PIXELS), most)
    across, down = (int(math.sqrt(area * shape) / _STEP) for shape in (ratio, 1 / ratio))
    steps = product(range(across - 1, across + 3), range(down - 1, down + 3))
    near = [(_STEP * width, _STEP * height) for width, height in steps]
    return min(filter(_fits, near), key=lambda size: _distance(size, ratio, area))


def _distance(size: tuple[int, int], ratio: float, area: float) -> float:
    shape, room = size[0] / size[1] / ratio, size[0] * size[1] / area
    return 4 * abs(math.log(shape)) + abs(math.log(room))


def _fits(size: tuple[int, int]) -> bool:
    long, short = max(size), min(size)
    within = long <= _LONGEST_EDGE and long <= _WIDEST * short
    return within and _LEAST_PIXELS <= long * short <= _MOST_PIXELS
