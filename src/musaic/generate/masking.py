"""What a service says, made fit to be kept: a key that comes back, and letters that no file takes, are taken out.

Done once, where an answer comes in, before any of it reaches a screen, a record or a log.
"""

import base64
import re
from functools import lru_cache
from urllib.parse import quote

from pydantic import JsonValue

MASK = "***"
# Anything shorter is no key, and would be found in ordinary words.
_LEAST_KEY = 8
# JSON can name half a letter (a lone surrogate), which UTF-8 cannot; control characters steer terminals and are no XML.
_HALVES = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def masked(text: str, key: str | None) -> str:
    """Return a text without a key, be it plain, percent-encoded or in base64.

    Example:
        >>> masked("no: key-12345678, a2V5LTEyMzQ1Njc4", "key-12345678")
        'no: ***, ***'
    """
    for spelling in _spellings(key) if key else ():
        text = text.replace(spelling, MASK)
    return text


def masked_bytes(content: bytes, key: str | None) -> bytes:
    """Return bytes without a key, all others as they are."""
    if not key or all(spelling.encode() not in content for spelling in _spellings(key)):
        return content
    return masked(content.decode("latin-1"), key).encode("latin-1")


def writable(text: str) -> str:
    r"""Return a text that every file, screen and XML takes.

    Half letters become ``?``, control characters a space, but for newline and tab.

    Example:
        >>> writable("a\ud83d\tb\x1b[2J")
        'a?\tb [2J'
    """
    return _CONTROLS.sub(" ", _HALVES.sub("?", text))


def clean_json(value: JsonValue, key: str | None, *, but: frozenset[str] = frozenset()) -> JsonValue:
    """Return JSON whose texts and names are all `writable` and hold no key.

    Args:
        value: Of a service; left as it is.
        key: What to take out.
        but: Names whose texts are pictures, megabytes long, and stay as they are, uncopied.
    """
    if isinstance(value, str):
        return masked(writable(value), key)
    if isinstance(value, list):
        return [clean_json(each, key, but=but) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        masked(writable(name), key): each
        if name in but and isinstance(each, str)
        else clean_json(each, key, but=but)
        for name, each in value.items()
    }


@lru_cache(maxsize=8)
def _spellings(key: str) -> tuple[str, ...]:
    """Return the ways to write a key, longest first."""
    if len(key) < _LEAST_KEY:
        return (key,)
    found = {key, quote(key, safe=""), *_in_base64(key.encode())}
    return tuple(sorted(found, key=len, reverse=True))


def _in_base64(key: bytes) -> set[str]:
    """Return what base64, in both alphabets, makes of a key wherever it stands in a text: the letters all its own."""
    found = set()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + key).decode().rstrip("=")
        # The first letters hold bits of what stands before, the last one may hold bits of what follows.
        own = coded[(0, 2, 3)[before] :]
        own = own if (before + len(key)) % 3 == 0 else own[:-1]
        found |= {own, own.replace("+", "-").replace("/", "_")}
    return found
