"""What is worth remembering between runs: hashes of weights, verdicts of self-tests, quantised graphs.

All of it can be deleted at any time, and a folder that cannot be written to costs time only.
"""

import contextlib
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


def user_cache() -> Path:
    """Return the folder for what can be made again: ``XDG_CACHE_HOME``, or the system's own place, and ``musaic``.

    A user without a home folder, as in some containers, has one among the temporary files.
    """
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "musaic"
    if sys.platform == "win32" and (given := os.environ.get("LOCALAPPDATA")):
        return Path(given) / "musaic/cache"
    try:
        home = Path.home()
    except RuntimeError:
        return _homeless_cache()
    below = {"darwin": "Library/Caches/musaic", "win32": "AppData/Local/musaic/cache"}
    return home / below.get(sys.platform, ".cache/musaic")


def _homeless_cache() -> Path:
    """Return a folder among the temporary files that is this user's alone, or one that can never be written to.

    Everyone may make files there: what others put in its place is not believed.
    """
    own = os.getuid() if hasattr(os, "getuid") else 0
    with contextlib.suppress(OSError):
        folder = Path(tempfile.gettempdir()) / f"musaic-{own}"
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == own and not status.st_mode & 0o077:
            return folder
    return Path(os.devnull) / "musaic"


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
    now = real.stat()
    with contextlib.suppress(OSError, ValidationError):
        known = _Hashed.model_validate_json(note.read_bytes())
        if (known.size, known.mtime_ns) == (now.st_size, now.st_mtime_ns):
            return known.sha256
    with real.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    write_quietly(note, _Hashed(size=now.st_size, mtime_ns=now.st_mtime_ns, sha256=digest).model_dump_json())
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
