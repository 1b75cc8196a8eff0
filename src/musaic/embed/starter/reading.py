"""What the starter makes of a query: only what it was taught is encoded, and the rest is named.

An untaught word is cut into letters that training saw in other words, and they pull the vector anywhere: "cozy" before
a kind leaves few first hits right. The same goes for function words that no caption had ("very nice new"). Neither is
encoded; `docs/starter.md` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from musaic.embed.base import Understood
from musaic.embed.starter.words import NAMING, NEGATIONS, Piece, WordList

_STOPS = re.compile(r"[,;:.!?/+&|()\n、,;。]")


def understood(query: str, words: WordList | None = None) -> Understood:
    """Return what the starter makes of a query.

    Example:
        >>> made = understood("a cozy rde dress without a belt")
        >>> made.text, made.unknown, made.corrected, made.excluded
        ('red dress', ('cozy',), (('rde', 'red'),), ('without a belt',))
    """
    words = words or WordList.load()
    pieces = words.pieces(query)
    excluded = _excluded(pieces)
    left_out = {i for span in excluded for i in span}
    wanted = [piece for i, piece in enumerate(pieces) if i not in left_out]
    known = [piece for piece in wanted if piece.is_known]
    naming = [words.kinds_of(piece) for piece in known if piece.group in NAMING]
    return Understood(
        text=" ".join(piece.form for piece in known),
        known=_once(piece.typed for piece in known),
        unknown=_once(piece.typed for piece in wanted if piece.group == "unknown"),
        corrected=tuple((piece.typed, piece.form) for piece in known if piece.is_corrected),
        excluded=tuple(" ".join(pieces[i].typed for i in span) for span in excluded),
        phrases=_phrases(query, wanted) if len(naming) > 1 else (),
        kinds=frozenset().union(*naming),
    )


def _excluded(pieces: Sequence[Piece]) -> list[range]:
    """Return where a negation stands with what it negates: up to the thing, or as far as traits go."""
    spans: list[range] = []
    for start, piece in enumerate(pieces):
        if piece.form not in NEGATIONS or piece.is_known:
            continue
        end = start + 1
        while end < len(pieces) and pieces[end].group == "function":
            end += 1
        first = end
        while end < len(pieces) and pieces[end].group in ("colour", "material"):
            end += 1
        if end < len(pieces) and pieces[end].is_known:
            end += 1
        if end > first:
            spans.append(range(start, end))
    return spans


def _phrases(query: str, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Return the parts of a query that each name one thing, with its traits; none where there is but one."""
    phrases: list[list[Piece]] = []
    for part in _parts(query, pieces):
        if any(piece.group in NAMING for piece in part):
            phrases += _single(part)
        elif phrases and any(piece.group != "setting" for piece in part):
            phrases[-1] += part  # "in red", "with gold trim"
    named = _once(" ".join(piece.form for piece in phrase) for phrase in phrases)
    return named if len(named) > 1 else ()


def _parts(query: str, pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the known pieces that stand together, with nothing but spaces and hyphens between them."""
    part: list[Piece] = []
    plain = query
    end = 0
    for piece in pieces:
        if part and (not piece.is_known or _STOPS.search(plain[end : piece.start])):
            yield part
            part = []
        if piece.is_known:
            part.append(piece)
        end = piece.end
    if part:
        yield part


def _single(part: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Cut what stands together so that each holds one thing: before its traits in English, behind it in Spanish."""
    leads = part[0].group in NAMING
    found: list[Piece] = []
    for piece in part:
        names = piece.group in NAMING
        if leads and names and found:
            yield found
            found = []
        found.append(piece)
        if not leads and names:
            yield found
            found = []
    if found:
        yield found


def _once(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
