"""What the system says of files and folders: who holds one, and why another cannot be written."""

import os
import shlex
import tempfile
from pathlib import Path

_LOCKS = Path("/proc/locks")
_MOST_LETTERS = 200
# More than what a file system may have left over for names.
_PROBE = bytes(65_536)


def unwritable(folder: Path) -> str | None:
    """Return why nothing can be written into a folder, in the system's words; None where something can.

    It is tried: rights do not tell of a disk that is full, or that is mounted to be read only.
    """
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            probe.write(_PROBE)
    except OSError as exc:
        return (exc.strerror or str(exc)).lower()
    return None


def holder_of(path: Path) -> str:
    """Return the process that has locked a file for writing, in words: ``process 12 (`musaic ingest src`)``.

    Only Linux tells. The file is not opened: to close it would let go of locks that this very process has on it.
    """
    pid = _pid_of(path)
    if pid is None:
        return "another process"
    command = _command_of(pid)
    return f"process {pid}" + (f" (`{command}`)" if command else "")


def _pid_of(path: Path) -> int | None:
    try:
        inode, lines = str(path.stat().st_ino), _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        # 1: POSIX  ADVISORY  WRITE 1234 fd:01:5678 120 120; an arrow before the kind is one that waits.
        words = line.split()
        if len(words) == 8 and words[3] == "WRITE" and words[5].rpartition(":")[2] == inode:
            pid = int(words[4])
            # Another namespace's process has no number here.
            return pid if pid > 0 and pid != os.getpid() else None
    return None


def _command_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return ""
    return shlex.join(words)[:_MOST_LETTERS]
