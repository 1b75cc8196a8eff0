"""What was sent, kept once for each content: ``outputs/sent/<sha256>``.

Conversations hold the same pictures again and again; here each lies once, and the conversation names it.
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from musaic.errors import LibraryError

# Shorter texts are words, not pictures.
_LEAST_LETTERS = 1024
_MARK = "musaic_sha256"


def keep_blob(folder: Path, content: bytes) -> str:
    """Keep bytes under their hash, whole or not at all; return the hex digest."""
    digest = hashlib.sha256(content).hexdigest()
    path = folder / "outputs" / "sent" / digest
    if not path.exists():
        write_whole(path, content)
    return digest


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    Raises:
        LibraryError: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise LibraryError(
            f"{path} cannot be written ({exc.strerror or exc}); free space or fix its rights"
        ) from exc


def write_turns(folder: Path, path: Path, turns: Sequence[JsonValue]) -> None:
    """Write a conversation as JSON, its pictures kept apart."""
    write_whole(path, json.dumps([_without(turn, folder) for turn in turns]).encode())


def read_turns(folder: Path, path: Path) -> tuple[JsonValue, ...]:
    """Return a conversation with its pictures; empty if there is none or a part of it is missing."""
    try:
        kept = json.loads(path.read_bytes())
        return tuple(_with(turn, folder) for turn in kept)
    except (OSError, ValueError):
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
        # A signature is a service's own memory of a turn; it is not read as words.
        return sum(_words(each) for key, each in value.items() if "signature" not in key.lower())
    return len(value.encode()) if isinstance(value, str) and _content(value) is None else 0


def _pictures(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_pictures(each) for each in value)
    if isinstance(value, dict):
        return sum(_pictures(each) for each in value.values())
    return int(_content(value) is not None)


def _without(value: JsonValue, folder: Path) -> JsonValue:
    if isinstance(value, list):
        return [_without(each, folder) for each in value]
    if isinstance(value, dict):
        return {key: _without(each, folder) for key, each in value.items()}
    content = _content(value)
    return value if content is None else {_MARK: keep_blob(folder, content)}


def _with(value: JsonValue, folder: Path) -> JsonValue:
    if isinstance(value, list):
        return [_with(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_MARK}:
        content = (folder / "outputs" / "sent" / Path(str(value[_MARK])).name).read_bytes()
        return base64.b64encode(content).decode()
    return {key: _with(each, folder) for key, each in value.items()}


def _content(value: JsonValue) -> bytes | None:
    """Return the bytes of a picture in base64; None for anything else."""
    if not isinstance(value, str) or len(value) < _LEAST_LETTERS or " " in value[:100]:
        return None
    try:
        content = base64.b64decode(value, validate=True)
    except binascii.Error:
        return None
    return content if content.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")) else None
