"""Files are read once, from any thread, without blocking, and nothing about them or Pillow is changed."""

import hashlib
import io
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

import musaic.media
from musaic.errors import FailedFileError, SkippedFileError
from musaic.media import content_id, hash_file
from tests.test_media_refusals import refusal
from tests.test_media_sniff import LEFT, WRITERS, at, near, opened, saved, two_halves


def run_python(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(musaic.media.__file__).parents[2])}
    # Through a shell: a child's peak memory starts at that of the process it was forked from.
    command = ["/bin/sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, script]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)


def test_odd_paths_have_reasons_and_never_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nothing")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.jpg"))
        reasons = {
            name: (type(error := refusal(tmp_path / name)), error.reason)
            for name in (
                "pipe.jpg",
                "s.jpg",
                "round.jpg",
                "dangling.jpg",
                "gone.jpg",
                "bad\0name.jpg",
                "n" * 300,
            )
        }

    odd = (SkippedFileError, "is a pipe, socket or device, not a file")
    assert reasons["pipe.jpg"] == reasons["s.jpg"] == odd
    assert reasons["round.jpg"] == (SkippedFileError, "is a link that leads back to itself")
    assert reasons["dangling.jpg"] == (FailedFileError, "is a link to nothing")
    assert reasons["gone.jpg"] == (FailedFileError, "is not there")
    assert reasons["bad\0name.jpg"] == (FailedFileError, "cannot be read: its name cannot be used")
    assert reasons["n" * 300][0] is FailedFileError
    assert refusal(tmp_path).reason == "is a folder"
    assert refusal(Path(os.devnull)).reason == odd[1]


def test_unreadable_file_says_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(saved(two_halves(), "JPEG"))
    path.chmod(0)
    tmp_path.chmod(0o755)
    script = (
        "import os; from pathlib import Path; from musaic.media import hash_file\n"
        "os.getuid() or os.setuid(65534)\n"  # root may read everything
        "try: hash_file(Path('secret.jpg'))\n"
        "except Exception as error: print(error.reason)"
    )

    done = run_python(script, tmp_path)

    assert done.stdout.strip() == "may not be read (permission denied)", done.stderr


@pytest.mark.parametrize("memory_bytes", [1 << 26, 0], ids=["small", "large"])
def test_file_that_grows_while_it_is_read_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory_bytes: int
) -> None:
    monkeypatch.setattr("musaic.media.source._IN_MEMORY_BYTES", memory_bytes)
    path = tmp_path / "copying.bmp"
    path.write_bytes(b"BM" + b"\0" * (40 << 20))
    stop = threading.Event()

    def append() -> None:
        with path.open("ab", buffering=0) as out:
            while not stop.wait(0.001):
                out.write(b"\0")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        with pytest.raises(SkippedFileError) as caught:
            hash_file(path)
        assert caught.value.reason == "is still being written"
        assert refusal(path).reason == "is still being written"
    finally:
        stop.set()
        writer.join()


def test_hash_is_that_of_the_bytes_and_names_the_asset(tmp_path: Path) -> None:
    content = random.Random(5).randbytes(3_000_000)
    path = tmp_path / "file"
    path.write_bytes(content)

    assert hash_file(path) == hashlib.sha256(content).hexdigest()
    assert content_id(hash_file(path)) == hashlib.sha256(content).hexdigest()[:32]


def test_large_and_small_files_are_hashed_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(saved(two_halves(), "PNG"))
    small = opened(path).sha256
    monkeypatch.setattr("musaic.media.source._IN_MEMORY_BYTES", 0)

    assert opened(path).sha256 == small == hash_file(path)


def test_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(saved(two_halves(), "JPEG"))
    path.chmod(0o444)
    before = path.stat()

    opened(path)

    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, after.st_size) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        before.st_size,
    )


def test_many_threads_open_the_same_as_one(tmp_path: Path) -> None:
    paths = []
    for kind, (_, write) in WRITERS.items():
        paths.append(tmp_path / kind.replace(" ", "-"))
        paths[-1].write_bytes(write(two_halves((500, 400))))
    alone = [opened(path).image.tobytes() for path in paths]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda path: opened(path).image.tobytes(), paths * 6))

    assert together == alone * 6


def test_pillows_own_limit_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    monkeypatch.setattr("musaic.media.decode._BIG_PIXELS", 1500)
    for kind in ("webp", "lzw tiff", "png", "gif"):
        path = tmp_path / kind
        path.write_bytes(WRITERS[kind][1](two_halves()))
        assert near(at(opened(path), 0.2, 0.5), LEFT), kind

    assert Image.MAX_IMAGE_PIXELS == 1000


def test_remarks_on_odd_files_stay_silent_in_threads(tmp_path: Path) -> None:
    odd_entry = struct.pack("<HHII", 305, 2, 5000, 10**6)  # a text far behind the end of the file
    whole = saved(two_halves(), "TIFF", compression="tiff_lzw", tiffinfo={305: "x" * 12})
    place = whole.index(struct.pack("<HH", 305, 2))
    path = tmp_path / "odd.tif"
    path.write_bytes(whole[:place] + odd_entry + whole[place + 12 :])
    with pytest.warns(UserWarning, match="Tag"), Image.open(io.BytesIO(path.read_bytes())) as noisy:
        noisy.load()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ThreadPoolExecutor(4) as pool:
            assert all(near(at(picture, 0.2, 0.5), LEFT) for picture in pool.map(opened, [path] * 20))


def test_a_hundred_megapixels_of_jpeg_need_little_memory(tmp_path: Path) -> None:
    Image.new("RGB", (11_600, 8_700), LEFT).save(tmp_path / "wall.jpg")
    two_halves().save(tmp_path / "small.jpg")
    script = (
        "import resource, sys; from pathlib import Path; from musaic.media import open_picture\n"
        "limits = dict(min_side_px=224, max_pixels=400_000_000, max_bytes=10**9)\n"
        "unit = 20 if sys.platform == 'darwin' else 10\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << unit)\n"
        "open_picture(Path('small.jpg'), **limits); before = peak()\n"
        "picture = open_picture(Path('wall.jpg'), **limits)\n"
        "print(picture.width, picture.height, min(picture.image.size), peak() - before)"
    )

    done = run_python(script, tmp_path)

    assert not done.returncode, done.stderr
    width, height, shorter, grown_mb = (float(word) for word in done.stdout.split())
    assert (width, height) == (11_600, 8_700)
    assert 448 <= shorter < 900
    assert grown_mb < 40, "decoded in full it is 400 MB"
