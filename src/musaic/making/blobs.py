"""What was sent, kept once for each content: ``outputs/sent/<sha256>``.

Conversations hold the same pictures again and again; here each lies once, and the conversation names it.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from musaic.errors import LibraryError

_MARK = "musaic_sha256"
# Turns are a few deep; what is deeper was not written here, and would be too deep for Python somewhere.
_DEEPEST = 50


def keep_blob(folder: Path, content: bytes) -> str:
    """Keep bytes under their hash, whole or not at all; return the hex digest."""
    digest = hashlib.sha256(content).hexdigest()
    path = folder / "outputs" / "sent" / digest
    if not path.exists():
        write_whole(path, content)
    return digest


def read_blob(folder: Path, sha256: str) -> bytes:
    """Return kept bytes by their hash.

    Raises:
        OSError: They are not there.
    """
    return (folder / "outputs" / "sent" / Path(sha256).name).read_bytes()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    Raises:
        LibraryError: It cannot be written.
    """
    # Two threads may keep the same content at once.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as exc:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise LibraryError(
            f"{path} cannot be written ({exc.strerror or exc}); free space or fix its rights"
        ) from exc


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut, where the system can say so of a folder."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def write_turns(folder: Path, path: Path, turns: Sequence[JsonValue]) -> None:
    """Write a conversation as JSON, its pictures kept apart."""
    write_whole(path, json.dumps([_without(turn, folder) for turn in turns]).encode())


def read_turns(folder: Path, path: Path) -> tuple[JsonValue, ...]:
    """Return a conversation with its pictures; empty if there is none or a part of it is missing."""
    try:
        kept = json.loads(path.read_bytes())
        if not isinstance(kept, list) or not all(isinstance(turn, dict) for turn in kept):
            return ()
        return tuple(_with(turn, folder, depth=0) for turn in kept)
    except (OSError, ValueError, RecursionError):
        return ()


def pictures_in(turns: Sequence[JsonValue]) -> int:
    """Return how many pictures a conversation holds."""
    return sum(_pictures(turn) for turn in turns)


def words_in(turns: Sequence[JsonValue]) -> int:
    """Return how many bytes of words a conversation holds: an upper bound of their tokens."""
    return sum(_words(turn) for turn in turns)


def _words(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_words(each) for each in value)
    if isinstance(value, dict):
        picture = _content(value) is not None
        # A signature is a service's own memory of a turn; it is not read as words.
        return sum(
            _words(each)
            for key, each in value.items()
            if "signature" not in key.lower() and not (picture and key == "data")
        )
    # JSON can spell half a surrogate pair, and so a service may.
    return len(value.encode(errors="surrogatepass")) if isinstance(value, str) else 0


def _pictures(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_pictures(each) for each in value)
    if not isinstance(value, dict):
        return 0
    return int(_content(value) is not None) + sum(_pictures(each) for each in value.values())


def _without(value: JsonValue, folder: Path) -> JsonValue:
    if isinstance(value, list):
        return [_without(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    content = _content(value)
    if content is not None:
        return {**value, "data": {_MARK: keep_blob(folder, content)}}
    return {key: _without(each, folder) for key, each in value.items()}


def _with(value: JsonValue, folder: Path, *, depth: int) -> JsonValue:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, list):
        return [_with(each, folder, depth=depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_MARK}:
        return base64.b64encode(read_blob(folder, str(value[_MARK]))).decode()
    return {key: _with(each, folder, depth=depth + 1) for key, each in value.items()}


def _content(value: dict[str, JsonValue]) -> bytes | None:
    """Return the bytes of a picture, ``{"mimeType": "image/…", "data": "<base64>"}``; None for anything else."""
    mime, letters = value.get("mimeType"), value.get("data")
    if not (isinstance(mime, str) and mime.startswith("image/") and isinstance(letters, str)):
        return None
    try:
        content = base64.b64decode(letters, validate=True)
    except binascii.Error:
        return None
    # Only what comes back letter for letter: a signature is over these bytes.
    return content if base64.b64encode(content).decode() == letters else None
