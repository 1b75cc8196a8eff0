"""Opening a picture with the program that this desktop has for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def show_file(path: Path) -> bool:
    """Open a file in the desktop's own viewer; say whether there is one."""
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606  the file is our own sheet
        return True
    program = _opener()
    if program is None:
        return False
    # Through a shell, which leaves it behind: some viewers stay in the foreground until they are closed.
    command = '"$0" "$1" >/dev/null 2>&1 </dev/null &'
    subprocess.run(["/bin/sh", "-c", command, program, str(path)], check=False)  # noqa: S603
    return True


def _opener() -> str | None:
    if sys.platform == "darwin":
        return shutil.which("open")
    # Without a display xdg-open starts a browser in the terminal, or nothing at all.
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return shutil.which("xdg-open")
