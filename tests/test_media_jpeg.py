"""A JPEG without its end mark is a whole picture; one without its end is not."""

import io
import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_media_refusals import refusal
from tests.test_media_sniff import opened, saved


def photo(seed: str, mode: str = "RGB", size: tuple[int, int] = (137, 93)) -> Image.Image:
    """A picture with soft shapes and grain on a white ground, which hides what is missing best."""
    half = (size[0], size[1] // 2)
    grain = Image.frombytes("RGB", (9, 7), random.Random(seed).randbytes(189))
    ground = Image.new("RGB", size, "white")
    ground.paste(grain.resize(half, Image.Resampling.BICUBIC), (0, 0))
    return ground.convert(mode)


WAYS: dict[str, dict[str, object]] = {
    "plain": {"quality": 75},
    "coarse": {"quality": 20},
    "fine": {"quality": 95, "subsampling": 0},
    "own tables": {"optimize": True},
    "restart marks": {"restart_marker_rows": 1},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_that_lacks_only_its_end_mark_is_taken(tmp_path: Path, way: str, mode: str) -> None:
    path = tmp_path / "whole.jpg"
    for number in range(5):
        whole = saved(photo(f"{number}", mode), "JPEG", **WAYS[way])
        path.write_bytes(whole)
        expected = opened(path).image.tobytes()
        for lacking in (1, 2):
            path.write_bytes(whole[:-lacking])

            assert opened(path).image.tobytes() == expected


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_cut_anywhere_else_is_cut_short(tmp_path: Path, way: str, mode: str) -> None:
    path = tmp_path / "cut.jpg"
    for number in range(5):
        whole = saved(photo(f"{number}", mode), "JPEG", **WAYS[way])
        for missing in (3, 4, 5, 6, 8, 12, 20, 60, 200, len(whole) // 3):
            path.write_bytes(whole[:-missing])

            assert refusal(path).reason == "its JPEG data is cut short", (number, missing)


def test_a_jpeg_of_many_scans_needs_its_end_mark(tmp_path: Path) -> None:
    """Whole scans may be missing, and no bit speaks of them."""
    path = tmp_path / "progressive.jpg"
    path.write_bytes(saved(photo("p"), "JPEG", progressive=True)[:-2])

    assert refusal(path).reason == "its JPEG data is cut short"


def test_a_jpeg_cut_and_filled_with_zeros_is_not_completed(tmp_path: Path) -> None:
    """So looks a download that was given up. Where the zeros go on for long enough, nobody can tell."""
    path = tmp_path / "download.jpg"
    noise = np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8)
    whole = saved(Image.fromarray(noise), "JPEG")
    nearly_enough = 0
    for zeros in range(8, 100):
        content = whole[:-100] + bytes(zeros)
        with suppress(OSError):
            Image.open(io.BytesIO(content)).load()
            break
        path.write_bytes(content)
        nearly_enough = zeros

        assert refusal(path).reason == "its JPEG data is cut short"
    assert 8 < nearly_enough < 99


def test_a_jpeg_without_its_end_mark_is_still_scaled_while_decoded(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    whole = saved(photo("large", size=(2400, 1600)), "JPEG")
    path.write_bytes(whole[:-2])

    picture = opened(path, 100)

    assert (picture.width, picture.height) == (2400, 1600)
    assert picture.image.size == (600, 400)


def test_pictures_too_large_to_be_decoded_several_times_over_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("musaic.media.decode._BIG_PIXELS", 100)
    path = tmp_path / "large.jpg"
    path.write_bytes(saved(photo("large"), "JPEG")[:-2])

    assert refusal(path).reason == "its JPEG data is cut short"
