"""The text of a filter: parsed by Python's own parser, and errors that point into it."""

import ast
import keyword
import re
import warnings
from collections.abc import Sequence

from musaic.errors import FilterError

MAX_CHARACTERS = 10_000
MAX_PARTS = 2_000

_STRINGS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
# Python refuses lone surrogates, as in a path that is no UTF-8, so others stand in for them.
_SURROGATES = range(0xD800, 0xE000)
_TO_STAND_INS = {code: code - _SURROGATES.start + 0xF0000 for code in _SURROGATES}
_FROM_STAND_INS = {stand_in: code for code, stand_in in _TO_STAND_INS.items()}
_NEW_LINE = re.compile(r"\r\n|\r|\n")
_RESERVED_KEY = re.compile(rf"\.({'|'.join(keyword.kwlist)})\b")
# What people write who know SQL, Milvus or C, and what it is called here.
_HINTS = (
    (
        re.compile(r"\blike\b", re.IGNORECASE),
        'there is no like; write startswith(filename, "cape") or "cape" in filename',
    ),
    (re.compile(r"\bbetween\b", re.IGNORECASE), "write 800 <= width <= 2000"),
    (re.compile(r"\b(AND|OR|NOT|IN)\b"), "write and, or, not, in with small letters"),
    (re.compile(r"&&|&"), "write and in its place"),
    (re.compile(r"\|"), "write or in its place"),
    (re.compile(r"(?<![=!<>])=>"), "write >= in its place"),
    (re.compile(r"(?<![=!<>])=<"), "write <= in its place"),
    (re.compile(r"<>"), "write != in its place"),
    (re.compile(r"[“”„«»‘’]"), 'use straight quotes: "'),
    (re.compile(r"!(?!=)"), "write not in its place"),
    (re.compile(r"(?<![=!<>])=(?!=)"), "write == to compare"),
)


class Source:
    """An expression as the user wrote it, without the space around it."""

    def __init__(self, expression: str) -> None:
        self.text = expression.strip()
        self._python = self.text.translate(_TO_STAND_INS)
        self.shown = self.text if len(self.text) <= 200 else f"{self.text[:199]}…"

    def tree(self) -> ast.expr:
        """Return the expression as Python reads it.

        Raises:
            FilterError: It is empty, too long, or no expression.
        """
        if not self.text:
            raise self.failure("it is empty; is a variable of your shell unset?")
        if len(self.text) > MAX_CHARACTERS:
            raise self.failure(f"it has {len(self.text)} characters; at most {MAX_CHARACTERS} are read")
        tree = self._parsed()
        if sum(1 for _ in ast.walk(tree)) > MAX_PARTS:
            raise self.failure(f"it has more than {MAX_PARTS} parts")
        return tree

    def literal(self, text: str) -> str:
        """Return a text literal of the tree as the user wrote it."""
        return text if self._python == self.text else text.translate(_FROM_STAND_INS)

    def _parsed(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a lone backslash, as in a Windows path
                return ast.parse(self._python, mode="eval").body
        except SyntaxError as exc:
            raise self.failure(self._advice(exc)) from exc
        except (RecursionError, MemoryError) as exc:
            raise self.failure("it is nested too deeply") from exc
        except (ValueError, OverflowError) as exc:
            raise self.failure(str(exc)) from exc

    def _advice(self, exc: SyntaxError) -> str:
        bare = _STRINGS.sub('""', self.text)
        advice = next((hint for sign, hint in _HINTS if sign.search(bare)), exc.msg)
        if reserved := _RESERVED_KEY.search(bare):
            advice = f'write metadata["{reserved[1]}"]'
        return f"at character {exc.offset or len(self.text) + 1}: it cannot be read; {advice}"

    def refused(self, node: ast.expr, message: str, suggestions: Sequence[str] = ()) -> FilterError:
        """Return an error that points at a part of the expression."""
        lines = _NEW_LINE.split(self._python)
        before = lines[: node.lineno - 1]
        line = lines[node.lineno - 1].encode()[: node.col_offset].decode()
        position = sum(len(text) + 1 for text in before) + len(line) + 1
        return self.failure(f"at character {position}: {message}", suggestions)

    def failure(self, message: str, suggestions: Sequence[str] = ()) -> FilterError:
        """Return an error about the whole expression."""
        return FilterError(message, expression=self.shown, suggestions=suggestions)
