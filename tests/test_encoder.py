"""The encoder of a library: the one it was built with, whatever else is said, and wherever its folder is now."""

from pathlib import Path

import pytest

from musaic.embed.testing import tiny_model
from musaic.errors import ModelFilesError, ModelMismatchError
from musaic.library import Library
from tests.ingesting import draw
from tests.shop import call

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder that a test may move."""
    return tiny_model(tmp_path / "models" / "first")


def built(place: Path, model: Path, **embed: object) -> Path:
    """Make a library of three pictures; return where it is."""
    for name in "abc":
        draw(place / "photos" / f"{name}.png", name)
    settings = {"model": str(model), **embed}
    with Library.open(place, create=True, embed=settings, ingest={"settle_s": 0}) as library:
        assert library.ingest(place / "photos").added == 3
    return place


# --- precision ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("more", [{}, {"provider": "cpu"}, {"threads": 2}, {"model": "THE SAME"}])
def test_int8_library_answers_whatever_else_is_set(
    tmp_path: Path, folder: Path, more: dict[str, object]
) -> None:
    place = built(tmp_path, folder, precision="int8")
    embed = more | ({"model": str(folder)} if "model" in more else {})

    with Library.open(place, embed=embed) as library:
        assert len(library.search("red")) == 3
        assert library.built_with().precision == "int8"  # type: ignore[union-attr]


def test_int8_library_answers_with_a_setting_from_the_environment_a_file_or_a_flag(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = built(tmp_path, folder, precision="int8")

    assert call("search", "red", "--provider", "cpu", "--library", place).exit_code == 0
    (place / ".musaic/config.toml").write_text("[embed]\nthreads = 2\n")
    assert call("search", "red", "--library", place).exit_code == 0
    monkeypatch.setenv("MUSAIC_EMBED__THREADS", "1")
    assert call("ingest", place / "photos", "--library", place).exit_code == 0


def test_another_precision_that_is_named_is_refused_and_a_new_library_has_fp32(
    tmp_path: Path, folder: Path
) -> None:
    small, plain = built(tmp_path / "s", folder, precision="int8"), built(tmp_path / "p", folder)

    with Library.open(small, embed={"precision": "fp32"}) as library, pytest.raises(ModelMismatchError):
        library.search("red")
    with Library.open(plain) as library:
        assert library.built_with().precision == "fp32"  # type: ignore[union-attr]


# --- a model folder that moved -----------------------------------------------------------------------
def test_model_folder_may_be_renamed_and_the_library_keeps_the_name_it_knows(
    tmp_path: Path, folder: Path
) -> None:
    place = built(tmp_path, folder)
    moved = folder.rename(folder.with_name("second"))

    with (
        Library.open(place) as library,
        pytest.raises(ModelFilesError, match=r"not there any more.*--model PATH"),
    ):
        library.search("red")
    with Library.open(place, embed={"model": str(moved)}) as library:
        assert len(library.search("red")) == 3
        assert library.built_with().model == "first"  # type: ignore[union-attr]
    with Library.open(place) as library:
        assert len(library.search("red")) == 3, "its new place is remembered"
        draw(place / "photos" / "d.png", "d")
        assert library.ingest(place / "photos").unchanged == 3


def test_reindex_with_a_renamed_folder_of_the_same_weights_has_nothing_to_do(
    tmp_path: Path, folder: Path
) -> None:
    place = built(tmp_path, folder)
    moved = folder.rename(folder.with_name("second"))

    with Library.open(place, embed={"model": str(moved)}) as library:
        done = library.reindex()

    assert (done.updated, done.unchanged) == (0, 3)


def test_other_weights_under_the_old_name_are_refused(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)
    other = tiny_model(tmp_path / "elsewhere" / "first", seed=7)

    with Library.open(place, embed={"model": str(other)}) as library, pytest.raises(ModelMismatchError):
        library.search("red")
