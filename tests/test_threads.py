"""One library, several threads: nothing breaks, nothing is done twice, nobody waits for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from musaic.embed.testing import tiny_model
from musaic.errors import LibraryBusyError
from musaic.library import Library
from musaic.library.gate import Gate
from musaic.schemas import Generation
from tests.ingesting import draw
from tests.shop import COLOURS, Shop
from tests.studio import Studio

pytestmark = pytest.mark.usefixtures("alone")

PATIENCE_S = 60


def side_by_side(*tasks: Callable[[], object]) -> list[str]:
    """Run tasks, each in a thread; return what they raised."""
    raised: list[str] = []

    def guarded(task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as exc:
            raised.append(f"{type(exc).__name__}: {exc}")

    threads = [threading.Thread(target=guarded, args=(task,), daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return raised


def times(count: int, task: Callable[[], object]) -> Callable[[], None]:
    def many() -> None:
        for _ in range(count):
            task()

    return many


@pytest.fixture
def library(tmp_path: Path, model: Path) -> Iterator[Library]:
    for name in range(12):
        draw(tmp_path / "photos" / f"{name}.png", name)
    opened = Library.open(
        tmp_path, create=True, embed={"model": str(model)}, ingest={"settle_s": 0}, notify=lambda _: None
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("held", [False, True])
def test_four_threads_search_at_once(shop: Shop, held: bool) -> None:
    library = Library.open(shop.library)
    if held:
        library.__enter__()

    raised = side_by_side(
        *[times(12, lambda colour=colour: library.search(colour)) for colour in COLOURS[:4]]
    )

    assert raised == []
    assert (library._store is not None) is held, "the last one closes it"
    library.close()


def test_store_is_free_for_others_when_the_last_thread_has_left(shop: Shop) -> None:
    first, second = Library.open(shop.library), Library.open(shop.library)
    inside, go_on = threading.Event(), threading.Event()

    def stay() -> None:
        with first._opened():
            inside.set()
            go_on.wait(PATIENCE_S)

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(PATIENCE_S)
    first.search("red")
    with pytest.raises(LibraryBusyError):
        second.search("red")
    go_on.set()
    thread.join()

    assert second.search("red")
    first.close()
    second.close()


def test_closing_lets_a_thread_come_to_its_end(shop: Shop) -> None:
    library = Library.open(shop.library)
    inside, go_on = threading.Event(), threading.Event()
    found: list[int] = []

    def look() -> None:
        with library._opened():
            inside.set()
            go_on.wait(PATIENCE_S)
            found.append(len(library.search("red")))

    thread = threading.Thread(target=look)
    thread.start()
    inside.wait(PATIENCE_S)
    library.close()
    go_on.set()
    thread.join()

    assert found == [3]
    assert library._store is None


def test_searching_while_ingesting_twice_finds_all_and_adds_each_once(
    library: Library, tmp_path: Path
) -> None:
    done = []
    ends = threading.Event()

    def ingest() -> None:
        done.append(library.ingest(tmp_path / "photos"))
        ends.set()

    def search() -> None:
        while not ends.is_set():
            library.search("red")

    assert side_by_side(ingest, ingest, search, search) == []
    assert sorted(each.added for each in done) == [0, 12]
    assert library.check_store()[2] == 12


def test_a_query_goes_by_one_encoder_from_end_to_end_while_another_takes_its_place(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.ingest(tmp_path / "photos")
    other = tiny_model(tmp_path / "other", seed=3, dim=48)
    asset = tmp_path / "photos" / "3.png"
    ends, asked = threading.Event(), []
    changed = Library.open(tmp_path, embed={"model": str(other)}, notify=lambda _: None)
    nearest = changed._nearest

    def slowly(*args: object, **more: object) -> object:
        # The vector of the query is there, the store not yet asked: when the other encoder must not come.
        time.sleep(0.05)
        return nearest(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(changed, "_nearest", slowly)

    def reindex() -> None:
        changed.reindex()
        ends.set()

    def search() -> None:
        while not ends.is_set():
            asked.append(len(changed.similar(asset)))

    assert side_by_side(reindex, search, search) == []
    assert set(asked) == {3}
    assert changed.check_store()[2] == 12
    changed.close()


def test_making_while_searching_and_callbacks_that_ask_the_library(studio: Studio) -> None:
    library = studio.open()
    done: list[str] = []

    def tell(made: Generation) -> None:
        library.record(made.id)
        library.search("red")
        done.append(made.state)

    plan = library.plan(library.brief("red", find=["red"], variants=3))
    ends = threading.Event()

    def make() -> None:
        library.make(plan, on_done=tell)
        ends.set()

    def search() -> None:
        while not ends.is_set():
            library.search("red")
            library.recent()

    assert side_by_side(make, search, search) == []
    assert done == ["picture"] * 3


def test_gate_lets_one_in_alone_though_others_never_stop_coming() -> None:
    gate, ends, inside, seen = Gate(), threading.Event(), [0], []
    count = threading.Lock()

    def ask() -> None:
        while not ends.is_set():
            with gate.asking(), gate.asking():
                with count:
                    inside[0] += 1
                time.sleep(0.001)
                with count:
                    inside[0] -= 1

    def change() -> None:
        for _ in range(20):
            with gate.alone():
                seen.append(inside[0])
        ends.set()

    assert side_by_side(ask, ask, ask, change) == []
    assert seen == [0] * 20


def test_gate_takes_a_thread_that_is_in_once_more_though_another_waits_to_be_alone() -> None:
    gate, inside = Gate(), threading.Event()
    order: list[str] = []

    def ask() -> None:
        with gate.asking():
            inside.set()
            while not gate._wanted_alone:
                time.sleep(0.001)
            with gate.asking():
                order.append("asked")

    def change() -> None:
        inside.wait(PATIENCE_S)
        with gate.alone():
            order.append("changed")

    assert side_by_side(ask, change) == []
    assert order == ["asked", "changed"]


def test_encoder_is_loaded_once_for_all_threads(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import musaic.embed

    real, loads = musaic.embed.load_embedder, []

    def slowly(*args: object, **more: object) -> object:
        loads.append(threading.current_thread().name)
        time.sleep(0.1)
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(musaic.embed, "load_embedder", slowly)
    with Library.open(shop.library) as library:
        assert side_by_side(*[lambda: library.search("red")] * 4) == []

    assert len(loads) == 1
