"""A colour profile rebuilt from its colours alone: no texts, no dates, no makers, no bytes of unknown meaning.

Source:
    ICC.1:2001-04 (version 2) and ICC.1:2022 (version 4): "Profile header", "Tag table", "Tag type definitions".
"""

import struct

MOST_BYTES = 1 << 20
_HEADER_BYTES, _MOST_TAGS = 128, 100
_CLASSES = (b"mntr", b"scnr", b"spac", b"prtr")
_SPACES = (b"RGB ", b"GRAY")
_CONNECTIONS = (b"XYZ ", b"Lab ")
# What makes a colour of a number; all else describes the profile, its device, or other media.
_POINTS = (b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt", b"bkpt", b"lumi")
_CURVES = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2", b"gamt")
# Decoders prefer these to what is kept, so a profile with one is not the same without it.
_BEYOND = (b"D2B0", b"D2B1", b"D2B2", b"D2B3")
_PARAMETERS = (1, 3, 4, 5, 7)
_A_DAY = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
_DAYLIGHT = struct.pack(">3i", 63190, 65536, 54061)


def colours_only(profile: bytes) -> bytes | None:
    """Return a profile with nothing in it but what tells colours; None where it cannot be taken apart.

    Colours convert by it as they did before. A profile that came from here comes back as it is.

    Args:
        profile: For RGB or grey; whole.
    """
    try:
        return _rebuilt(profile)
    except (struct.error, ValueError, IndexError):
        return None


def _rebuilt(profile: bytes) -> bytes:
    length = struct.unpack_from(">I", profile)[0]
    if not _HEADER_BYTES + 4 <= length <= len(profile) <= MOST_BYTES or profile[36:40] != b"acsp":
        raise ValueError("no profile")
    tags = _tags(profile[:length])
    if any(name in tags for name in _BEYOND):
        raise ValueError("colours told in a way not understood here")
    kept = {
        name: _kept(name, tags[name])
        for name in (*_POINTS, *_CURVES, b"chad", b"cicp", *_TABLES)
        if name in tags
    }
    modern = profile[8] >= 4
    return _put_together(
        _header(profile), {b"desc": _words(modern, described=True), b"cprt": _words(modern), **kept}
    )


def _header(profile: bytes) -> bytes:
    """Return a header that keeps version, kind, colour spaces and intent."""
    version, kind, space, connection = (profile[at : at + 4] for at in (8, 12, 16, 20))
    if (
        kind not in _CLASSES
        or space not in _SPACES
        or connection not in _CONNECTIONS
        or version[0] not in (2, 4)
    ):
        raise ValueError("a profile for something else")
    intent = struct.unpack_from(">I", profile, 64)[0] & 3
    named = bytes(4) + bytes(4) + version[:2] + bytes(2) + kind + space + connection + _A_DAY + b"acsp"
    return (named + bytes(24) + struct.pack(">I", intent) + _DAYLIGHT).ljust(_HEADER_BYTES, b"\0")


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">I", profile, _HEADER_BYTES)[0]
    if count > _MOST_TAGS:
        raise ValueError("too many tags")
    tags: dict[bytes, bytes] = {}
    for place in range(count):
        name, at, size = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + 12 * place)
        if at < _HEADER_BYTES or size < 8 or at + size > len(profile):
            raise ValueError("a tag outside of the profile")
        # Readers take the first of two tags of one name.
        tags.setdefault(name, profile[at : at + size])
    return tags


def _kept(name: bytes, tag: bytes) -> bytes:
    """Return a tag cut to what its type says it holds, its reserved bytes empty."""
    kind = tag[:4]
    if name in _POINTS and kind == b"XYZ ":
        size = 20
    elif name in _CURVES and kind in (b"curv", b"para"):
        size = _curve_bytes(tag)
    elif name == b"chad" and kind == b"sf32":
        size = 8 + 9 * 4
    elif name == b"cicp" and kind == b"cicp":
        size = 8 + 4
    elif name in _TABLES and kind in (b"mft1", b"mft2"):
        size = _table_bytes(tag)
    else:
        raise ValueError("colours told in a way not understood here")
    if size > len(tag):
        raise ValueError("a tag that is cut")
    return kind + bytes(4) + tag[8:size]


def _curve_bytes(tag: bytes) -> int:
    if tag[:4] == b"curv":
        return 12 + 2 * int(struct.unpack_from(">I", tag, 8)[0])
    function, reserved = struct.unpack_from(">HH", tag, 8)
    if reserved:
        raise ValueError("bytes of unknown meaning")
    return 12 + 4 * _PARAMETERS[function]


def _table_bytes(tag: bytes) -> int:
    """Return the size of a table of colours: matrix, curves in, grid, curves out."""
    inputs, outputs, points, padding = tag[8:12]
    if padding:
        raise ValueError("bytes of unknown meaning")
    if tag[:4] == b"mft1":
        return 48 + 256 * inputs + int(points**inputs) * outputs + 256 * outputs
    before, after = struct.unpack_from(">HH", tag, 48)
    return 52 + 2 * int(before * inputs + points**inputs * outputs + after * outputs)


def _words(modern: bool, *, described: bool = False) -> bytes:
    """Return the texts that a profile must have, saying nothing."""
    if modern:
        text = "colours".encode("utf-16-be")
        return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(text), 28) + text
    if described:
        return b"desc" + bytes(4) + struct.pack(">I", 8) + b"colours\0" + bytes(4 + 4 + 2 + 1 + 67)
    return b"text" + bytes(4) + b"colours\0"


def _put_together(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    at = _HEADER_BYTES + 4 + 12 * len(tags)
    table, places, body = struct.pack(">I", len(tags)), {}, b""
    for name, tag in tags.items():
        # The three curves are often one; it is kept once.
        if tag not in places:
            body += bytes(-(at + len(body)) % 4)
            places[tag] = at + len(body)
            body += tag
        table += struct.pack(">4sII", name, places[tag], len(tag))
    body += bytes(-(at + len(body)) % 4)
    whole = header + table + body
    return struct.pack(">I", len(whole)) + whole[4:]
