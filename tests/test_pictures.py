import base64
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.cli.pictures import Protocol, encode, terminal_protocol
from tests.shop import PROGRAM, Shop, run
from tests.terminal import Terminal

pytestmark = pytest.mark.usefixtures("alone")


def decode_kitty(text: str) -> Image.Image:
    """Follow the kitty graphics protocol: chunks of base64, m=1 on all but the last, keys on the first alone."""
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    keys = [dict(pair.split("=") for pair in head.split(",")) for head, _ in parts]
    assert keys[0]["a"] == "T"
    assert keys[0]["f"] == "100"  # PNG
    assert [key["m"] for key in keys] == ["1"] * (len(keys) - 1) + ["0"]
    assert all(set(key) == {"m"} for key in keys[1:])
    assert all(len(chunk) <= 4096 for _, chunk in parts)
    assert all(len(chunk) % 4 == 0 for _, chunk in parts[:-1])
    return Image.open(io.BytesIO(base64.b64decode("".join(chunk for _, chunk in parts))))


def decode_iterm(text: str) -> Image.Image:
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):([A-Za-z0-9+/=]+)\a", text.strip())
    assert found is not None
    content = base64.b64decode(found[2])
    assert len(content) == int(found[1])
    return Image.open(io.BytesIO(content))


def decode_sixel(text: str) -> Image.Image:
    """Follow DEC STD 070: a palette in percent, then bands of six rows, one pass over the band a colour."""
    found = re.search(r'\x1bP[0-9;]*q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert found is not None
    width, height = int(found[1]), int(found[2])
    canvas = np.full((height + 6, width, 3), -1)
    palette: dict[int, tuple[float, ...]] = {}
    colour, column, top = 0, 0, 0
    for token in re.finditer(r"#(\d+)(?:;2;(\d+);(\d+);(\d+))?|!(\d+)([?-~])|([?-~])|([$-])", found[3]):
        if token[1]:
            colour = int(token[1])
            if token[2]:
                palette[colour] = tuple(2.55 * int(token[part]) for part in (2, 3, 4))
        elif token[8]:
            column = 0
            top += 6 * (token[8] == "-")
        else:
            count, sign = (int(token[5]), token[6]) if token[5] else (1, token[7])
            bits = ord(sign) - 63
            rows = [top + bit for bit in range(6) if bits >> bit & 1]
            assert column + count <= width
            canvas[rows, column : column + count] = palette[colour]
            column += count
    assert (canvas[:height] >= 0).all()  # every pixel was drawn
    assert (canvas[height:] < 0).all()  # and none below the picture
    return Image.fromarray(canvas[:height].astype(np.uint8), "RGB")


DECODERS = {"kitty": decode_kitty, "iterm": decode_iterm, "sixel": decode_sixel}


def colourful(width: int, height: int) -> Image.Image:
    gradient = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (gradient, gradient.rotate(180), gradient.resize((width, height)).rotate(90)))


def difference(first: Image.Image, second: Image.Image) -> float:
    pixels = [np.asarray(each.convert("RGB"), np.float64) for each in (first, second)]
    assert pixels[0].shape == pixels[1].shape
    return float(np.abs(pixels[0] - pixels[1]).mean())


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (300, 160), (64, 161), (1, 200)])
@pytest.mark.parametrize(("protocol", "most"), [("kitty", 0.0), ("iterm", 0.0), ("sixel", 12.0)])
def test_picture_survives_its_escape_sequence(protocol: Protocol, most: float, size: tuple[int, int]) -> None:
    picture = colourful(*size)

    decoded = DECODERS[protocol](encode(picture, protocol))

    assert difference(decoded, picture) <= most


def test_kitty_splits_a_large_picture_into_chunks() -> None:
    noise = Image.effect_noise((300, 300), 90).convert("RGB")

    text = encode(noise, "kitty")

    assert text.count("\x1b_G") > 10
    assert difference(decode_kitty(text), noise) == 0


def test_sixel_of_plain_colours_keeps_them_to_the_percent() -> None:
    flag = Image.new("RGB", (30, 18), "red")
    flag.paste((0, 0, 255), (15, 0, 30, 18))

    assert difference(decode_sixel(encode(flag, "sixel")), flag) < 1


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, None),
        ({"TERM": "dumb"}, None),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, None),
        ({}, None),
    ],
)
def test_terminal_is_known_by_its_environment(environ: dict[str, str], protocol: Protocol | None) -> None:
    # pytest's stdin is no terminal, so that nothing is asked.
    assert terminal_protocol(environ) == protocol


# What asks may wait as long as a busy machine's terminal takes to answer.
ASK = """
import os, sys
import musaic.cli.pictures as pictures
if len(sys.argv) > 1:
    pictures._ANSWER_S = 90
print("is", pictures.terminal_protocol(os.environ))
print("got", input())
"""


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        ("\x1b[?62;4;22c", "sixel"),
        ("\x1b[?64;1;2;4c", "sixel"),
        ("\x1b[?6c", "None"),
        ("\x1b[?4;6c", "None"),
        ("", "None"),
    ],
)
def test_terminal_is_asked_for_sixel_and_silence_is_no(tmp_path: Path, answer: str, protocol: str) -> None:
    patience = ["patient"] if answer else []
    terminal = Terminal([sys.executable, "-c", ASK, *patience], here=tmp_path)
    terminal.read_until(lambda screen: "\x1b[c" in screen)
    terminal.type(answer)
    terminal.read_until(lambda screen: "is " in screen)
    terminal.type("hello\n")

    assert terminal.end() == 0
    assert f"is {protocol}" in terminal.screen
    assert "got hello" in terminal.screen  # the answer was taken out of what is typed
    assert "[?" not in terminal.screen  # and not echoed


PATIENT = """
import runpy, sys
import musaic.cli.pictures as pictures
pictures._ANSWER_S = 90
sys.argv[0] = "musaic"
runpy.run_module("musaic", run_name="__main__", alter_sys=True)
"""


def test_what_was_typed_ahead_is_kept_and_nothing_is_asked(tmp_path: Path) -> None:
    terminal = Terminal(
        [sys.executable, "-c", f"import select; select.select([0], [], []); {ASK}"], here=tmp_path
    )
    terminal.type("hello\n")

    assert terminal.end() == 0
    assert "\x1b[c" not in terminal.screen
    assert "is None" in terminal.screen
    assert "got hello" in terminal.screen


def sequences(screen: str, protocol: Protocol) -> Image.Image:
    patterns = {
        "kitty": r"(?:\x1b_G[^\x1b]*\x1b\\)+",
        "iterm": r"\x1b\]1337;[^\a]*\a",
        "sixel": r"\x1bP.*?\x1b\\",
    }
    found = re.findall(patterns[protocol], screen, re.DOTALL)
    assert len(found) == 1
    return DECODERS[protocol](found[0])


@pytest.mark.parametrize("protocol", ["kitty", "sixel"])
def test_search_on_such_a_terminal_shows_the_thumbnails_best_first(
    shop: Shop, tmp_path: Path, protocol: Protocol
) -> None:
    term = {"kitty": "xterm-kitty", "sixel": "xterm"}[protocol]
    program = (sys.executable, "-c", PATIENT) if protocol == "sixel" else PROGRAM
    command = [*program, "search", "red", "--limit", "2", "--library", shop.library]
    terminal = Terminal(command, here=tmp_path, TERM=term)
    if protocol == "sixel":
        terminal.read_until(lambda screen: "\x1b[c" in screen)
        terminal.type("\x1b[?62;4c")

    assert terminal.end() == 0
    picture = sequences(terminal.screen, protocol)
    assert picture.height == 160
    red, green, blue = picture.convert("RGB").getpixel((20, 80))
    assert (red > 240, green < 15, blue < 15) == (True, True, True)
    words = re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|\]8;[^\x1b]*\x1b\\)", "", terminal.screen)
    assert re.search(r"#\s+cosine\s+file\s+folder", words)
    assert re.search(r"1\s+0\.\d{3}\s+red\.png\s+\S+", words)


def test_pictures_are_set_in_as_many_rows_as_the_terminal_needs(shop: Shop, tmp_path: Path) -> None:
    command = [*PROGRAM, "search", "red", "--limit", "6", "--library", shop.library]
    terminal = Terminal(command, here=tmp_path, TERM="xterm-kitty")

    assert terminal.end() == 0
    # 120 columns of 8 pixels hold three pictures of 240.
    rows = re.findall(r"(?:\x1b_G[^\x1b]*\x1b\\)+", terminal.screen)
    assert [decode_kitty(row).size for row in rows] == [(744, 160), (744, 160)]


def test_piped_output_has_no_picture_and_no_escape(shop: Shop, tmp_path: Path) -> None:
    answer = run("search", "red", "--library", shop.library, here=tmp_path, more={"TERM": "xterm-kitty"})

    assert answer.exit_code == 0
    assert "\x1b" not in answer.stdout + answer.stderr


def test_missing_and_broken_thumbnails_are_grey_tiles_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "broken.webp").write_bytes(b"RIFF0000WEBP")
    Image.new("RGB", (80, 80), "blue").save(tmp_path / "blue.png")
    code = (
        "from pathlib import Path; from musaic.cli.pictures import show_inline;"
        "show_inline([None, Path('broken.webp'), Path('gone.webp'), Path('blue.png')])"
    )
    terminal = Terminal([sys.executable, "-c", code], here=tmp_path, TERM="xterm-kitty")

    assert terminal.end() == 0
    picture = decode_kitty(terminal.screen).convert("RGB")
    assert picture.size == (4 * 160 + 3 * 12, 160)
    middles = [picture.getpixel((80 + number * 172, 80)) for number in range(4)]
    assert middles == [(222, 222, 226)] * 3 + [(0, 0, 255)]
