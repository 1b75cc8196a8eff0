"""Text on its way to Milvus: stored without loss, and quoted so that it means itself."""

import re

_ESCAPE = "\x7f"
# Lone surrogates, which protobuf refuses, and what JSON can only write as \u00XX: Milvus 2.3 compares
# metadata keys with the escapes still in them.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ESCAPED = re.compile("\x7f([0-9a-f]{4})")
_LITERAL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_HIGHEST = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def encode_text(text: str) -> str:
    r"""Return text as it is stored: lone surrogates and control characters as `\x7f` and four hex digits.

    Paths that are not valid UTF-8 hold lone surrogates, see `os.fsdecode`. `decode_text` gives back
    exactly what went in.

    Example:
        >>> encode_text("caf\udce9.jpg")
        'caf\x7fdce9.jpg'
    """
    return _UNSAFE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def decode_text(text: str) -> str:
    """Return the text that `encode_text` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def quote(text: str) -> str:
    r"""Return text as a string literal of a Milvus expression, which means that text and nothing else.

    Example:
        >>> print(quote('" or 1 == 1 or "'))
        "\" or 1 == 1 or \""
    """
    return _quote_stored(encode_text(text))


def quote_bounds(prefix: str) -> tuple[str, str | None]:
    """Return literals between which all texts lie that start with a prefix: from the first, below the second.

    The second is None where nothing lies above. Order is that of code points, which is that of UTF-8
    bytes, which is Milvus'.

    Example:
        >>> quote_bounds("cape")
        ('"cape"', '"capf"')
    """
    stored = encode_text(prefix)
    raised = stored.rstrip(chr(_HIGHEST))
    if not raised:
        return _quote_stored(stored), None
    following = ord(raised[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return _quote_stored(stored), _quote_stored(raised[:-1] + chr(following))


def _quote_stored(stored: str) -> str:
    return f'"{stored.translate(_LITERAL)}"'
