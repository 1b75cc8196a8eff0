"""The renderer and the sample catalogue."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from musaic.demo import catalogue
from musaic.demo.canvas import Canvas, Role
from musaic.demo.catalogue import COLUMNS, draw_catalogue
from musaic.demo.kinds import DRAWINGS
from musaic.demo.materials import alike
from musaic.demo.render import Look, photograph, plausible, possible_trim, render
from musaic.demo.vocabulary import COLOURS, KINDS, MATERIALS, SETTINGS

CAPE = Look("cape", "blue", "plain", "gold", "studio", "studio")


def drawn(kind: str, seed: int, *, trimmed: bool) -> NDArray[np.uint8]:
    """The roles of a kind's drawing, upright and filling most of the canvas."""
    size = 128
    canvas = Canvas(
        size,
        np.random.default_rng(seed),
        trimmed=trimmed,
        matrix=np.eye(2) * size * 0.46,
        offset=np.array([size / 2, size / 2]),
    )
    DRAWINGS[kind](canvas)
    return canvas.roles


def golden(picture: NDArray[np.uint8]) -> int:
    """How many pixels are a saturated yellow or ochre."""
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return int(((red > 120) & (red - blue > 60) & (green - blue > 25)).sum())


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "catalogue.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pictures(folder: Path) -> set[str]:
    root = folder / "catalogue"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


# --- rendering -------------------------------------------------------------------------------
@pytest.mark.parametrize("style", ["studio", "illustration"])
def test_the_same_seed_gives_the_same_picture_and_another_seed_another(style: str) -> None:
    look = Look("mug", "red", "dotted", None, "desk", "studio" if style == "studio" else "illustration")

    assert np.array_equal(render(look, 3), render(look, 3))
    assert not np.array_equal(render(look, 3), render(look, 4))


@pytest.mark.parametrize("size_px", [64, 128, 301])
def test_a_picture_has_the_size_asked_for(size_px: int) -> None:
    picture = render(CAPE, 1, size_px)

    assert picture.shape == (size_px, size_px, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_differs_from_the_others(setting: str) -> None:
    own = render(dataclasses.replace(CAPE, setting=setting), 5).astype(int)

    for other in SETTINGS:
        if other != setting:
            difference = np.abs(own - render(dataclasses.replace(CAPE, setting=other), 5))
            assert difference.mean() > 4


def test_the_styles_differ() -> None:
    studio, drawing = (
        render(dataclasses.replace(CAPE, style=s), 5).astype(int) for s in ("studio", "illustration")
    )

    assert np.abs(studio - drawing).mean() > 4


@pytest.mark.parametrize("seed", range(4))
def test_a_gold_trim_is_painted_and_none_without(seed: int) -> None:
    scene = dataclasses.replace(CAPE, setting="night")
    trimmed, plain = render(scene, seed), render(dataclasses.replace(scene, trim=None), seed)

    assert golden(trimmed) > golden(plain) + 60


@pytest.mark.parametrize("material", MATERIALS)
def test_every_material_renders_and_differs_from_plain(material: str) -> None:
    look = dataclasses.replace(CAPE, trim=None)
    plain, other = render(look, 2).astype(int), render(dataclasses.replace(look, material=material), 2)

    assert (material == "plain") == (np.abs(plain - other).mean() < 0.5)


@pytest.mark.parametrize("colour", [c for c in COLOURS if c not in ("white", "black", "gray", "silver")])
def test_a_product_keeps_the_hue_of_its_name(colour: str) -> None:
    look = Look("cape", colour, "plain", None, "studio", "studio")
    middle = np.median([render(look, seed)[48:80, 52:76].reshape(-1, 3) for seed in range(12)], axis=(0, 1))
    distances = {name: _hue_distance(middle, rgb) for name, rgb in COLOURS.items() if np.ptp(rgb) > 30}

    assert distances[colour] <= min(distances.values()) + 0.03


def _hue_distance(a: NDArray[np.float64], b: tuple[int, int, int]) -> float:
    ca, cb = (np.asarray(c, np.float64) - np.mean(c) for c in (a, b))
    return float(1 - ca @ cb / np.sqrt((ca @ ca) * (cb @ cb)))


def test_every_kind_of_the_vocabulary_has_a_drawing() -> None:
    assert set(DRAWINGS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_covers_5_to_95_percent_of_the_canvas(kind: str) -> None:
    for seed in range(6):
        covered = (drawn(kind, seed, trimmed=False) != Role.BACKGROUND).mean()
        assert 0.05 <= covered <= 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_paints_its_trim_only_where_there_is_one(kind: str) -> None:
    for seed in range(6):
        assert (drawn(kind, seed, trimmed=True) == Role.TRIM).any()
        assert not (drawn(kind, seed, trimmed=False) == Role.TRIM).any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_in_both_styles(kind: str) -> None:
    for style in ("studio", "illustration"):
        look = Look(
            kind, "green", "plain", "gold", "backdrop", "studio" if style == "studio" else "illustration"
        )
        assert render(look, 1, 64).std() > 8


def test_trims_can_be_told_from_the_product() -> None:
    rng = np.random.default_rng(0)

    for colour in COLOURS:
        assert not any(alike(possible_trim(colour, rng), colour) for _ in range(50))


def test_materials_suit_the_kind() -> None:
    rng = np.random.default_rng(0)

    assert {plausible("watch", rng) for _ in range(100)} == {"plain", "metallic"}
    assert "knitted" in {plausible("beanie", rng) for _ in range(100)}
    assert "leather" in {plausible("boots", rng) for _ in range(100)}


def test_shots_of_one_product_differ_and_fill_the_frame_asked_for() -> None:
    first, second = (photograph(CAPE, 1, shot=shot, width_px=96, height_px=120) for shot in (0, 1))

    assert first.shape == (120, 96, 3)
    assert not np.array_equal(first, second)


# --- the catalogue ---------------------------------------------------------------------------
@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two products of five small pictures in all, drawn by the real code."""
    watch, cape = catalogue._WANTED[0], catalogue._WANTED[6]
    wanted = ((*watch[:6], 3, watch[7]), (*cape[:6], 2, cape[7]))
    monkeypatch.setattr(catalogue, "_WANTED", wanted)
    monkeypatch.setattr(catalogue, "KINDS", ("watch", "cape"))
    monkeypatch.setattr(catalogue, "_SIZES", ((64, 64), (64, 80)))


@pytest.mark.usefixtures("few")
def test_every_row_names_a_file_that_was_drawn(tmp_path: Path) -> None:
    progress = list(draw_catalogue(tmp_path, workers=1))

    table = rows(tmp_path)
    assert progress == [(done, 5) for done in range(6)]
    assert (
        tuple(table[0])
        == COLUMNS
        == ("file", "product", "kind", "colour", "material", "trim", "season", "drop", "price")
    )
    assert {row["file"] for row in table} == pictures(tmp_path)
    for file in pictures(tmp_path):
        with Image.open(tmp_path / "catalogue" / file) as image:
            image.load()
            assert not image.getexif()


@pytest.mark.usefixtures("few")
def test_an_interrupted_catalogue_is_completed_and_what_exists_is_kept(tmp_path: Path) -> None:
    list(draw_catalogue(tmp_path, workers=1))
    *lost, halfway = sorted(tmp_path / "catalogue" / file for file in pictures(tmp_path))[:3]
    for path in lost:
        path.unlink()
    halfway.rename(halfway.with_name(f".{halfway.name}.part"))  # as a killed process leaves it
    complete = {row["file"] for row in rows(tmp_path)}
    kept = {tmp_path / "catalogue" / file for file in pictures(tmp_path) & complete}
    times = {path: path.stat().st_mtime_ns for path in kept}

    progress = list(draw_catalogue(tmp_path, workers=2))

    assert progress == [(done, 5) for done in (2, 3, 4, 5)]
    assert pictures(tmp_path) == complete
    assert {path: path.stat().st_mtime_ns for path in kept} == times


@pytest.mark.usefixtures("few")
def test_a_catalogue_left_while_drawing_holds_only_whole_pictures(tmp_path: Path) -> None:
    for done, _ in draw_catalogue(tmp_path, workers=1):
        if done == 2:
            break

    assert len(pictures(tmp_path)) >= 2
    assert pictures(tmp_path) <= {row["file"] for row in rows(tmp_path)}


@pytest.mark.usefixtures("few")
def test_a_second_run_draws_nothing(tmp_path: Path) -> None:
    list(draw_catalogue(tmp_path, workers=1))

    assert list(draw_catalogue(tmp_path, workers=1)) == [(5, 5)]


def table_of(folder: Path, seed: int) -> bytes:
    """The CSV alone: the generator is left before it draws."""
    next(draw_catalogue(folder, seed=seed))
    return (folder / "catalogue.csv").read_bytes()


def test_the_table_follows_from_the_seed_byte_for_byte(tmp_path: Path) -> None:
    assert table_of(tmp_path / "a", 7) == table_of(tmp_path / "b", 7)
    assert table_of(tmp_path / "a", 7) != table_of(tmp_path / "b", 8)


def test_the_catalogue_shows_every_kind_and_what_the_examples_look_for(tmp_path: Path) -> None:
    table_of(tmp_path, 7)
    table = rows(tmp_path)

    assert {row["kind"] for row in table} == set(KINDS)
    assert 280 <= len(table) <= 340
    assert 100 <= len({row["product"] for row in table}) <= 120
    assert len({row["product"] for row in table if (row["colour"], row["kind"]) == ("gold", "watch")}) >= 3
    capes = [row for row in table if (row["kind"], row["colour"], row["material"]) == ("cape", "red", "silk")]
    assert len(capes) >= 3
    assert {(row["trim"], row["season"], row["drop"]) for row in capes} == {("gold", "autumn", "Lunar")}
    assert all(float(row["price"]) > 0 for row in table)
