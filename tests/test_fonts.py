import os
import shutil
import stat
from functools import partial
from pathlib import Path

import pytest

from musaic import fonts
from musaic.fonts import Typeface, font_for
from tests.fakes.font import write_font

# Letters of a private plane: no font of any machine has them, ours alone do.
PRIVATE = "\U0010f000\U0010f001\U0010f002"


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """What a process has learnt of its fonts is not carried from test to test."""
    for remembered in (fonts._system_fonts, fonts._opened, fonts.has_letter):
        remembered.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one font folder that fontconfig knows of; empty.

    Where fontconfig is not installed, a program of the same name lists that folder in its place.
    """
    where = tmp_path / "fonts"
    where.mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><dir>{where}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>"
    )
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    if shutil.which("fc-list") is None:
        program = tmp_path / "bin" / "fc-list"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\nfor f in {where}/*.ttf; do [ -e "$f" ] && printf "%s\\t0\\t0\\t80\\n" "$f"; done\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return where


@pytest.fixture
def no_fontconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without fontconfig; return the user's own font folder."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "share" / "fonts"


def family(text: str) -> tuple[str | None, str | None]:
    found = font_for(text, 20)
    return found.font.getname()[0], found.missing


def test_plain_text_takes_the_bundled_font_and_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert family("a golden watch, 50 % off…") == ("Aileron", None)
    assert family("") == ("Aileron", None)


def test_missing_letters_are_found_by_fontconfig(folder: Path) -> None:
    write_font(folder / "boxes.ttf", PRIVATE)

    assert family(PRIVATE) == ("Boxes Sans", None)


def test_missing_letters_are_found_in_font_folders_where_there_is_no_fontconfig(no_fontconfig: Path) -> None:
    write_font(no_fontconfig / "deep" / "Boxes.TTF", PRIVATE)

    assert family(PRIVATE) == ("Boxes Sans", None)


def test_sans_comes_before_other_faces(folder: Path) -> None:
    write_font(folder / "a-Serif.ttf", PRIVATE, family="Wrong")
    write_font(folder / "b-SansMono.ttf", PRIVATE, family="Wrong too")
    write_font(folder / "c-Sans.ttf", PRIVATE, family="Right")

    assert family(PRIVATE) == ("Right", None)


def test_font_that_has_most_of_a_mixed_text_is_taken_and_the_rest_is_told(folder: Path) -> None:
    write_font(folder / "one.ttf", PRIVATE[0], family="One")
    write_font(folder / "two.ttf", PRIVATE[:2], family="Two")

    name, missing = family(PRIVATE)

    assert name == "Two"
    assert missing is not None
    assert "U+10F002" in missing


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (
            "crème brûlée",
            "install a font for accented Latin, on Debian: apt install fonts-dejavu-core fontconfig",
        ),
        ("золотые часы", "install a font for Cyrillic, on Debian: apt install fonts-dejavu-core fontconfig"),
        ("金色手表", "install a font for Chinese, on Debian: apt install fonts-noto-cjk fontconfig"),
        ("きもの", "install a font for Japanese, on Debian: apt install fonts-noto-cjk fontconfig"),
        ("시계", "install a font for Korean, on Debian: apt install fonts-noto-cjk fontconfig"),
        ("😀", "install a font for emoji, on Debian: apt install fonts-symbola fontconfig"),
        ("ꦱ", "install a font that has U+A9B1, on Debian perhaps: apt install fonts-noto-core fontconfig"),
    ],
)
def test_script_that_no_font_has_is_told_with_the_package(folder: Path, text: str, advice: str) -> None:
    assert family(text) == ("Aileron", advice)


def test_file_that_is_no_font_is_passed_over(no_fontconfig: Path) -> None:
    no_fontconfig.mkdir(parents=True)
    (no_fontconfig / "A-Sans.ttf").write_bytes(b"no font at all")
    write_font(no_fontconfig / "B-Sans.ttf", PRIVATE)

    assert family(PRIVATE) == ("Boxes Sans", None)


def test_fontconfig_that_fails_leaves_the_bundled_font(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fc-list").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    name, missing = family("金")

    assert (name, missing is None) == ("Aileron", False)


@pytest.mark.parametrize("text", ["e\u0301a\u200db\ufe0f", "\ud800 broken", "tab\there\x00", "\u202eabc"])
def test_marks_joiners_and_control_characters_need_no_font_of_their_own(folder: Path, text: str) -> None:
    assert family(text) == ("Aileron", None)


def test_fonts_are_looked_for_also_for_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", nobody)

    assert Path("/usr/share/fonts") in fonts._font_folders()


def test_a_typeface_has_the_letters_of_all_texts_together(folder: Path) -> None:
    write_font(folder / "boxes-Sans.ttf", PRIVATE + "cape")

    face = Typeface(["cape", PRIVATE])

    assert {face.lettered(text, 20)[0].getname()[0] for text in ("cape", PRIVATE)} == {"Boxes Sans"}
    assert Typeface(["cape"]).lettered("cape", 20)[0].getname()[0] == "Aileron"


def test_a_script_that_the_typeface_lacks_is_set_in_another_one_and_not_lost(folder: Path) -> None:
    write_font(folder / "one.ttf", PRIVATE[:2], family="One")
    write_font(folder / "two.ttf", PRIVATE[2], family="Two")
    face = Typeface(["cape", PRIVATE[:2], PRIVATE[2]])

    drawn = [(font.getname()[0], text) for font, text in map(partial(face.lettered, size_px=20), PRIVATE)]

    assert [text for _, text in drawn] == list(PRIVATE)
    assert [family for family, _ in drawn] == ["One", "One", "Two"]


def test_letters_that_no_font_has_are_left_out(folder: Path) -> None:
    face = Typeface([])

    assert face.lettered(f"red {PRIVATE} cape", 20)[1] == "red cape"
