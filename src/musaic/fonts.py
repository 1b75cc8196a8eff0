"""A font that has the letters of a text: Pillow's own, which has ASCII and little more, else one of this system's.

Fontconfig is asked where it is installed; elsewhere (macOS, Windows) the usual font folders are looked through.
"""

import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
# A font file and the number of the face in it; None: Pillow's own.
_Face = tuple[str, int] | None

# What to install where a script has no font, by Unicode block: first letter, last letter, script, package.
_PACKAGES = (
    (0x00A1, 0x024F, "accented Latin", "fonts-dejavu-core"),
    (0x0370, 0x03FF, "Greek", "fonts-dejavu-core"),
    (0x0400, 0x052F, "Cyrillic", "fonts-dejavu-core"),
    (0x3040, 0x30FF, "Japanese", "fonts-noto-cjk"),
    (0x3400, 0x9FFF, "Chinese", "fonts-noto-cjk"),
    (0x20000, 0x323AF, "Chinese", "fonts-noto-cjk"),
    (0xAC00, 0xD7AF, "Korean", "fonts-noto-cjk"),
    (0x1F000, 0x1FAFF, "emoji", "fonts-symbola"),
)
# Marks, joiners and spaces need no picture of their own.
_UNSEEN = ("Mn", "Me", "Cf", "Cc", "Cs", "Zs")
_ENDINGS = (".ttf", ".otf", ".ttc")
# Of how many letters, when no font has all, those that have it are asked for.
_MOST_ASKED = 4
# The size at which a font is looked at for letters: all its sizes have the same ones.
_JUDGED_PX = 24


@dataclass(frozen=True, slots=True)
class Found:
    """A font for a text; `missing` says what to install where none has all its letters."""

    font: Font
    missing: str | None = None


class Typeface:
    """The one family in which all texts of a piece of artwork are set, as far as one font here has their letters.

    It is chosen for all of them together, so that no line is set in another face than the next.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Choose a face for texts, in any scripts; more of them may be set later."""
        self._face, _ = _face_for(_letters("".join(texts)))

    def lettered(self, text: str, size_px: int) -> tuple[Font, str]:
        """Return a font for a text, and the text without the letters that no font here has.

        A text in a script that the face lacks is set in another one as a whole, if that has more of it.
        """
        wanted = _letters(text)
        face, lacking = self._face, _lacking(_font(self._face, _JUDGED_PX), wanted)
        if lacking:
            other, other_lacking = _face_for(wanted)
            face, lacking = (other, other_lacking) if len(other_lacking) < len(lacking) else (face, lacking)
        font = _font(face, size_px)
        kept = "".join(letter for letter in text if letter not in lacking)
        return font, drawable(font, " ".join(kept.split()) if lacking else kept)


def font_for(text: str, size_px: int) -> Found:
    """Return a font with every letter of a text, or with as many as one font here has."""
    face, lacking = _face_for(_letters(text))
    return Found(_font(face, size_px), _advice(min(lacking)) if lacking else None)


def _letters(text: str) -> frozenset[str]:
    return frozenset(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)


def _face_for(letters: frozenset[str]) -> tuple[_Face, frozenset[str]]:
    """Return the face that lacks fewest of some letters, Pillow's own before others, and what it lacks."""
    best: _Face = None
    lacking = _lacking(_font(None, _JUDGED_PX), letters)
    for face in _system_fonts("".join(sorted(lacking))) if lacking else ():
        font = _opened(*face, _JUDGED_PX)
        left = lacking if font is None else _lacking(font, letters)
        if len(left) < len(lacking):
            best, lacking = face, left
        if not lacking:
            break
    return best, lacking


def _font(face: _Face, size_px: int) -> Font:
    font = None if face is None else _opened(*face, size_px)
    return font or _bundled(size_px)


def _lacking(font: Font, letters: frozenset[str]) -> frozenset[str]:
    return frozenset(letter for letter in letters if not has_letter(font, letter))


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
def has_letter(font: Font, letter: str) -> bool:
    """Say whether a font draws a letter as something else than its sign for a missing one."""
    drawn, missing = font.getmask(letter), font.getmask("\U0010ffff")
    return (drawn.size, bytes(drawn)) != (missing.size, bytes(missing))


def drawable(font: Font, text: str) -> str:
    """Return a text without the boxes that a font would draw for marks, joiners and odd spaces which it lacks."""
    return "".join(map(partial(_as_drawn, font), text))


def _as_drawn(font: Font, letter: str) -> str:
    category = unicodedata.category(letter)
    if letter == " " or category not in _UNSEEN or has_letter(font, letter):
        return letter
    return " " if category == "Zs" else ""


@lru_cache(maxsize=64)
def _system_fonts(lacking: str) -> tuple[tuple[str, int], ...]:
    """Return files and face numbers of fonts that may have some letters, the likeliest first."""
    program = shutil.which("fc-list")
    if program is None:
        return tuple((str(path), 0) for path in _files_in_font_folders())
    # First those with all the letters, then those with any one of them.
    wanted = dict.fromkeys([lacking, *lacking[:_MOST_ASKED]])
    rows = dict.fromkeys(row for letters in wanted for row in _listed(program, letters))
    return tuple(rows)


def _listed(program: str, letters: str) -> list[tuple[str, int]]:
    """Return fonts of which fontconfig says that they have all of some letters."""
    wanted = " ".join(f"{ord(letter):x}" for letter in letters)
    command = [program, "-f", "%{file}\t%{index}\t%{slant}\t%{weight}\n", f":charset={wanted}"]
    try:
        answer = subprocess.run(command, capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    lines = os.fsdecode(answer.stdout).splitlines()
    rows = [row for line in lines if len(row := line.split("\t")) == 4 and row[1].isdigit()]
    # The upper half of fontconfig's number is the instance of a variable font.
    return [(file, int(index) & 0xFFFF) for file, index, *_ in sorted(rows, key=_plainness)]


def _plainness(row: list[str]) -> tuple[bool, bool, float, str]:
    """Order upright sans-serif before others, regular (80 in fontconfig) before bold."""
    file, _, slant, weight = row
    distance = abs(float(weight) - 80) if weight.isdigit() else 100.0
    return slant not in ("", "0"), _is_odd(Path(file).name), distance, file


def _is_odd(name: str) -> bool:
    return "Sans" not in name or "Mono" in name or "Condensed" in name


def _files_in_font_folders() -> Iterator[Path]:
    found = (path for folder in _font_folders() for path in folder.rglob("*"))
    fonts = (path for path in found if path.suffix.lower() in _ENDINGS)
    yield from sorted(fonts, key=lambda path: (_is_odd(path.name), "Bold" in path.name, path.name))


def _font_folders() -> list[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  Path.home raises for users without one
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"]
    own = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share") / "fonts"
    return [own, home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]


def _advice(letter: str) -> str:
    for first, last, script, package in _PACKAGES:
        if first <= ord(letter) <= last:
            return f"install a font for {script}, on Debian: apt install {package} fontconfig"
    return f"install a font that has U+{ord(letter):04X}, on Debian perhaps: apt install fonts-noto-core fontconfig"
