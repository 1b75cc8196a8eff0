"""The encoder of a library: the one it was built with, whatever else is said, and wherever its folder is now."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from musaic.embed import MODELS, Hub
from musaic.embed.load import starter_folder
from musaic.embed.testing import tiny_model
from musaic.errors import ModelFilesError, ModelMismatchError
from musaic.library import Library
from tests.fakes.hub import COMMIT, running
from tests.ingesting import draw
from tests.shop import age, call

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
        assert library.built_with().precision == "int8-7bit"  # type: ignore[union-attr]


def test_int8_library_answers_with_a_setting_from_the_environment_a_file_or_a_flag(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = built(tmp_path, folder, precision="int8")

    assert call("search", "red", "--provider", "cpu", "--library", place).exit_code == 0
    (place / ".musaic/config.toml").write_text("[embed]\nthreads = 2\n")
    assert call("search", "red", "--library", place).exit_code == 0
    monkeypatch.setenv("MUSAIC_EMBED__THREADS", "1")
    assert call("ingest", place / "photos", "--library", place).exit_code == 0


def test_a_rebuild_in_another_precision_keeps_the_librarys_model(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)

    with Library.open(place, embed={"precision": "int8"}) as library:
        done = library.reindex()
        now = library.built_with()

    assert now is not None
    assert (done.updated, now.model, now.precision) == (3, folder.name, "int8-7bit")


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
        pytest.raises(ModelFilesError, match=r"not there any more.*'model': 'PATH'"),
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


def test_reindex_with_a_folder_that_moved_remembers_its_new_place(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)
    moved = folder.rename(folder.with_name("second"))

    assert call("reindex", "--model", moved, "--library", place).exit_code == 0
    assert call("search", "red", "--library", place).exit_code == 0


def test_place_of_a_folder_that_moved_is_named_once_on_the_command_line(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)
    moved = folder.rename(folder.with_name("second"))

    lost = call("search", "red", "--library", place)
    assert (lost.exit_code, "with --model PATH, once: it is remembered" in lost.stderr) == (2, True)
    assert call("search", "red", "--model", moved, "--library", place).exit_code == 0
    assert call("search", "red", "--library", place).exit_code == 0


def test_folder_of_a_library_whose_ledger_was_lost_is_asked_for(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)
    for file in (place / ".musaic").glob("ledger.sqlite*"):
        file.unlink()

    lost = call("search", "red", "--library", place)
    assert (lost.exit_code, "nothing is known of where it is; name its place" in lost.stderr) == (2, True)
    assert call("search", "red", "--model", folder, "--library", place).exit_code == 0
    assert call("search", "red", "--library", place).exit_code == 0


def test_other_weights_under_the_old_name_are_refused(tmp_path: Path, folder: Path) -> None:
    place = built(tmp_path, folder)
    other = tiny_model(tmp_path / "elsewhere" / "first", seed=7)

    with Library.open(place, embed={"model": str(other)}) as library, pytest.raises(ModelMismatchError):
        library.search("red")


# --- the same weights under another name ---------------------------------------------------------------
def built_with(place: Path) -> tuple[str, str]:
    with Library.open(place) as library:
        found = library.built_with()
        assert found is not None
        return found.model, found.revision


def test_library_of_a_copy_of_the_starter_is_the_starters_once_it_was_named(tmp_path: Path) -> None:
    """Once the copy's place was kept, for it has the same weights, and the library was lost with the copy."""
    copy = shutil.copytree(starter_folder(), tmp_path / "copy")
    place = built(tmp_path, copy)

    assert call("reindex", "--model", "starter", "--library", place).exit_code == 0
    shutil.rmtree(copy)

    assert call("search", "a red dress", "--library", place).exit_code == 0
    assert built_with(place) == ("starter", "bundled")


@pytest.fixture
def hub_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of the table, fetched into the hub's cache; nothing more can be fetched after. Returns a copy of it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    copy = tiny_model(tmp_path / "copies" / "clip", dim=512, batch=1)
    with running(str(MODELS["vit-b-32"].repository), copy) as server, monkeypatch.context() as online:
        online.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        Hub(endpoint=server.url).fetch(MODELS["vit-b-32"])
    return copy


def test_library_of_a_copy_of_a_hubs_model_is_the_hubs_once_it_was_named(
    tmp_path: Path, hub_model: Path
) -> None:
    place = built(tmp_path, hub_model)

    assert call("reindex", "--model", "vit-b-32", "--library", place).exit_code == 0
    shutil.rmtree(hub_model)

    assert call("search", "red", "--library", place).exit_code == 0
    assert built_with(place) == ("vit-b-32", COMMIT)


def test_copy_stands_in_for_a_hubs_model_that_is_not_here_any_more(tmp_path: Path, hub_model: Path) -> None:
    place = built(tmp_path, Path("vit-b-32"))
    shutil.rmtree(tmp_path / "hub")

    lost = call("search", "red", "--library", place)
    assert (lost.exit_code, "--model PATH" in lost.stderr) == (3, True)
    assert call("search", "red", "--model", hub_model, "--library", place).exit_code == 0
    assert call("search", "red", "--library", place).exit_code == 0, "its place is remembered"
    assert built_with(place) == ("vit-b-32", COMMIT)


# --- what cannot hold, with nothing to encode ----------------------------------------------------------
@pytest.mark.parametrize("more", [0, 1])
def test_precision_that_is_not_the_librarys_is_refused_whatever_there_is_to_do(
    tmp_path: Path, folder: Path, more: int
) -> None:
    place = built(tmp_path, folder)
    for name in range(more):
        age(draw(place / "photos" / f"{name}.png", name))

    said = call("ingest", place / "photos", "--precision", "int8", "--library", place)

    assert said.exit_code == 2
    assert "leave --precision out" in said.stderr
    assert f"musaic reindex --model {folder} --precision int8" in said.stderr
    assert not list((tmp_path / "cache").rglob("*.onnx")), "nothing was quantised for it"


@pytest.mark.parametrize("more", [0, 1])
def test_provider_that_is_not_installed_is_refused_whatever_there_is_to_do(
    tmp_path: Path, folder: Path, more: int
) -> None:
    place = built(tmp_path, folder)
    for name in range(more):
        age(draw(place / "photos" / f"{name}.png", name))

    said = call("ingest", place / "photos", "--provider", "directml", "--library", place)

    assert (said.exit_code, "'directml' is not installed" in said.stderr) == (2, True)


# --- the way out fits the cause ------------------------------------------------------------------------
def test_mismatch_names_where_the_other_model_was_set(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = built(tmp_path, starter_folder())
    assert call("reindex", "--model", "starter", "--library", place).exit_code == 0
    config = place / ".musaic/config.toml"
    again = "or run `musaic reindex --model vit-b-32` to build it anew"

    said = call("search", "dress", "--model", "vit-b-32", "--library", place).stderr
    assert f"leave --model out to use what it was built with, {again}" in said
    config.write_text('[embed]\nmodel = "vit-b-32"\n')
    said = call("search", "dress", "--library", place).stderr
    assert f"take model under [embed] out of {config} to use what it was built with, {again}" in said
    monkeypatch.setenv("MUSAIC_EMBED", '{"model": "vit-b-32"}')
    said = call("search", "dress", "--library", place).stderr
    assert f"unset MUSAIC_EMBED to use what it was built with, {again}" in said
    monkeypatch.setenv("MUSAIC_EMBED__MODEL", "vit-b-32")
    said = call("search", "dress", "--library", place).stderr
    assert f"unset MUSAIC_EMBED__MODEL to use what it was built with, {again}" in said


@pytest.mark.parametrize("named", [True, False])
def test_weights_that_changed_in_place_are_to_be_put_back_or_built_anew_and_both_work(
    tmp_path: Path, folder: Path, named: bool
) -> None:
    place = built(tmp_path, folder)
    kept = folder.rename(folder.with_name("kept"))
    tiny_model(folder, seed=7)
    flags = ("--model", folder) if named else ()

    said = call("search", "red", "--library", place, *flags)

    assert said.exit_code == 2
    assert "--model out" not in said.stderr
    assert f"the files in {folder} have changed: put the old ones back, or run" in said.stderr
    assert f"`musaic reindex --model {folder}`" in said.stderr
    changed = folder.rename(folder.with_name("changed"))
    kept.rename(folder)
    assert call("search", "red", "--library", place).exit_code == 0
    shutil.rmtree(folder)
    changed.rename(folder)
    assert call("reindex", "--model", folder, "--library", place).exit_code == 0
    assert call("search", "red", "--library", place).exit_code == 0


def test_int8_library_of_an_older_musaic_is_refused_with_the_way_out_which_works(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("musaic.embed.load.MADE_INT8", "int8")
        place = built(tmp_path, folder, precision="int8")

    with Library.open(place) as library, pytest.raises(ModelMismatchError) as caught:
        library.search("red")
    command = re.search("`(musaic reindex .*)`", str(caught.value))
    assert command is not None
    assert "multiply alike" in str(caught.value)
    answer = call(*shlex.split(command[1])[1:], "--library", place)

    assert answer.exit_code == 0, answer.stderr
    with Library.open(place) as library:
        assert len(library.search("red")) == 3
