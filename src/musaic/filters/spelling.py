"""Accented letters, which Unicode writes in two ways: `é` as one character, or as `e` and an accent.

People type the first (NFC); macOS has long stored file names in the second (NFD).
"""

import unicodedata
from collections.abc import Callable

from musaic.filters.conditions import Condition, Several, Target

_NAMES = ("filename", "folder", "paths")


def in_any_spelling(target: Target, text: str, make: Callable[[str], Condition]) -> Condition:
    """Return a condition on a text that holds for each way to write it, where the field is a name of files.

    Args:
        target: What the condition is about.
        text: As the user wrote it.
        make: Makes the condition for one way to write the text.
    """
    forms = [text]
    if target.field in _NAMES:
        forms += [unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)]
    parts = tuple(map(make, dict.fromkeys(forms)))
    return parts[0] if len(parts) == 1 else Several("or", parts)
