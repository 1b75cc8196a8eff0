"""Checks of what an engine sent back, before it is called a picture.

A check is a function `(shown, wanted) -> list[Finding]`; `CHECKS` names them all. Checks never touch
the network and never raise: a bad picture is a finding. What needs more than the call itself to judge
by, a brand kit say, will be a second table of functions beside this one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.errors import MediaError
from musaic.media import Picture, sniff
from musaic.media.picture import open_content
from musaic.schemas import Finding

# The largest picture of any model in the table, 4K at 1:1 or 21:9, has 17 megapixels.
_MOST_PIXELS = 100_000_000

# Services round to what their models draw: 16:9 comes as 1376 x 768, 0.8 % off; 21:9 as 1584 x 672, 1 % off.
# The nearest two ratios that can be asked for, 5:4 and 4:3, are 6.5 % apart.
RATIO_TOLERANCE = 0.04

# Of the longer side, which at every ratio of the table has at least the pixels of its size: 1K is 1024 x 1024 or
# 1376 x 768. Services that have other sizes come near: 1536 for 2K.
LEAST_SIDE = 0.7

# A picture is compared in cells of this many pixels, so that the noise of an encoder averages out while a
# small change stays. Measured on 500 photos of 192 px, 40 of 768 px and six up to 2000 px, each saved again
# as JPEG (quality 50, 65, 75, 85, 95) and WebP (50, 95): mean difference at most 1.3 levels of 255, worst
# cell at most 4.3; scaled by 0.75 or 1.5 on the way, worst cell at most 6 in 98 of 100. On the other side:
# a patch of 5 % of the side (of 768 px) changed in colour, worst cell at least 7.7; everything brighter by 4
# levels, mean at least 3.2; cropped by 1 %, worst cell above 6 in 98 of 100; two different photos, mean at
# least 15.
CELL_PX, MOST_CELLS, LEAST_CELLS = 12, 64, 8
SAME_MEAN, SAME_CELL = 2.0, 6.0
SAME_ASPECT = 0.02
# An answer wider than its reference by more than this factor is the reference enlarged: something was done.
ENLARGED = 1.25

# Levels between the darkest and brightest of 64 x 64 cells, in the channel where they differ most. The
# flattest of 600 photos has 93.
BLANK_SPREAD = 8
_BLANK_CELLS = 64

_SIZE = re.compile(r"([1-9]\d{0,3})(K?)")
_RATIO = re.compile(r"([1-9]\d{0,4}):([1-9]\d{0,4})")
_OTHER_SPELLINGS = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}


@dataclass(frozen=True, slots=True)
class Examined:
    """What came back, judged.

    Attributes:
        state: `picture` for something to keep; `no_picture` where it is a reference unchanged; `malformed`
            where it does not decode.
        reason: Why it is no picture, in words; None for one.
        mime: What the bytes are, whatever was said of them; None where that is unknown.
        width: Pixels, upright; None where it does not decode.
        height: The same.
        findings: What the checks say, in the order of `CHECKS`.
    """

    state: Literal["picture", "no_picture", "malformed"]
    reason: str | None
    mime: str | None
    width: int | None
    height: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture under examination: its bytes, and decoded."""

    content: bytes = field(repr=False)
    picture: Picture


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for.

    Attributes:
        ratio: E.g. ``16:9``; anything that is not two numbers asks for none.
        size: ``512``, ``1K``, ``2K`` or ``4K``; anything else asks for none.
        references: Number and bytes of each picture that was sent.
        said: MIME type the service gave; None where it gave none.
    """

    ratio: str
    size: str
    references: Sequence[tuple[int, bytes]] = field(repr=False)
    said: str | None


Check = Callable[[Shown, Wanted], list[Finding]]


def examine(
    content: bytes,
    *,
    ratio: str,
    references: Sequence[tuple[int, bytes]],
    size: str = "",
    said: str | None = None,
) -> Examined:
    """Decode an answer and run every check on it.

    Args:
        content: The bytes that came.
        ratio: What was asked for, e.g. ``16:9``.
        references: Number and bytes, as sent, of each reference.
        size: What was asked for, e.g. ``2K``; empty where no size was.
        said: MIME type the service claims for `content`.
    """
    mime = sniff(content[:64])
    try:
        shown = Shown(content, _opened(content))
    except MediaError as exc:
        return Examined("malformed", _sentence(exc.reason), mime, None, None, ())
    wanted = Wanted(ratio, size, references, said)
    findings = tuple(finding for check in CHECKS.values() for finding in check(shown, wanted))
    reason = next((finding.message for finding in findings if finding.severity == "error"), None)
    width, height = shown.picture.width, shown.picture.height
    return Examined("no_picture" if reason else "picture", reason, mime, width, height, findings)


def unchanged(shown: Shown, wanted: Wanted) -> list[Finding]:
    """Find that the answer is one of the references: an error, a warning where it was enlarged."""
    for number, reference in wanted.references:
        if reference == shown.content:
            return [_unchanged_error(number)]
        try:
            picture = _opened(reference)
        except MediaError:  # not ours to judge: the service took it
            continue
        if not _same(shown.picture, picture):
            continue
        if shown.picture.width <= picture.width * ENLARGED:
            return [_unchanged_error(number)]
        message = f"the answer is image {number} enlarged and otherwise unchanged"
        return [Finding(check="unchanged", severity="warning", message=message)]
    return []


def ratio(shown: Shown, wanted: Wanted) -> list[Finding]:
    """Find that the sides are not in the proportion that was asked for: a warning."""
    asked = _RATIO.fullmatch(wanted.ratio)
    width, height = shown.picture.width, shown.picture.height
    if not asked or abs(log(width / height / (int(asked[1]) / int(asked[2])))) <= RATIO_TOLERANCE:
        return []
    got = f"{width / height:.2f}:1" if width >= height else f"1:{height / width:.2f}"
    message = f"asked for {wanted.ratio}, but the picture is {width} x {height} pixels, which is {got}"
    return [Finding(check="ratio", severity="warning", message=message)]


def size(shown: Shown, wanted: Wanted) -> list[Finding]:
    """Find that the picture is much smaller than was asked for: a warning."""
    asked = _SIZE.fullmatch(wanted.size)
    width, height = shown.picture.width, shown.picture.height
    if not asked or max(width, height) >= LEAST_SIDE * int(asked[1]) * (1024 if asked[2] else 1):
        return []
    message = f"asked for {wanted.size}, but the picture is only {width} x {height} pixels"
    return [Finding(check="size", severity="warning", message=message)]


def blank(shown: Shown, _wanted: Wanted) -> list[Finding]:
    """Find that the picture is of one colour, or nearly: a warning."""
    cells = _cells(shown.picture, _BLANK_CELLS)
    if int(np.ptp(cells, axis=(0, 1)).max()) > BLANK_SPREAD:
        return []
    colour = "#{:02x}{:02x}{:02x}".format(*np.rint(cells.mean(axis=(0, 1))).astype(int).tolist())
    message = f"the picture is blank: nothing in it differs from {colour}"
    return [Finding(check="blank", severity="warning", message=message)]


def label(shown: Shown, wanted: Wanted) -> list[Finding]:
    """Find that the bytes are of another type than the service said: a note."""
    said = (wanted.said or "").partition(";")[0].strip().lower()
    if not said or _OTHER_SPELLINGS.get(said, said) == shown.picture.mime:
        return []
    message = f"the service called it {said}, but it is {shown.picture.mime}"
    return [Finding(check="label", severity="note", message=message)]


CHECKS: dict[str, Check] = {
    "unchanged": unchanged,
    "ratio": ratio,
    "size": size,
    "blank": blank,
    "label": label,
}


def _opened(content: bytes) -> Picture:
    # The shorter side keeps twice `min_side_px`: enough for the finest cells, and a quarter of the time.
    least_px = CELL_PX * MOST_CELLS // 2
    return open_content(
        content, path=Path("answer"), min_side_px=least_px, max_pixels=_MOST_PIXELS, thumbnail_px=least_px
    )


def _sentence(reason: str) -> str:
    return f"the answer cannot be used: {reason}" if reason.startswith("its ") else f"the answer {reason}"


def _unchanged_error(number: int) -> Finding:
    return Finding(check="unchanged", severity="error", message=f"the answer is image {number} unchanged")


def _same(one: Picture, other: Picture) -> bool:
    """Return whether two pictures show the same, but for what encoding and scaling do."""
    if abs(log(one.width / one.height * other.height / other.width)) > SAME_ASPECT:
        return False
    shortest = min(*one.image.size, *other.image.size)
    count = max(LEAST_CELLS, min(MOST_CELLS, shortest // CELL_PX))
    difference = np.abs(_cells(one, count) - _cells(other, count)).mean(axis=2)
    return bool(difference.mean() <= SAME_MEAN and difference.max() <= SAME_CELL)


def _cells(picture: Picture, count: int) -> NDArray[np.int16]:
    """Return the mean colours of `count` x `count` cells of a picture, shape (count, count, 3)."""
    return np.asarray(picture.image.resize((count, count), Image.Resampling.BOX), dtype=np.int16)
