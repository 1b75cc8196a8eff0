"""What `generate`, `lineage` and `costs` say of drafts, threads, failures and unknown prices."""

from pathlib import Path

import pytest

from musaic.library import Library
from tests.fakes.openai_images import serving
from tests.shop import Answer, call
from tests.studio import Studio


def generate(studio: Studio, *arguments: object) -> Answer:
    return call("generate", *arguments, "--library", studio.folder)


@pytest.mark.parametrize("content", [b"text", b"%PDF-1.7 no picture", b"\xff\xd8\xff\xe0" + b"0" * 100])
def test_a_dry_run_refuses_a_reference_that_could_not_be_sent(
    studio: Studio, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "n.jpg").write_bytes(content)

    answer = generate(studio, "a square", "--ref", tmp_path / "n.jpg", "--dry-run")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert str(tmp_path / "n.jpg") in answer.stderr
    assert studio.fake.requests == ()


def test_a_model_is_given_no_drafts_unasked_and_told_of_those_named(studio: Studio) -> None:
    drafted = generate(studio, "a red square", "--find", "red", "--engine", "moodboard")
    assert drafted.exit_code == 0
    with Library.open(studio.folder) as library:
        (draft,) = library.recent(1)
    more = ("--find", "red", "--find-limit", 14, "--include", "generated", "--dry-run")

    for_model, for_draft = (
        generate(studio, "red", *more),
        generate(studio, "red", *more, "--engine", "moodboard"),
    )
    by_hand = generate(studio, "red", "--ref", draft.id, "--dry-run")

    assert draft.id not in for_model.stdout
    assert draft.id in for_draft.stdout
    assert "image 1 is a draft" in by_hand.stderr
    assert "is a draft" not in for_model.stderr + for_draft.stderr


def test_a_thread_of_refinements_names_its_references_once(studio: Studio) -> None:
    names = [f"--ref={studio.pictures / name}" for name in ("red.png", "green.png", "blue.png")]
    generate(studio, "three squares", *names)
    for _ in range(3):
        with Library.open(studio.folder) as library:
            last = library.recent(1)[0].id
        assert call("refine", last, "larger", "--library", studio.folder).exit_code == 0
    with Library.open(studio.folder) as library:
        last = library.recent(1)[0].id

    above = call("lineage", last, "--library", studio.folder).stdout
    below = call("lineage", studio.pictures / "red.png", "--library", studio.folder).stdout
    top = above.splitlines()[0]

    assert above.count("red.png") == 1
    assert above.count("3 more, shown above") == 3
    assert last in top
    assert below.count(f"{last} ") == 1
    assert below.count("3 more, shown above") == 1


def test_one_reason_of_many_failures_is_told_once(studio: Studio) -> None:
    studio.fake.script(*["no_billing"] * 3)

    answer = generate(studio, "a square", "--find", "red", "--variants", 3)

    assert answer.exit_code == 3
    assert answer.stderr.count("failed: for the same reason") == 2


def test_an_unknown_price_is_not_called_no_cost(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(own=True, key=None) as server:
        monkeypatch.setenv("MUSAIC_GENERATE__OPENAI__BASE_URL", server.url)
        more = ("--engine", "openai-images", "--variants", 2, "--allow-unknown-price")
        answer = generate(studio, "a square", "--find", "red", *more)
    told = call("costs", "--by", "model", "--library", studio.folder).stdout

    assert "2 malformed; cost unknown" in answer.stderr
    assert "counts the most it can be" not in answer.stderr
    assert "cost unknown  and 2 calls of unknown price" in told
    assert "no cost" not in answer.stderr + told


def test_letters_that_a_draft_cannot_show_are_told(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no fontconfig, and so no font but the bundled one
    told = generate(studio, "Gold 金色手表 on slate", "--find", "red", "--engine", "moodboard").stderr

    assert "warning: letters that no font here has are left out of the prompt on the draft; install" in told
