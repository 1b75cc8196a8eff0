"""What people call a picture: the words of its file name, where it has any."""

import re
import unicodedata
from pathlib import PurePath

_UUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
# Digests and ids go from letters to digits and back; names end in their number.
_ID = re.compile(
    r"(?=.*(?:[0-9][a-z]+[0-9]|[a-z][0-9]+[a-z]))(?:[0-9a-f]{8,}|[0-9a-z]{20,})|[0-9a-f]{32,}", re.IGNORECASE
)
_JOINTS = re.compile(r"[\s_+~]+")
# The hyphen of a T-shirt stays.
_HYPHENS = re.compile(r"(?<=\w\w)[-–—]+(?=\w)|(?<=\w)[-–—]+(?=\d)|(?<!\d)\.(?=\w)|(?<=\w)\.(?!\d)")
# What cameras, phones and programs call every picture.
_EVERY = re.compile(
    r"(?:img|dsc[nf]?|dscf|p|pxl|mvi|mvimg|cimg|sam|gopr|image|img|photo|picture|pic|scan|screenshot|untitled|file"
    r"|download|unnamed|wa|copy)\W*\d*",
    re.IGNORECASE,
)


def spoken_name(path: PurePath | str) -> str:
    """Return the words of a file's name without its ending, or "" where there are none.

    Ids, digests and what cameras count are no words.

    Example:
        >>> spoken_name("shop/gold_watch-01.jpg"), spoken_name("IMG_2041.jpg")
        ('gold watch 01', '')
    """
    stem = unicodedata.normalize("NFC", PurePath(path).stem)
    text = _JOINTS.sub(" ", _UUID.sub(" ", stem)).strip()
    # Who writes spaces means the hyphens between them.
    text = text if " " in stem else _HYPHENS.sub(" ", text)
    words = [word for word in text.split() if not _ID.fullmatch(word.strip("-–—.()[]"))]
    named = [word for word in words if any(map(str.isalpha, word)) and not _EVERY.fullmatch(word)]
    return " ".join(words).strip(" -–—.") if named else ""
