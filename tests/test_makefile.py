"""What `make` makes of an environment that is only half there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parent.parent / "Makefile"


def make(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", f"PYTHON={sys.executable}", ".venv/.made"]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def has_pip(environment: Path) -> bool:
    command = [str(environment / "bin" / "python"), "-m", "pip", "--version"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_an_environment_without_pip_is_made_again_and_a_whole_one_is_kept(tmp_path: Path) -> None:
    """So Ctrl-C leaves it; once every later `make` failed with "No module named pip"."""
    shutil.copy(MAKEFILE, tmp_path)
    environment = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    assert not has_pip(environment)

    make(tmp_path)

    assert has_pip(environment)
    (environment / "kept").touch()
    (environment / ".made").unlink()
    make(tmp_path)
    assert (environment / "kept").exists(), "a user's own environment is not cleared"
