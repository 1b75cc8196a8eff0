"""What is worth remembering between runs: hashes of weights, verdicts of self-tests, quantised graphs.

All of it can be deleted at any time, and a folder that cannot be written to costs time only.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


def user_cache() -> Path:
    """Return the folder for what can be made again: ``XDG_CACHE_HOME``, or the system's own place, and ``musaic``."""
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "musaic"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/musaic"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "musaic/cache"
    return Path.home() / ".cache/musaic"


class _Hashed(BaseModel):
    model_config = ConfigDict(frozen=True)
    size: int
    mtime_ns: int
    sha256: str


def file_sha256(file: Path, *, cache: Path) -> str:
    """Return the SHA-256 of a file, remembered by path, size and time of change: 600 MB take half a second.

    Raises:
        OSError: The file cannot be read.
    """
    real = file.resolve()
    note = cache / "hashes" / f"{hashlib.sha256(os.fsencode(real)).hexdigest()[:32]}.json"
    stat = real.stat()
    with contextlib.suppress(OSError, ValidationError):
        known = _Hashed.model_validate_json(note.read_bytes())
        if (known.size, known.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return known.sha256
    with real.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    write_quietly(
        note, _Hashed(size=stat.st_size, mtime_ns=stat.st_mtime_ns, sha256=digest).model_dump_json()
    )
    return digest


def combined_sha256(digests: Iterable[str]) -> str:
    """Return one hash over those of several files, in their order; names and places do not count."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def write_quietly(file: Path, text: str) -> None:
    """Write a small file in one step; do nothing where the folder cannot be written to."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(file)


def known_verdict(key: str, *, cache: Path) -> bool | None:
    """Return whether a model passed its self-test; None if it was never made."""
    with contextlib.suppress(OSError, ValueError):
        return json.loads((cache / "verdicts" / f"{key}.json").read_bytes()) is True
    return None


def keep_verdict(key: str, passed: bool, *, cache: Path) -> None:
    """Remember whether a model passed its self-test."""
    write_quietly(cache / "verdicts" / f"{key}.json", json.dumps(passed))
