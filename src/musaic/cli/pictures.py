"""Thumbnails inside the terminal, where it can show pictures: kitty, iTerm and sixel protocols."""

import base64
import io
import os
import select
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL import Image

Protocol = Literal["kitty", "iterm", "sixel"]
_HEIGHT_PX, _GAP_PX, _MOST = 160, 12, 6
# kitty takes at most so much base64 in one escape sequence.
_KITTY_CHUNK = 4096


def show_inline(thumbnails: Sequence[Path | None]) -> None:
    """Print thumbnails in a row, if stdout is a terminal that can show them; else nothing."""
    protocol = terminal_protocol(os.environ) if sys.stdout.isatty() else None
    shown = [path for path in thumbnails[:_MOST] if path is not None]
    if protocol is None or not shown:
        return
    sys.stdout.write(encode(_row(shown), protocol) + "\n")
    sys.stdout.flush()


def terminal_protocol(environ: Mapping[str, str]) -> Protocol | None:
    """Return how this terminal takes pictures; sixel is asked of the terminal itself."""
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if environ.get("TMUX") or term.startswith(("screen", "tmux", "dumb")):
        return None
    if "kitty" in term or environ.get("KITTY_WINDOW_ID") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return "sixel" if _answers_sixel() else None


def _answers_sixel(timeout_s: float = 0.15) -> bool:
    """Ask for the primary device attributes; 4 among them is sixel (VT340 manual, DA1)."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        return False
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        sys.stdout.write("\x1b[c")
        sys.stdout.flush()
        answer = _read_until(descriptor, b"c", time.monotonic() + timeout_s)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
    return b"4" in answer.strip(b"\x1b[?c").split(b";")


def _read_until(descriptor: int, end: bytes, deadline: float) -> bytes:
    answer = b""
    while not answer.endswith(end) and (left := deadline - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            answer += os.read(descriptor, 64)
    return answer


def _row(paths: Sequence[Path]) -> "Image.Image":
    from PIL import Image

    pictures = []
    for path in paths:
        with Image.open(path) as opened:
            width = max(1, round(opened.width * _HEIGHT_PX / opened.height))
            pictures.append(opened.convert("RGB").resize((width, _HEIGHT_PX)))
    row = Image.new("RGB", (sum(p.width + _GAP_PX for p in pictures) - _GAP_PX, _HEIGHT_PX), (255, 255, 255))
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
    heads = ["a=T,f=100,m=1" if i == 0 else "m=1" for i in range(len(chunks) - 1)]
    heads.append("a=T,f=100,m=0" if len(chunks) == 1 else "m=0")
    return "".join(f"\x1b_G{head};{chunk}\x1b\\" for head, chunk in zip(heads, chunks, strict=True))


def _sixel(picture: "Image.Image") -> str:
    """Encode in 64 colours, bands of six rows each (DEC STD 070, chapter 9)."""
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
