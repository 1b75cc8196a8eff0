"""A font that has the letters of a text: Pillow's own, else one that fontconfig finds."""

import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# What to install where a script has no font, by Unicode block: first letter, last letter, package.
_PACKAGES = (
    (0x0400, 0x052F, "Cyrillic", "fonts-dejavu-core"),
    (0x0370, 0x03FF, "Greek", "fonts-dejavu-core"),
    (0x3040, 0x30FF, "Japanese", "fonts-noto-cjk"),
    (0x3400, 0x9FFF, "Chinese", "fonts-noto-cjk"),
    (0xAC00, 0xD7AF, "Korean", "fonts-noto-cjk"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A font for a text; `missing` says what to install where none has all its letters."""

    font: Font
    missing: str | None = None


def font_for(text: str, size_px: int) -> Found:
    """Return a font with every letter of a text, as far as there is one."""
    letters = frozenset(text) - frozenset(" \t\n…")
    bundled = _bundled(size_px)
    lacking = sorted(letter for letter in letters if not _has(bundled, letter))
    if not lacking:
        return Found(bundled)
    for path, index in _system_fonts("".join(lacking)):
        font = _opened(path, index, size_px)
        if font is not None and all(_has(font, letter) for letter in letters):
            return Found(font)
    return Found(bundled, _advice(lacking[0]))


@lru_cache(maxsize=8)
def _bundled(size_px: int) -> Font:
    return ImageFont.load_default(size_px)


@lru_cache(maxsize=32)
def _opened(path: str, index: int, size_px: int) -> Font | None:
    try:
        return ImageFont.truetype(path, size_px, index=index)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _has(font: Font, letter: str) -> bool:
    """Say whether a font draws a letter as something else than its sign for a missing one."""
    drawn, missing = font.getmask(letter), font.getmask("\U0010ffff")
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


@lru_cache(maxsize=64)
def _system_fonts(letters: str) -> tuple[tuple[str, int], ...]:
    """Return files and face numbers of fonts that claim some letters, upright ones first."""
    program = shutil.which("fc-list")
    if program is None:
        return ()
    wanted = " ".join(f"{ord(letter):x}" for letter in letters)
    command = [program, "-f", "%{file}\t%{index}\t%{slant}\t%{weight}\n", f":charset={wanted}"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(
        (file, int(index) & 0xFFFF) for file, index, *_ in sorted(_rows(listed.stdout), key=_plainness)
    )


def _rows(text: str) -> list[list[str]]:
    return [row for line in text.splitlines() if len(row := line.split("\t")) == 4 and row[1].isdigit()]


def _plainness(row: list[str]) -> tuple[bool, bool, float, str]:
    """Order upright sans-serif before others, regular (80 in fontconfig) before bold."""
    file, _, slant, weight = row
    odd = "Sans" not in file or "Mono" in file or "Condensed" in file
    return slant not in ("", "0"), odd, abs(float(weight) - 80) if weight.isdigit() else 100.0, file


def _advice(letter: str) -> str:
    for first, last, script, package in _PACKAGES:
        if first <= ord(letter) <= last:
            return f"install one for {script}, on Debian: apt install {package} fontconfig"
    return f"install one that has the letter U+{ord(letter):04X}, and fontconfig"
