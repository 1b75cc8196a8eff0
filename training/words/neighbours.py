"""English words that are a slip of the keyboard away from a taught one, and are no slips: boat, horse, floral.

``python -m training.words.neighbours --wordnet DIR`` writes the list that ships with the starter. DIR holds the
`index.*` and `*.exc` files of WordNet 3.0 (Debian's `wordnet-base` has them in /usr/share/wordnet).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import ascii_lowercase

from musaic.embed.starter import spelling
from musaic.embed.starter.words import WordList, single_words

_OUT = Path(spelling.__file__).with_name("neighbours.txt")
_PARTS = ("noun", "verb", "adj", "adv")
# WordNet holds no pronouns, prepositions or conjunctions.
_GRAMMAR = """against although among because beside between could during everybody everything from hers herself himself
into itself myself nobody nothing onto other others ours ourselves shall should since somebody someone than theirs them
themselves then there these they those though through toward towards unless until upon what whatever when where whether
which while whom whose would yours yourself"""
_HISSES = ("s", "x", "z", "ch", "sh")
_ENDINGS = {"noun": (), "verb": ("ed",), "adj": ("er", "est"), "adv": ()}


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, required=True)
    folder = parser.parse_args().wordnet
    words = WordList.load()
    # Among the words of one language there are fewer rivals, so that a slip is more often plain.
    spoken = [frozenset((language,)) for language in words.languages] + [frozenset(words.languages)]
    real = set(english(folder))
    found = {word for languages in spoken for word in _mistaken(real, single_words(languages))}
    _OUT.write_text("\n".join(sorted(found)) + "\n", encoding="utf-8")


def _mistaken(real: set[str], taught: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield words that would be taken for a slip of a taught one."""
    rivals: dict[str, list[str]] = {}
    for word in taught:
        for slip in set(_slips(word)) & real:
            rivals.setdefault(slip, []).append(word)
    for word, near in rivals.items():
        if spelling.meant(word, {other: taught[other] for other in near}, real=()) is not None:
            yield word


def _slips(word: str) -> Iterator[str]:
    for i in range(len(word) + 1):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i : i + 2][::-1] + word[i + 2 :]
        for letter in ascii_lowercase:
            yield word[:i] + letter + word[i:]
            yield word[:i] + letter + word[i + 1 :]


def english(folder: Path) -> Iterator[str]:
    """Yield WordNet's words with their regular inflections and its list of irregular ones, and what it leaves out."""
    yield from _GRAMMAR.split()
    for part in _PARTS:
        for line in (folder / f"index.{part}").read_text(encoding="utf-8").splitlines():
            for word in re.split("[-_']", line.split(" ", 1)[0]):
                if word.isalpha():
                    yield from (word, *_inflected(word, part))
        for line in (folder / f"{part}.exc").read_text(encoding="utf-8").splitlines():
            yield line.split(" ", 1)[0]


def _inflected(word: str, part: str) -> Iterator[str]:
    soft = word.endswith("y") and word[-2:-1] not in "aeiou"
    if part in ("noun", "verb"):
        yield word[:-1] + "ies" if soft else word + ("es" if word.endswith(_HISSES) else "s")
    if part == "verb":
        yield word[:-1] + "ing" if word.endswith("e") else word + "ing"
    if _ENDINGS[part]:
        stem = word[:-1] if word.endswith("e") else word[:-1] + "i" if soft else word
        yield from (stem + ending for ending in _ENDINGS[part])


if __name__ == "__main__":
    main()
