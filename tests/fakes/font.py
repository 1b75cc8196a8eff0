"""A real TrueType font, made in memory: every letter asked for is a box, drawn a little differently each.

It has letters that no font of a machine has, so that tests of font search do not depend on what is installed.
"""

import struct
from pathlib import Path


def write_font(file: Path, letters: str, *, family: str = "Boxes Sans") -> Path:
    """Write a font of 1,000 units an em with one glyph a letter; glyph 0 is the sign for a missing one."""
    codes = sorted(map(ord, letters))
    glyphs = [_box(100, 300), *(_box(600, 300 + 10 * (number % 40)) for number in range(len(codes)))]
    offsets = [0]
    for glyph in glyphs:
        offsets.append(offsets[-1] + len(glyph))
    count = len(glyphs)
    tables = {
        b"OS/2": _os2(codes), b"cmap": _cmap(codes), b"glyf": b"".join(glyphs),
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, 1000, 0, 0, 0, 0, 800, 800, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, 800, 0, 0, 800, 1, *[0] * 7, count),
        b"hmtx": struct.pack(">Hh", 800, 50) * count,
        b"loca": struct.pack(f">{count + 1}I", *offsets),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, count, 8, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _name(family), b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_sfnt(tables))
    return file


def _box(width: int, height: int) -> bytes:
    right, top = 50 + width, height
    head = struct.pack(">hhhhh", 1, 50, 0, right, top)
    points = struct.pack(">HH", 3, 0) + b"\x01" * 4
    xs, ys = struct.pack(">hhhh", 50, width, 0, -width), struct.pack(">hhhh", 0, 0, top, 0)
    glyph = head + points + xs + ys
    return glyph + b"\0" * (-len(glyph) % 4)


def _cmap(codes: list[int]) -> bytes:
    groups = b"".join(struct.pack(">III", code, code, number) for number, code in enumerate(codes, 1))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _name(family: str) -> bytes:
    texts = {1: family, 2: "Regular", 4: family, 6: family.replace(" ", "")}
    records, strings = b"", b""
    for number, text in texts.items():
        encoded = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(encoded), len(strings))
        strings += encoded
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + strings


def _os2(codes: list[int]) -> bytes:
    first, last = min(codes[0], 0xFFFF), min(codes[-1], 0xFFFF)
    return struct.pack(
        ">HhHHHhhhhhhhhhhh10sIIII4sHHHhhhHH", 0, 800, 400, 5, 0, *[0] * 11, b"\0" * 10, 0, 0, 0, 0, b"TEST",
        64, first, last, 800, -200, 0, 800, 200,
    )  # fmt: skip


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    offset = 12 + 16 * len(tables)
    directory, body = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 32), b""
    for tag, table in tables.items():
        directory += struct.pack(">4sIII", tag, 0, offset + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    return directory + body
