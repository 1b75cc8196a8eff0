import numpy as np
import pytest
from PIL import Image

from musaic.colors import (
    NAMES,
    chroma_hue,
    colour_name,
    colours_in,
    difference,
    dominant_colours,
    from_lch,
    hex_of,
    oklab,
    srgb,
    to_rgb,
)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((255, 0, 0), (0.62796, 0.22486, 0.12585)),
        ((0, 255, 0), (0.86644, -0.23389, 0.17950)),
        ((0, 0, 255), (0.45201, -0.03246, -0.31153)),
        ((255, 255, 255), (1.0, 0.0, 0.0)),
    ],
)
def test_oklab_has_the_published_values(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    assert oklab(rgb) == pytest.approx(lab, abs=2e-4)


def test_every_grey_and_many_colours_come_back_from_oklab_unchanged() -> None:
    greys = np.repeat(np.arange(256)[:, None], 3, axis=1)
    colours = np.random.default_rng(1).integers(0, 256, (5000, 3))

    assert np.array_equal(srgb(oklab(greys)), greys)
    assert np.array_equal(srgb(oklab(colours)), colours)


def test_a_colour_beyond_srgb_is_clipped() -> None:
    assert to_rgb(from_lch(0.9, 0.4, 145))[1] == 255
    assert srgb([2.0, 0.0, 0.0]).tolist() == [255, 255, 255]


def test_colours_need_three_numbers() -> None:
    with pytest.raises(ValueError, match="3 numbers"):
        oklab([1, 2])


def test_a_picture_of_three_colours_has_those_three_in_order_of_area() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[:] = (200, 30, 40)
    pixels[:30] = (20, 60, 200)
    pixels[:10] = (250, 250, 250)

    found = dominant_colours(pixels)

    assert [swatch.rgb for swatch in found] == [(200, 30, 40), (20, 60, 200), (250, 250, 250)]
    assert [round(swatch.share, 2) for swatch in found] == [0.7, 0.2, 0.1]


def test_noise_of_one_colour_is_one_swatch() -> None:
    noise = np.random.default_rng(2).normal((120, 90, 60), 3, (64, 64, 3))

    found = dominant_colours(np.clip(noise, 0, 255).astype(np.uint8))

    assert len(found) == 1
    assert difference(found[0].rgb, (120, 90, 60)) < 0.02


def test_a_palette_is_the_same_each_time_sums_to_one_and_is_no_longer_than_asked() -> None:
    pixels = np.asarray(Image.effect_mandelbrot((200, 160), (-2, -1.5, 1, 1.5), 60).convert("RGB"))
    gradient = np.asarray(Image.linear_gradient("L").convert("RGB"))

    assert dominant_colours(pixels) == dominant_colours(pixels.copy())
    assert sum(swatch.share for swatch in dominant_colours(gradient, 4)) == pytest.approx(1)
    assert len(dominant_colours(gradient, 4)) <= 4
    assert list(dominant_colours(gradient, 4)) == sorted(
        dominant_colours(gradient, 4), key=lambda s: -s.share
    )


def test_no_pixels_have_no_palette() -> None:
    assert dominant_colours(np.zeros((0, 3), np.uint8)) == ()


@pytest.mark.parametrize(("name", "rgb"), NAMES.items())
def test_a_named_colour_has_its_own_name_and_is_found_in_words(name: str, rgb: tuple[int, int, int]) -> None:
    assert colour_name(rgb) == name
    assert colours_in(f"a {name.upper()} bag") == (rgb,)


def test_colours_in_words_are_whole_words() -> None:
    assert colours_in("a goldfish bored in a tangled reddish sandal") == ()
    assert colours_in("golden and grey") == (NAMES["gold"], NAMES["gray"])


def test_hue_and_hex() -> None:
    chroma, hue = chroma_hue((255, 0, 0))

    assert (round(chroma, 2), round(hue)) == (0.26, 29)
    assert chroma_hue((128, 128, 128))[0] < 1e-3
    assert hex_of((1, 171, 255)) == "#01ABFF"
