"""Thumbnails inside the terminal, where it can show pictures: kitty, iTerm and sixel protocols."""

import base64
import contextlib
import io
import os
import re
import select
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

Protocol = Literal["kitty", "iterm", "sixel"]
_HEIGHT_PX, _GAP_PX, _MOST = 160, 12, 12
_EMPTY, _PAPER = (222, 222, 226), (255, 255, 255)
# Where a terminal does not say how many pixels it is wide, its letters are taken to be so wide.
_LETTER_PX = 8
# kitty takes at most so much base64 in one escape sequence.
_KITTY_CHUNK = 4096
# How long a terminal may take to answer; one that does not know the question never does.
_ANSWER_S = 0.5
# A terminal's answer to a question for its primary device attributes.
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")


def show_inline(thumbnails: Sequence[Path | None]) -> None:
    """Print thumbnails in rows, if stdout is a terminal that can show them; else nothing.

    The order is kept: one that is None or cannot be read becomes a grey tile.
    """
    protocol = terminal_protocol(os.environ) if sys.stdout.isatty() else None
    if protocol is None or not thumbnails:
        return
    for row in _rows([_thumbnail(path) for path in thumbnails[:_MOST]], _terminal_width_px()):
        sys.stdout.write(encode(row, protocol) + "\n")
    sys.stdout.flush()


def terminal_protocol(environ: Mapping[str, str]) -> Protocol | None:
    """Return how this terminal takes pictures; sixel is asked of the terminal itself."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    # These show pictures only where they were built and set up for it, and pass nothing through.
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("screen", "tmux", "dumb")):
        return None
    if "kitty" in term or environ.get("KITTY_WINDOW_ID") or "ghostty" in (term, program):
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if _answers_sixel() else None


def _answers_sixel() -> bool:
    """Ask for the primary device attributes; 4 among them is sixel (VT340 manual, DA1).

    Nothing is asked where the user has typed ahead, or where another program has the terminal.
    """
    if not sys.stdin.isatty() or sys.platform == "win32":
        return False
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    if not _in_foreground(descriptor):
        return False
    before = termios.tcgetattr(descriptor)
    try:
        # TCSANOW: the default would throw away what was typed ahead.
        tty.setcbreak(descriptor, termios.TCSANOW)
        if select.select([descriptor], [], [], 0)[0]:
            return False
        sys.stdout.write("\x1b[c")
        sys.stdout.flush()
        answer = _read_answer(descriptor, time.monotonic() + _ANSWER_S)
        _give_back(descriptor, _ATTRIBUTES.sub(b"", answer))
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    found = _ATTRIBUTES.search(answer)
    # The first number is the class of the terminal.
    return found is not None and b"4" in found[1].split(b";")[1:]


def _in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # a terminal, but not this session's
        return False


def _read_answer(descriptor: int, deadline: float) -> bytes:
    answer = b""
    while not _ATTRIBUTES.search(answer) and (left := deadline - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            byte = os.read(descriptor, 1)
            if not byte:
                break
            answer += byte
    return answer


def _give_back(descriptor: int, typed: bytes) -> None:
    """Put letters that were typed while the terminal was asked back into its queue, where the system lets us."""
    import fcntl
    import termios

    # Linux 6.2 and later refuse by default (sysctl dev.tty.legacy_tiocsti).
    with contextlib.suppress(OSError, AttributeError):
        for byte in typed:
            fcntl.ioctl(descriptor, termios.TIOCSTI, bytes([byte]))


def _terminal_width_px() -> int:
    columns = os.get_terminal_size(sys.stdout.fileno()).columns or 80
    with contextlib.suppress(ImportError, OSError):
        import fcntl
        import struct
        import termios

        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
        width: int = struct.unpack("HHHH", size)[2]
        if width:
            return width
    return columns * _LETTER_PX


def _thumbnail(path: Path | None) -> "Image.Image":
    from PIL import Image

    with contextlib.suppress(OSError):
        if path is not None:
            with Image.open(path) as opened:
                # Very long pictures are cut to three times their height.
                width = min(3 * _HEIGHT_PX, max(8, round(opened.width * _HEIGHT_PX / opened.height)))
                return opened.convert("RGB").resize((width, _HEIGHT_PX))
    return Image.new("RGB", (_HEIGHT_PX, _HEIGHT_PX), _EMPTY)


def _rows(pictures: "Sequence[Image.Image]", width_px: int) -> "list[Image.Image]":
    """Set pictures side by side, as many in a row as fit."""
    rows: list[list[Image.Image]] = []
    used = 0
    for picture in pictures:
        if not rows or used + _GAP_PX + picture.width > width_px:
            rows.append([])
            used = -_GAP_PX
        rows[-1].append(picture)
        used += _GAP_PX + picture.width
    return [_side_by_side(row) for row in rows]


def _side_by_side(pictures: "Sequence[Image.Image]") -> "Image.Image":
    from PIL import Image

    width = sum(picture.width + _GAP_PX for picture in pictures) - _GAP_PX
    row = Image.new("RGB", (width, _HEIGHT_PX), _PAPER)
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + _GAP_PX
    return row


def encode(picture: "Image.Image", protocol: Protocol) -> str:
    """Return the escape sequence that shows an RGB picture."""
    if protocol == "sixel":
        return _sixel(picture)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    if protocol == "iterm":
        return f"\x1b]1337;File=inline=1;size={buffer.tell()}:{text}\a"
    chunks = [text[start : start + _KITTY_CHUNK] for start in range(0, len(text), _KITTY_CHUNK)]
    parts = []
    for number, chunk in enumerate(chunks):
        # q=2: the terminal answers nothing, which would look like typed input.
        head = "a=T,f=100,q=2," if number == 0 else ""
        parts.append(f"\x1b_G{head}m={int(number < len(chunks) - 1)};{chunk}\x1b\\")
    return "".join(parts)


def _sixel(picture: "Image.Image") -> str:
    """Encode in up to 64 colours, bands of six rows each (DEC STD 070, chapter 9)."""
    import numpy as np

    reduced = picture.quantize(64)
    palette = reduced.getpalette() or []
    pixels = np.asarray(reduced)
    parts = [f'\x1bP0;1q"1;1;{picture.width};{picture.height}']
    for number in range(len(palette) // 3):
        red, green, blue = (round(each / 2.55) for each in palette[3 * number : 3 * number + 3])
        parts.append(f"#{number};2;{red};{green};{blue}")
    for top in range(0, picture.height, 6):
        band = pixels[top : top + 6]
        weights = (1 << np.arange(len(band)))[:, None]
        for number in np.unique(band):
            bits = ((band == number) * weights).sum(axis=0) + 63
            parts.append(f"#{number}{_runs(bits.tolist())}$")
        parts.append("-")
    return "".join([*parts, "\x1b\\"])


def _runs(codes: Sequence[int]) -> str:
    """Write sixels with runs of more than three shortened to ``!count``."""
    text, start = [], 0
    for index in range(1, len(codes) + 1):
        if index == len(codes) or codes[index] != codes[start]:
            count, sign = index - start, chr(codes[start])
            text.append(f"!{count}{sign}" if count > 3 else sign * count)
            start = index
    return "".join(text)
