"""What the Milvus behind a store can do, in words."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from musaic.filters import Dialect


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one Milvus can do.

    Attributes:
        server: Version as the server gives it, e.g. `milvus_lite-3.2.2` or `v2.3.5`.
        embedded: Milvus Lite inside this process.
        lite: Milvus Lite, here or behind an address (`milvus-lite server`).
        shared: Several processes may use it at once.
        accounts: It knows users and tokens.
        like_infix: It finds text in the middle or at the end of a string.
        like_escapes: Such a text may have `_`, `%` and backslashes in it.
        several_vectors: A row may have several vectors, whose ranks it fuses.
        full_text: It ranks by words (BM25).
    """

    server: str
    embedded: bool
    lite: bool
    shared: bool
    accounts: bool
    like_infix: bool
    like_escapes: bool
    several_vectors: bool
    full_text: bool

    @property
    def dialect(self) -> Dialect:
        """What a filter must know to be written for this server."""
        escapes: Literal["always", "never"] = "always" if self.like_escapes else "never"
        return Dialect(
            server=f"Milvus {self.server}",
            like_infix=self.like_infix,
            like_escapes="settled" if self.lite else escapes,
        )

    def missing(self) -> list[str]:
        """Return one sentence for each thing that this Milvus cannot do; empty when it can do all."""
        return [sentence for name, sentence in _MISSING.items() if not getattr(self, name)]


_LITE = "milvus_lite"

_MISSING = {
    "shared": "Only one process at a time can open the library; set store.uri to a Milvus server to share it.",
    "accounts": "The store knows no users and tokens: whoever reaches its files, or its address, can use it.",
    "like_infix": "Filters cannot look for text inside a string; startswith() works. Milvus 2.4 or newer can.",
    "like_escapes": "Filters cannot look for text with _, % or \\ inside a string; Milvus 2.5 or newer can.",
    "several_vectors": "A picture can have one vector only; Milvus 2.4 or newer fuses several.",
    "full_text": "Words cannot be ranked (BM25); Milvus 2.5 or newer can.",
}


def embedded_capabilities(version: str) -> Capabilities:
    """Return what Milvus Lite 3 can do.

    Source: measured with milvus-lite 3.2.2.
    """
    return Capabilities(
        server=version,
        embedded=True,
        lite=True,
        shared=False,
        accounts=False,
        like_infix=True,
        like_escapes=True,
        several_vectors=True,
        full_text=True,
    )


def server_capabilities(version: str) -> Capabilities:
    """Return what a server of a version can do, by the release notes of Milvus 2.4 and 2.5.

    A version that cannot be read counts as new: what an old server refuses is an error anyway.
    """
    if version.startswith(_LITE):
        return replace(embedded_capabilities(version), embedded=False, shared=True)
    found = re.search(r"(\d+)\.(\d+)", version)
    release = (int(found[1]), int(found[2])) if found else (99, 0)
    return Capabilities(
        server=version,
        embedded=False,
        lite=False,
        shared=True,
        accounts=True,
        like_infix=release >= (2, 4),
        # In the first 2.4 a backslash before a wildcard matches itself: https://github.com/milvus-io/milvus/pull/32569
        # Before that there was nothing to escape.
        like_escapes=release != (2, 4),
        several_vectors=release >= (2, 4),
        full_text=release >= (2, 5),
    )
