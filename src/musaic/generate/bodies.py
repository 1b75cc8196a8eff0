"""A limit for what a server sends, counted as it is unpacked."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

MOST_BYTES = 256 << 20
"""Of an answer, unpacked. A 4K picture has some 30 MB."""
MOST_REFUSAL_BYTES = 1 << 20
"""Of an answer that is no picture."""


def limit_body(response: Any, *, refuse: Callable[[int], Exception]) -> None:
    """Let no more of a body be read than an answer or a refusal may have.

    Args:
        response: Of httpx or httpx2, its body not read yet.
        refuse: Makes the error to raise, from the limit that was passed.
    """
    most = MOST_BYTES if response.status_code == 200 else MOST_REFUSAL_BYTES
    unpacked = response.aiter_bytes

    async def limited(chunk_size: int | None = None) -> AsyncGenerator[bytes, None]:
        read = 0
        async for part in unpacked(chunk_size):
            read += len(part)
            if read > most:
                raise refuse(most)
            yield part

    # `aread` goes through it, in httpx 0.28 and httpx2 alike.
    response.aiter_bytes = limited
