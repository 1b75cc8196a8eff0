"""What goes into the towers: token ids and pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.embed.folder import read_folder
from musaic.embed.preprocess import Preprocessing
from musaic.embed.testing import CONTEXT_LENGTH, tiny_model
from musaic.embed.text import TextReader, TextRules, clean

MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)


def shortest(side: int) -> Preprocessing:
    return Preprocessing(side, "shortest", side, Image.Resampling.BICUBIC, MEAN, STD)


@pytest.fixture
def photo() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((900, 601), Image.Resampling.BICUBIC)


def test_shortest_keeps_the_shape_and_cuts_the_centre(photo: Image.Image) -> None:
    whole = photo.resize((64 * 900 // 601, 64), Image.Resampling.BICUBIC)
    left = (whole.width - 64) // 2

    assert np.array_equal(shortest(64).square(photo), whole.crop((left, 0, left + 64, 64)))


def test_squash_keeps_everything(photo: Image.Image) -> None:
    rules = Preprocessing(64, "squash", 64, Image.Resampling.BILINEAR, MEAN, STD)

    assert np.array_equal(rules.square(photo), photo.resize((64, 64), Image.Resampling.BILINEAR))


def test_pixels_are_normalised_channels_first() -> None:
    picture = Image.new("RGB", (40, 30), (255, 128, 0))

    pixels = shortest(16).pixels(picture)

    assert pixels.dtype == np.float32
    assert pixels.shape == (3, 16, 16)
    assert pixels[:, 8, 8] == pytest.approx(
        [(v / 255 - m) / s for v, m, s in zip((255, 128, 0), MEAN, STD, strict=True)]
    )


@pytest.mark.parametrize("size", [(20000, 2), (3, 9000), (1, 1)])
def test_extreme_shapes_stay_small(size: tuple[int, int]) -> None:
    assert shortest(32).pixels(Image.new("RGB", size, "red")).shape == (3, 32, 32)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_other_modes_become_rgb(mode: str) -> None:
    assert shortest(16).square(Image.new(mode, (20, 20))).mode == "RGB"


@pytest.mark.parametrize(
    ("written", "resize", "resize_side", "side"),
    [
        ('"size": 40, "do_center_crop": true, "crop_size": 32', "shortest", 40, 32),
        (
            '"size": {"shortest_edge": 36}, "do_center_crop": true, "crop_size": {"height": 32, "width": 32}',
            *("shortest", 36, 32),
        ),
        ('"size": {"height": 32, "width": 32}', "squash", 32, 32),
        ('"size": 32', "squash", 32, 32),
    ],
)  # fmt: skip
def test_every_way_transformers_writes_sizes_is_read(
    tmp_path: Path, written: str, resize: str, resize_side: int, side: int
) -> None:
    folder = tiny_model(tmp_path / "m", layout="transformers.js")
    rest = (
        '"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], "resample": 2, "rescale_factor": 0.5'
    )
    (folder / "preprocessor_config.json").write_text(f"{{{written}, {rest}}}")

    found = read_folder(folder).preprocessing

    assert (found.resize, found.resize_side, found.side) == (resize, resize_side, side)
    assert found.resampling is Image.Resampling.BILINEAR
    assert (found.std, found.rescale) == ((0.25, 0.25, 0.25), 0.5)


@pytest.mark.parametrize("size", ["224", "[224, 224]"])
def test_immich_sizes_are_read_and_older_files_mean_shortest(tmp_path: Path, size: str) -> None:
    folder = tiny_model(tmp_path / "m")
    (folder / "visual/preprocess_cfg.json").write_text(f'{{"size": {size}, "mean": [0,0,0], "std": [1,1,1]}}')

    found = read_folder(folder).preprocessing

    assert (found.side, found.resize, found.resampling) == (224, "shortest", Image.Resampling.BICUBIC)


def test_siglip_texts_are_canonical_and_others_only_single_spaced() -> None:
    assert clean(" It's  a Red,\tdress. ", canonicalise=True) == "its a red dress"
    assert clean(" It's  a Red,\tdress. ", canonicalise=False) == "It's a Red, dress."


def reader(tmp_path: Path, *, length: int | None, longest: bool = False) -> TextReader:
    folder = tiny_model(tmp_path / "m")
    return TextReader(
        TextRules(folder / "textual/tokenizer.json", CONTEXT_LENGTH, "[PAD]", pad_to_longest=longest), length
    )


def test_short_texts_are_filled_up_and_masked(tmp_path: Path) -> None:
    found = reader(tmp_path, length=None).read(["red"])

    assert found.ids.shape == (1, CONTEXT_LENGTH)
    assert found.mask.sum() == 3
    assert set(found.ids[0, 3:]) == {0}


def test_long_texts_are_cut_and_the_end_token_stays_last(tmp_path: Path) -> None:
    found = reader(tmp_path, length=None).read(["red " * 100])
    short = reader(tmp_path, length=None).read(["red"])

    assert found.ids.shape == (1, CONTEXT_LENGTH)
    assert found.ids[0, -1] == short.ids[0, 2]
    assert found.ids[0, 0] == short.ids[0, 0]


def test_fixed_length_of_the_graph_beats_the_longest_text(tmp_path: Path) -> None:
    assert reader(tmp_path, length=9, longest=True).read(["red", "red " * 30]).ids.shape == (2, 9)
    assert reader(tmp_path, length=None, longest=True).read(["red", "a red shirt"]).ids.shape == (2, 5)


def test_immich_canonicalises_where_open_clip_says_so(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "m")
    config = (
        '{"embed_dim": 32, "text_cfg": {"context_length": 64, "tokenizer_kwargs": {"clean": "canonicalize"}}}'
    )
    (folder / "config.json").write_text(config)

    rules = read_folder(folder).rules

    assert rules.canonicalise
    assert rules.context_length == 64
