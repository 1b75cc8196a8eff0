"""Where what can be made again is kept, also for users without a home folder."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from musaic.embed.cache import user_cache, write_quietly
from tests.shop import SOURCES, write_pictures

_NOBODY = 54321  # no user of this number has an entry, and so no home folder


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take the home folder away; return the folder for temporary files."""

    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_cache_of_a_user_without_a_home_is_a_folder_of_their_own(homeless: Path) -> None:
    folder = user_cache()

    assert folder == homeless / f"musaic-{os.getuid()}" == user_cache()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("trap", ["open to all", "a link", "a file", "somebody else's"])
def test_what_others_put_in_its_place_is_not_used(homeless: Path, tmp_path: Path, trap: str) -> None:
    place = homeless / f"musaic-{os.getuid()}"
    (tmp_path / "theirs").mkdir(mode=0o700)
    if trap == "a link":
        place.symlink_to(tmp_path / "theirs")
    elif trap == "a file":
        place.touch()
    else:
        place.mkdir(mode=0o700)
        place.chmod(0o777 if trap == "open to all" else 0o700)
    if trap == "somebody else's":
        if os.getuid():
            pytest.skip("only root can give a folder away")
        os.chown(place, _NOBODY, -1)

    write_quietly(user_cache() / "note.json", "{}")

    assert user_cache() != place
    assert not list(tmp_path.rglob("note.json"))


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_variable_that_is_set_needs_no_home(
    homeless: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    name = {"darwin": "XDG_CACHE_HOME", "win32": "LOCALAPPDATA"}[system]
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(name, str(homeless / "given"))

    assert user_cache().is_relative_to(homeless / "given")


def test_program_runs_for_a_user_without_a_home(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", ("red",))
    # As for a user of a container, whose number has no entry.
    code = (
        "import pwd, sys\n"
        "def nobody(number): raise KeyError(number)\n"
        "pwd.getpwuid = nobody\n"
        "from musaic.cli import main\n"
        "sys.argv[0] = 'musaic'\n"
        "main()"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "TMPDIR": str(tmp_path)}

    said = [
        subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60,
        )
        for arguments in (
            ["ingest", "p"],
            ["search", "red dress", "--sheet", "out.png"],
            ["search", "--image", "~nobody-of-that-name/x.png"],
            ["models"],
            ["doctor"],
        )
    ]  # fmt: skip

    assert not any("Traceback" in done.stderr for done in said), [done.stderr for done in said]
    assert [done.returncode for done in said] == [0, 0, 2, 0, 0], [done.stderr for done in said]
    assert "no picture at" in said[2].stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".musaic", f"musaic-{os.getuid()}", "out.png", "p",
    ]  # fmt: skip
