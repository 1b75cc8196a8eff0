"""Training of the starter encoder, on a few drawings and photos."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from musaic.demo.vocabulary import COLOURS, KINDS  # noqa: E402
from training import augment, evaluate, export  # noqa: E402
from training.batches import Sampler  # noqa: E402
from training.dataset import (  # noqa: E402
    CATEGORIES,
    UNKNOWN_COLOUR,
    Labelled,
    combinations,
    draw,
    held_out,
    middle_colour,
    read_photos,
    split_photos,
    training_row,
)
from training.model import ImageTower  # noqa: E402
from training.objective import matched_loss, trait_loss  # noqa: E402
from training.train import CHECKPOINT, Learner, Recipe, load, make_tokenizer  # noqa: E402

RECIPE = Recipe(steps=30, renders=24, batch=12, photos=4, extra=6, pieces=400)
CPU = torch.device("cpu")
torch.set_num_threads(1)  # For nets and batches this small, threads cost more than they bring.
NAMES = tuple(COLOURS)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    return draw(tmp_path_factory.mktemp("drawn"), RECIPE.renders, seed=0, workers=1)


@pytest.fixture(scope="module")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    lines = []
    for category in CATEGORIES[:4]:
        (folder / category).mkdir()
        for index in range(12):
            file = f"{category}/{index}.png"
            Image.fromarray(rng.integers(0, 256, (12, 9, 3), np.uint8)).resize((90, 120)).save(folder / file)
            lines.append((file, category))
    with (folder / "labels.csv").open("w", newline="") as out:
        csv.writer(out).writerows([("file", "category"), *lines])
    return folder


@pytest.fixture(scope="module")
def sampler(drawings: Labelled, photo_folder: Path) -> Sampler:
    photos = read_photos(photo_folder, split_photos(photo_folder)[0])
    return Sampler(drawings, photos, seed=0, size=RECIPE.batch, photo_count=RECIPE.photos, extra=RECIPE.extra)


def learner(drawings: Labelled) -> Learner:
    return Learner(RECIPE, make_tokenizer(drawings, RECIPE, texts=200), CPU)


def weights(trained: Learner) -> Any:
    return torch.cat([value.ravel() for value in (*trained.all.parameters(), *trained.averaged.parameters())])


def test_every_kind_misses_two_colours_in_training_and_no_others() -> None:
    rows = {tuple(training_row(index, 0)[:2]) for index in range(12_000)}

    assert rows == set(combinations(untrained=False))
    assert all(sum(held_out(kind, colour) for colour in range(13)) == 2 for kind in range(len(KINDS)))


def test_interrupted_drawing_goes_on_and_ends_with_the_same_pictures(
    tmp_path: Path, drawings: Labelled
) -> None:
    np.lib.format.open_memmap(tmp_path / "drawn.npy", "w+", np.uint8, drawings.pictures.shape).flush()
    (tmp_path / "drawn.txt").write_text("seed 0 count 24\n")

    assert np.array_equal(draw(tmp_path, 24, seed=0, workers=1).pictures, drawings.pictures)

    np.load(tmp_path / "drawn.npy", mmap_mode="r+")[0] = 7
    assert (draw(tmp_path, 24, seed=0, workers=1).pictures[0] == 7).all(), (
        "finished drawings were drawn again"
    )


def test_photo_split_is_stratified_and_keeps_near_copies_of_held_out_photos_out_of_training(
    photo_folder: Path,
) -> None:
    learn, apart = split_photos(photo_folder)
    assert sorted(photo.category for photo in apart) == [0, 1, 2, 3]
    assert len(learn) == 44

    with Image.open(photo_folder / apart[0].file) as image:
        image.convert("RGB").save(photo_folder / "dress/zz-copy.jpg")
    lines = (photo_folder / "labels.csv").read_text()
    (photo_folder / "labels.csv").write_text(lines + "dress/zz-copy.jpg,dress\n")
    again, still = split_photos(photo_folder)
    (photo_folder / "labels.csv").write_text(lines)

    assert "dress/zz-copy.jpg" not in {photo.file for photo in (*again, *still)}
    assert len(again) == 44


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("gold", "silver")])
def test_colour_of_a_photo_is_that_of_its_middle(name: str) -> None:
    picture = np.full((60, 60, 3), (120, 60, 200), np.uint8)
    picture[10:50, 15:45] = COLOURS[name]

    assert NAMES[middle_colour(picture)] == name


def test_colour_of_a_many_coloured_photo_is_unknown() -> None:
    stripes = np.array([COLOURS[name] for name in ("red", "green", "blue")], np.uint8)[np.arange(60) % 3]

    assert middle_colour(np.broadcast_to(stripes, (60, 60, 3)).copy()) == UNKNOWN_COLOUR


def test_pairs_that_cannot_be_told_have_no_part_in_the_loss() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    truth = torch.tensor([[1.0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]])
    unknown = torch.zeros(3, 4, dtype=torch.bool)
    unknown[0, 3] = unknown[1, 2] = True

    torch.autograd.backward(matched_loss(logits, truth, unknown))

    assert (logits.grad[unknown] == 0).all()
    assert (logits.grad[~unknown] != 0).all()
    assert (logits.grad[(truth == 1) & ~unknown] < 0).all(), "a true pair is not drawn together"


def test_unknown_traits_have_no_part_in_the_auxiliary_loss() -> None:
    predictions = [torch.randn(2, count, requires_grad=True) for count in (80, 13, 8, 14, 7)]
    rows = torch.tensor([[3, 1, 2, -1, 4], [72, 13, -2, -2, -2]])

    torch.autograd.backward(trait_loss(predictions, rows, torch.ones(2)))

    assert all((logits.grad[0] != 0).all() for logits in predictions)
    assert [bool((logits.grad[1] != 0).any()) for logits in predictions] == [True, False, False, False, False]


def test_pasted_pictures_say_how_much_is_their_own() -> None:
    plain = (torch.arange(8.0) / 8).view(8, 1, 1, 1).expand(8, 3, 32, 32).contiguous()

    mixed, partner, own = augment.pasted(plain, torch.Generator().manual_seed(1), share=1.0)

    expected = own * torch.arange(8) / 8 + (1 - own) * partner / 8
    torch.testing.assert_close(mixed.mean((1, 2, 3)), expected)
    assert (own < 1).all()


def test_image_tower_learns_from_its_first_step_in_every_layer() -> None:
    tower = ImageTower()

    tower(torch.rand(2, 3, 64, 64)).sum().backward()

    assert all(weight.grad is not None for weight in tower.parameters())


def test_same_seed_gives_the_same_weights_and_a_resumed_run_too(
    tmp_path: Path, drawings: Labelled, sampler: Sampler
) -> None:
    whole, again = learner(drawings), learner(drawings)
    for step in range(4):
        whole.step(sampler.batch(step), step)
    for step in range(2):
        again.step(sampler.batch(step), step)
    again.save(tmp_path / CHECKPOINT, 2)

    resumed, start = load(tmp_path / CHECKPOINT, CPU)
    for step in range(start, 4):
        resumed.step(sampler.batch(step), step)

    assert start == 2
    torch.testing.assert_close(weights(resumed), weights(whole), rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, drawings: Labelled, sampler: Sampler
) -> tuple[Path, list[float]]:
    folder, apprentice = tmp_path_factory.mktemp("trained"), learner(drawings)
    losses = [apprentice.step(sampler.batch(step), step) for step in range(RECIPE.steps)]
    apprentice.save(folder / CHECKPOINT, RECIPE.steps)
    return folder, losses


def test_loss_falls(trained: tuple[Path, list[float]]) -> None:
    losses = trained[1]

    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


def test_exported_files_give_the_vectors_of_the_trained_towers(
    tmp_path: Path, trained: tuple[Path, list[float]], drawings: Labelled
) -> None:
    size = export.export(trained[0] / CHECKPOINT, tmp_path)

    exported, towers = evaluate.encoder(tmp_path), load(trained[0] / CHECKPOINT, CPU)[0].encoder()
    texts = ["a red dress", "красные туфли", "一只金色手表"]
    for name, inputs in (("pictures", drawings.pictures[:5]), ("texts", texts)):
        found, expected = getattr(exported, name)(inputs), getattr(towers, name)(inputs)
        assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-5
        assert (found * expected).sum(1).min() > 0.999, name  # Weights are stored in half precision.
    assert 1_000_000 < size < export.LIMIT_BYTES
    assert json.loads((tmp_path / "config.json").read_text())["embed_dim"] == found.shape[1]
