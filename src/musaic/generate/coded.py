"""Base64 as services write it: in either alphabet, with its padding or without, in lines, or in a `data:` address."""

import base64
import binascii
from urllib.parse import unquote, unquote_to_bytes

_STANDARD = str.maketrans("-_", "+/", " \t\r\n\v\f")
# A `data:` address says in this many letters what follows; base64 itself holds no comma.
_MOST_HEAD = 500


def decoded(text: object) -> bytes | None:
    r"""Return the bytes that a text stands for; None where it stands for none.

    Example:
        >>> decoded("-_8="), decoded("-_8"), decoded("data:image/png;base64,-_8"), decoded("not*base64")
        (b'\xfb\xff', b'\xfb\xff', b'\xfb\xff', None)
    """
    if not isinstance(text, str):
        return None
    head, comma, _ = text[:_MOST_HEAD].partition(",")
    if not comma:
        return _letters(text)
    body = text[len(head) + 1 :]
    if head.rstrip().lower().endswith(";base64"):
        return _letters(unquote(body) if "%" in body else body)
    return unquote_to_bytes(body) or None if head.lstrip().lower().startswith("data:") else None


def _letters(text: str) -> bytes | None:
    letters = text.translate(_STANDARD).rstrip("=")
    try:
        # Without `validate` foreign letters are dropped in silence, and the picture with them.
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None
