"""The walk meets every file once, says what it leaves out and why, and never waits for what does not answer."""

import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest

from musaic.errors import ConfigError
from musaic.ingest.scan import Folder, expand, scan

SRC = Path(__file__).parents[1] / "src"


def touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def folders(*roots: Path, skip: Path | None = None) -> list[Folder]:
    found = scan(expand(roots), stop=threading.Event(), skip=skip)
    return [folder for folder in found if folder is not None]


def files(*roots: Path, skip: Path | None = None) -> list[str]:
    return [found.path for folder in folders(*roots, skip=skip) for found in folder.files]


def left_out(*roots: Path) -> dict[str, str]:
    return {e.path: f"{e.event}: {e.reason}" for folder in folders(*roots) for e in folder.events}


# --- what is named -------------------------------------------------------------------------------
def test_files_folders_and_globs_are_taken(tmp_path: Path) -> None:
    one, two, three = (touch(tmp_path / name) for name in ("a/one.png", "a/b/two.PNG", "c/three.jpg"))

    assert files(one) == [str(one)]
    assert files(tmp_path / "a") == [str(one), str(two)]
    assert files(tmp_path / "*" / "*.png") == [str(one)]
    assert sorted(files(tmp_path / "**" / "*.[pP][nN][gG]")) == sorted(map(str, (one, two)))
    assert sorted(files(tmp_path / "**")) == sorted(map(str, (one, two, three)))


def test_sources_are_made_absolute_and_know_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = touch(tmp_path / "one.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert expand(["one.png"]) == expand(["~/one.png"]) == expand(["*.png"]) == [one]
    assert expand(["."]) == [tmp_path]


@pytest.mark.parametrize("name", ["nowhere", "*.webp", "a/**/x", "nul\0", "deep**glob/*"])
def test_what_does_not_exist_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").mkdir()

    with pytest.raises(ConfigError):
        expand([tmp_path / name])


def test_a_name_with_the_letters_of_a_glob_is_a_name_first(tmp_path: Path) -> None:
    odd = touch(tmp_path / "set [1]" / "a*.png")
    touch(tmp_path / "set 1" / "ab.png")

    assert files(tmp_path / "set [1]") == [str(odd)]
    assert files(odd) == [str(odd)]


def test_a_file_named_twice_is_met_once(tmp_path: Path) -> None:
    one, two = touch(tmp_path / "a/one.png"), touch(tmp_path / "a/b/two.png")

    assert sorted(files(tmp_path / "a" / "b", one, tmp_path / "a", two, tmp_path / "a" / "*")) == sorted(
        [str(one), str(two)]
    )


def test_hidden_names_are_left_out_unless_named(tmp_path: Path) -> None:
    shown = touch(tmp_path / "shown.png")
    hidden, deep = touch(tmp_path / ".hidden.png"), touch(tmp_path / ".folder" / "deep.png")

    assert files(tmp_path) == files(tmp_path / "*") == [str(shown)]
    assert left_out(tmp_path) == {
        str(tmp_path / ".folder"): "skipped: hidden",
        str(hidden): "skipped: hidden",
    }
    assert files(hidden) == files(tmp_path / ".h*") == [str(hidden)]
    assert files(tmp_path / ".folder") == [str(deep)]
    assert set(files(tmp_path, hidden)) == {str(shown), str(hidden)}


def test_the_library_is_left_out_without_a_word(tmp_path: Path) -> None:
    library = tmp_path / ".musaic"
    touch(library / "thumbs" / "a.webp")

    (folder,) = folders(tmp_path, skip=library)
    assert not folder.events
    assert files(library, skip=library) == []


# --- links ---------------------------------------------------------------------------------------
def test_loops_of_links_end(tmp_path: Path) -> None:
    one = touch(tmp_path / "a" / "one.png")
    for name in ("up", "up2", "up3"):
        (tmp_path / "a" / name).symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")

    started = time.monotonic()
    assert files(tmp_path) == [str(one)]
    assert files(tmp_path / "**" / "*.png") == [str(one)]
    assert time.monotonic() - started < 2
    reasons = left_out(tmp_path)
    assert reasons[str(tmp_path / "a" / "up")] == "skipped: a link back to a folder that was scanned already"
    assert reasons[str(tmp_path / "a" / "self")] == "skipped: a link that leads back to itself"


def test_a_folder_is_called_by_its_own_name_and_not_by_a_link_that_sorts_before(tmp_path: Path) -> None:
    one = touch(tmp_path / "photos" / "one.png")
    elsewhere = touch(tmp_path / "elsewhere" / "two.png")
    (tmp_path / "photos" / "sub").mkdir()
    three = touch(tmp_path / "photos" / "sub" / "three.png")
    (tmp_path / "photos" / "a link").symlink_to(tmp_path / "photos" / "sub")
    (tmp_path / "photos" / "b link").symlink_to(tmp_path / "elsewhere")

    assert files(tmp_path / "photos") == [
        str(one),
        str(three),
        str(tmp_path / "photos" / "b link" / elsewhere.name),
    ]


def test_a_link_to_nothing_is_skipped_and_a_link_to_a_file_taken(tmp_path: Path) -> None:
    real = touch(tmp_path / "real.png")
    (tmp_path / "alias.png").symlink_to(real)
    (tmp_path / "broken.png").symlink_to(tmp_path / "gone.png")

    assert files(tmp_path) == [str(tmp_path / "alias.png"), str(real)]
    assert left_out(tmp_path) == {str(tmp_path / "broken.png"): "skipped: a link to nothing"}
    assert left_out(tmp_path / "broken.png") == left_out(tmp_path)


# --- odd things ----------------------------------------------------------------------------------
def test_pipes_sockets_and_devices_are_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "null.png").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(tmp_path / "socket.png"))

    assert set(left_out(tmp_path).values()) == {"skipped: not a regular file (a device, pipe or socket)"}
    assert len(left_out(tmp_path)) == 3


def test_names_of_every_kind_are_taken(tmp_path: Path) -> None:
    names = [
        'quote".png',
        "it's.png",
        "new\nline.png",
        "🙂 красный 红.png",
        "%s {x}.png",
        "back\\slash.png",
        "a" * 250 + ".png",
    ]
    for name in names:
        touch(tmp_path / name)

    assert sorted(files(tmp_path)) == sorted(str(tmp_path / name) for name in names)


def test_names_that_are_not_utf8_fail_and_nothing_else_does(tmp_path: Path) -> None:
    good = touch(tmp_path / "good.png")
    for name in (b"caf\xe9.png", b"f\xe9/inner.png"):
        touch(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))

    assert files(tmp_path) == [str(good)]
    assert left_out(tmp_path) == {
        f"{tmp_path}/caf\\xe9.png": "failed: its name is not valid UTF-8; rename it",
        f"{tmp_path}/f\\xe9": "failed: its name is not valid UTF-8; rename it",
    }


@pytest.fixture
def public_folder():
    """A folder that every user may enter; pytest's own are for its user alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_unreadable_folders_fail_with_a_reason_and_the_rest_goes_on(public_folder: Path) -> None:
    """As a user without rights, in a process of its own: root may read everything."""
    for name in ("closed/a.png", "open/b.png", "listed/c.png"):
        touch(public_folder / name)
    code = f"""
        import os, threading
        from pathlib import Path
        from musaic.ingest.scan import expand, scan
        if os.geteuid() == 0:
            os.setgid(65534); os.setuid(65534)
        for folder in scan(expand([{str(public_folder)!r}]), stop=threading.Event()):
            for each in (folder.files if folder else ()):
                print("file", each.path)
            for each in (folder.events if folder else ()):
                print(each.event, each.path, each.reason)
            for each in (folder.unseen if folder else ()):
                print("unseen", each)
    """
    (public_folder / "closed").chmod(0)
    (public_folder / "listed").chmod(0o444)  # names can be read, files cannot be reached
    try:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for name in ("closed", "listed"):
            (public_folder / name).chmod(0o755)

    assert done.stderr == ""
    assert set(done.stdout.splitlines()) == {
        f"file {public_folder}/open/b.png",
        f"failed {public_folder}/closed folder cannot be read: permission denied",
        f"unseen {public_folder}/closed",
        f"failed {public_folder}/listed/c.png cannot be read: permission denied",
        f"unseen {public_folder}/listed/c.png",
    }


# --- the thread ahead ----------------------------------------------------------------------------
def test_the_walk_stays_a_few_folders_ahead(tmp_path: Path) -> None:
    for number in range(40):
        touch(tmp_path / f"{number:02}" / "x.png")
    walk = scan([tmp_path], stop=threading.Event())

    next(folder for folder in walk if folder is not None)
    deadline = time.monotonic() + 0.4
    while time.monotonic() < deadline:  # let it run ahead as far as it will
        time.sleep(0.05)
    late = touch(tmp_path / "39" / "late.png")

    rest = [found.path for folder in walk if folder is not None for found in folder.files]
    assert str(late) in rest


def test_a_stopped_or_abandoned_walk_leaves_no_thread(tmp_path: Path) -> None:
    for number in range(60):
        touch(tmp_path / f"{number:02}" / "x.png")
    stop = threading.Event()
    walk = scan([tmp_path], stop=stop)
    next(walk)
    stop.set()
    assert list(walk) == []
    abandoned = scan([tmp_path], stop=threading.Event())
    next(abandoned)
    abandoned.close()

    deadline = time.monotonic() + 3
    while any(t.name == "musaic-scan" for t in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_error_of_the_walk_is_not_taken_for_its_end(tmp_path: Path) -> None:
    """A list that breaks off would make everything behind it look vanished."""
    touch(tmp_path / "a.png")
    bad_root = object()

    with pytest.raises(TypeError):
        list(scan([tmp_path, bad_root], stop=threading.Event()))  # type: ignore[list-item]
