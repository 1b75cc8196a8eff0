"""An answer is on disk before anything else is done with it, and is compared with every picture that was sent."""

import hashlib
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.errors import LibraryError
from musaic.generate.base import Answer, Pictured, Request
from musaic.generate.gemini import GeminiGenerator
from musaic.ledger import Ledger
from musaic.lineage import record_of
from musaic.making import arrived, recover
from musaic.making.attach import asset_id_of
from musaic.making.blobs import keep_blob
from musaic.making.save import folder_of
from musaic.schemas import Generation, Sent
from musaic.verify import Examined
from tests.engine import USAGE, Engine, came, making, picture, plan
from tests.studio import Studio
from tests.test_making_crash import check_whole
from tests.test_making_crash import making as process_of


def files(folder: Path, generation: str) -> list[str]:
    return sorted(path.name for path in folder_of(folder, generation).iterdir())


class Killed(BaseException):
    """In the place of a signal: nothing after it is done."""


def killed_at(
    folder: Path,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    answer: Pictured,
    *,
    when: Callable[..., bool] = lambda *_: True,
) -> str:
    """Make one picture and stop dead where the orchestrator would do something; return its id."""
    real = getattr(arrived, name)

    def dies(*arguments: object, **more: object) -> object:
        if when(*arguments):
            raise Killed
        return real(*arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(arrived, name, dies)
        # As if the process were gone: what would end the record is not reached.
        patch.setattr(Ledger, "settle", lambda *_, **__: True)
        patch.setattr(Ledger, "end", lambda *_, **__: True)
        with pytest.raises(Killed):
            making(folder, ledger, Engine(answer)).run(plan())
    (generation,) = ledger.generations_like("g-")
    assert record_of(ledger, generation).state == "open"
    return generation


# --- kept before it is looked at -------------------------------------------------------------------------
def test_the_bytes_are_on_disk_before_they_are_examined_and_under_one_name_after(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def examine(*arguments: object, **more: object) -> Examined:
        (generation,) = ledger.generations_like("g-")
        seen.append([name for name in files(folder, generation) if name.startswith("answer")])
        return real(*arguments, **more)  # type: ignore[arg-type]

    real = arrived.examine
    monkeypatch.setattr(arrived, "examine", examine)
    pictures = (picture("red"), picture("blue"), picture("green")[:80], picture("blue"))

    (made,) = making(folder, ledger, Engine(Pictured(pictures=pictures, usage=USAGE))).run(plan())

    assert seen == [["answer-1.bin", "answer-2.bin", "answer-3.bin", "answer-4.bin"]] * 4
    assert files(folder, made.id) == ["also-1.png", "also-3.bin", "export.png", "picture.png", "record.json"]
    assert Path(made.path or "").read_bytes() == pictures[3]


@pytest.mark.parametrize("name", ["examine", "_keep_turns", "_rename", "sync_folder"])
def test_a_picture_that_came_before_a_kill_is_saved_by_the_next_command(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    generation = killed_at(folder, ledger, monkeypatch, name, came())

    (saved,) = recover(folder, ledger)

    assert (saved.id, saved.state, saved.asset_id) == (generation, "picture", asset_id_of(picture()))
    assert Path(saved.path or "").read_bytes() == picture()
    assert [call.billed for call in saved.calls] == ["unknown"]
    assert ledger.spent() == saved.calls[0].bound_usd
    assert ledger.waiting() == [(saved.asset_id, generation)]
    assert files(folder, generation) == ["export.png", "picture.png", "record.json"]
    assert recover(folder, ledger) == []


def test_several_pictures_half_named_are_named_to_the_end(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = (picture("red"), picture("green")[:80], picture("blue"), picture("white")[:80])
    answer = Pictured(pictures=pictures, usage=USAGE)

    def is_last(_: Path, target: Path) -> bool:
        return target.name.startswith("picture")

    generation = killed_at(folder, ledger, monkeypatch, "_rename", answer, when=is_last)
    assert files(folder, generation) == [
        "also-1.png",
        "also-2.bin",
        "also-4.bin",
        "answer-3.bin",
        "record.json",
    ]

    (saved,) = recover(folder, ledger)

    assert Path(saved.path or "").read_bytes() == pictures[2]
    beside = ["also-1.png", "also-2.bin", "also-4.bin"]
    assert files(folder, generation) == [*beside, "export.png", "picture.png", "record.json"]


def test_bytes_that_are_no_picture_are_found_to_be_none_after_a_kill_too(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = picture()[:80]
    generation = killed_at(folder, ledger, monkeypatch, "examine", Pictured(pictures=(cut,), usage=USAGE))

    (ended,) = recover(folder, ledger)

    assert (ended.state, ended.path, ended.asset_id) == ("malformed", None, None)
    assert files(folder, generation) == ["answer.bin", "record.json"]
    assert (folder_of(folder, generation) / "answer.bin").read_bytes() == cut


def test_a_check_that_breaks_leaves_the_bytes_where_it_says(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Examined:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(arrived, "examine", broken)

    first, second = making(folder, ledger, Engine()).run(plan(2))

    assert (first.state, second.state) == ("failed", "failed")
    assert (first.reason or "").endswith(f"its bytes lie in {folder_of(folder, first.id)}")
    assert (folder_of(folder, first.id) / "answer-1.bin").read_bytes() == picture()
    assert [call.billed for call in record_of(ledger, first.id).calls] == ["yes"]
    assert record_of(ledger, second.id).calls == (), "nothing more is paid for"


def test_another_process_that_names_it_first_is_no_loss(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commands find the same traces at once: the slower one finds the name gone, and the picture there."""
    generation = killed_at(folder, ledger, monkeypatch, "examine", came())
    record, real = record_of(ledger, generation), arrived._rename
    quicker: list[Path] = []

    def slower(path: Path, target: Path) -> None:
        if not quicker:
            quicker.append(target)
            other = arrived.left_behind(folder, record)
            assert other is not None
        real(path, target)

    monkeypatch.setattr(arrived, "_rename", slower)

    (saved,) = recover(folder, ledger)

    assert (saved.state, Path(saved.path or "").read_bytes()) == ("picture", picture())


def test_what_cannot_be_named_now_stays_open_for_a_later_command(
    folder: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = killed_at(folder, ledger, monkeypatch, "examine", came())

    def full(*_: Path) -> None:
        raise LibraryError("full")

    with monkeypatch.context() as patch:
        patch.setattr(arrived, "_rename", full)
        with pytest.raises(LibraryError, match="full"):
            recover(folder, ledger)
    assert record_of(ledger, generation).state == "open"

    (saved,) = recover(folder, ledger)
    assert saved.state == "picture"


def test_killed_while_a_picture_is_being_checked_it_is_there_afterwards(
    studio: Studio, tmp_path: Path
) -> None:
    """Many references make the check long enough to be met by a real kill."""
    words: list[object] = ["--recipe", "scene"]
    for number in range(14):
        noise = np.random.default_rng(number).integers(0, 256, (150, 200, 3), dtype=np.uint8)
        path = tmp_path / f"{number}.jpg"
        Image.fromarray(noise).resize((2400, 1800)).save(path, quality=85)
        words += ["--ref", path]
    met = 0
    for _ in range(3):
        studio.fake.hold()
        seen = len(studio.fake.requests)
        with process_of(studio, *words) as process:
            studio.fake.wait_for(seen + 1)
            studio.fake.release()
            raw = _until_raw(studio, process)
            process.kill()
            process.wait()
        left = [record for record in studio.records() if record.state == "open"]
        met += bool(left) and not list(raw.parent.glob("picture.*"))

        check_whole(studio)

        assert studio.records()[-1].state == "picture"
        assert not list(studio.library.glob("outputs/*/answer*"))
    assert met, "the kills came too late to show anything"


def _until_raw(studio: Studio, process: "subprocess.Popen[str]") -> Path:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for path in studio.library.glob("outputs/g-*/answer-1.bin"):
            return path
        time.sleep(0.001)
    raise AssertionError("no answer ever lay on disk before it was checked")


# --- compared with everything that was sent --------------------------------------------------------------
def earlier(folder: Path) -> tuple[tuple[bytes, bytes], tuple[Sent, Sent]]:
    """A conversation's pictures: a reference that is kept as it was sent, and the picture made from it."""
    reference, made = picture("blue"), picture("green")
    keep_blob(folder, reference)
    sent = tuple(
        Sent(
            number=number, role="base", asset_id=asset_id_of(content), mime="image/png",
            size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest(),
        )
        for number, content in enumerate((reference, made), 1)
    )  # fmt: skip
    return (reference, made), (sent[0], sent[1])


def refined(folder: Path, ledger: Ledger, answer: bytes, *, parent: str) -> Generation:
    _, sent = earlier(folder)
    planned = plan().model_copy(update={"parent": parent, "conversation": True})
    engine = Engine(Pictured(pictures=(answer,), usage=USAGE))
    (made,) = making(folder, ledger, engine, turns=[{"role": "user"}, {"role": "model"}], earlier=sent).run(
        planned
    )
    assert engine.requests[0].attachments == ()
    return made


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_refinement_that_is_a_picture_of_its_conversation_unchanged_is_no_picture(
    folder: Path, ledger: Ledger, number: int, kind: str
) -> None:
    """The first lies with what was sent, the second only beside the record of the picture that was refined."""
    pictures, _ = earlier(folder)
    parent = folder_of(folder, "g-00000000000a")
    parent.mkdir(parents=True)
    (parent / "picture.png").write_bytes(pictures[1])
    content = pictures[number - 1] if kind == "PNG" else picture({1: "blue", 2: "green"}[number], kind)

    made = refined(folder, ledger, content, parent=parent.name)

    assert (made.state, made.reason) == ("no_picture", f"the answer is image {number} unchanged")
    assert [each.billed for each in record_of(ledger, made.id).calls] == ["yes"]


def test_a_refinement_is_a_picture_where_what_it_was_made_from_is_gone(folder: Path, ledger: Ledger) -> None:
    made = refined(folder, ledger, picture("green"), parent="g-00000000000a")

    assert made.state == "picture"


@pytest.mark.parametrize("number", [1, 2])
def test_gemini_that_gives_a_picture_of_the_conversation_back_has_refined_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (first,) = studio.open().generate("a red square", find=["red"])
    sent = studio.open().record(first.id).sent[0].sha256
    given = [(studio.library / "outputs" / "sent" / sent).read_bytes(), Path(first.path or "").read_bytes()]
    real = GeminiGenerator.generate

    async def same(self: GeminiGenerator, request: Request) -> Answer:
        answer = await real(self, request)
        assert isinstance(answer, Pictured)
        return replace(answer, pictures=(given[number - 1],))

    monkeypatch.setattr(GeminiGenerator, "generate", same)

    (second,) = studio.open().refine(first.id, "make it larger")

    assert [each.number for each in studio.open().record(second.id).sent] == [1, 2]
    assert (second.state, second.path) == ("no_picture", None)
    assert second.reason == f"the answer is image {number} unchanged"
