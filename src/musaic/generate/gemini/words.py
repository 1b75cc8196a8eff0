"""Words that came from outside, made fit for a message: short, without markup, without the key."""

import html
import re

from musaic.generate.masking import MASK, masked, writable

_UNSEEN = re.compile(r"(?is)<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^>]*>")
_SECRETS = re.compile(r"AIza[\w-]{20,}|AQ\.[\w-]{20,}|ya29\.[\w.-]+|(?<=[?&]key=)[^&\s\"'<>]+")
# A page longer than this says nothing more that a message could use.
_MOST_READ = 5_000


def plain(text: str) -> str:
    """Return a text without control characters and lone surrogates, which neither terminal nor file takes."""
    return writable(text).strip()


def shown(text: str, *, key: str | None, most: int = 300) -> str:
    r"""Return a text fit for a message: one line, no markup, no key or token, at most `most` characters.

    Args:
        text: Of a server or a library.
        key: Taken out wherever it stands.
        most: Longer texts are cut and end in an ellipsis.

    Example:
        >>> shown("<html><title>502 Bad Gateway</title>\n<body>key=abc</body></html>", key="abc")
        '502 Bad Gateway key=***'
    """
    line = " ".join(html.unescape(_UNSEEN.sub(" ", plain(_scrubbed(text, key)[:_MOST_READ]))).split())
    # Again, for a key written with entities; and before it is cut, so that no first half of one is left over.
    line = _scrubbed(line, key)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _scrubbed(text: str, key: str | None) -> str:
    return _SECRETS.sub(MASK, masked(text, key))
