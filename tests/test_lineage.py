"""Nothing that was asked for is lost, and what came from what can be told, all generations deep."""

import json
import os
import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from musaic.errors import GenerateError, LibraryError, UnknownAssetError, UnknownGenerationError
from musaic.ledger import FileState, Ledger
from musaic.lineage import (
    Run,
    abandoned,
    end_abandoned,
    lineage_of,
    open_run,
    record_of,
    thread_of,
)
from musaic.schemas import Lineage, Record
from tests.recording import (
    asset,
    call,
    count,
    ended,
    finished,
    generation,
    make,
    process,
    record,
    reference,
    reserve,
)

A, B, C = asset("A"), asset("B"), asset("C")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger, tmp_path: Path) -> Iterator[Run]:
    with open_run(ledger, tmp_path) as opened:
        yield opened


def locks(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "runs").glob("*"))


def outline(line: Lineage) -> object:
    """A line with what is below it, to compare: id, role, and a star where it was seen above."""
    name = line.id + (f":{line.role}" if line.role else "") + ("*" if line.seen_above else "")
    below = [outline(each) for each in (*line.made_from, *line.made_into)]
    return {name: below} if below else name


def up(line: Lineage) -> list[object]:
    return [outline(each) for each in line.made_from]


def down(line: Lineage) -> list[object]:
    return [outline(each) for each in line.made_into]


def names_in(lines: tuple[Lineage, ...]) -> list[str]:
    """The ids of all lines that are drawn out, without recursion."""
    found, left = [], list(lines)
    while left:
        line = left.pop()
        left += [*line.made_from, *line.made_into]
        found += [] if line.seen_above else [line.id]
    return found


def depth_of(line: Lineage) -> int:
    deepest, left = 0, [(line, 1)]
    while left:
        each, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in (*each.made_from, *each.made_into)]
    return deepest


# --- records -------------------------------------------------------------------------------------------
def test_a_record_is_there_from_before_it_is_sent_until_after_it_ended(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    begun = record(generation(1), run.id, references=(reference(A),))
    run.begin(begun)
    assert record_of(ledger, begun.id) == begun

    first, second = (reserve(run, begun.id, 0.1) for _ in range(2))
    run.settle(first, call(None, "no", outcome="EngineUnavailableError"))
    assert [(each.outcome, each.billed) for each in record_of(ledger, begun.id).calls] == [
        ("EngineUnavailableError", "no"),
        ("open", "unknown"),
    ]

    run.settle(second, call(0.04))
    final = ended(begun, B)
    run.end(final)
    with Ledger(tmp_path / "ledger.sqlite") as again:
        assert record_of(again, begun.id) == final.model_copy(
            update={"calls": (call(None, "no", outcome="EngineUnavailableError"), call(0.04))}
        )


def test_what_is_about_to_be_sent_survives_a_power_cut(ledger: Ledger, run: Run) -> None:
    statements: list[str] = []
    ledger._db.set_trace_callback(statements.append)

    for write in (lambda: run.begin(record(generation(1), run.id)), lambda: reserve(run, generation(1), 0.1)):
        statements.clear()
        write()
        synced, written, done = (
            statements.index(each)
            for each in ("PRAGMA synchronous = FULL", "COMMIT", "PRAGMA synchronous = NORMAL")
        )
        assert synced < written < done


def test_calls_that_only_the_record_tells_are_kept(ledger: Ledger, run: Run) -> None:
    begun = record(generation(1), run.id)
    run.begin(begun)
    run.end(ended(begun, A).model_copy(update={"calls": (call(0.0),)}))

    assert record_of(ledger, begun.id).calls == (call(0.0),)


def test_a_generation_begins_once_and_ends_once(ledger: Ledger, run: Run) -> None:
    begun = record(generation(1), run.id)
    run.begin(begun)
    with pytest.raises(ValueError, match="begun before"):
        run.begin(begun)

    run.end(ended(begun, A))
    with pytest.raises(ValueError, match="ended before"):
        run.end(ended(begun, state="failed"))

    assert record_of(ledger, begun.id).state == "picture"


def test_what_fits_no_run_is_refused(ledger: Ledger, run: Run) -> None:
    strange = record(generation(1), "r-another")
    for wrong, why in [
        (lambda: run.begin(strange), "of the run r-another"),
        (lambda: run.begin(ended(record(generation(1), run.id), A)), "and not open"),
        (lambda: run.end(ended(record(generation(1), run.id), A)), "never begun"),
        (lambda: run.end(record(generation(1), run.id)), "ends open"),
    ]:
        with pytest.raises(ValueError, match=why):
            wrong()

    assert count(ledger, "generations") == count(ledger, "outcomes") == count(ledger, "edges") == 0


@pytest.mark.parametrize("table", ["generations", "outcomes", "edges", "calls", "settlements"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"])  # fmt: skip  # noqa: E501
def test_the_file_itself_refuses_to_change_what_was_written(
    ledger: Ledger, run: Run, table: str, change: str
) -> None:
    begun = record(generation(1), run.id, references=(reference(A),))
    run.begin(begun)
    run.settle(reserve(run, begun.id, 0.1), call())
    run.end(ended(begun, B))
    other = sqlite3.connect(ledger.path)
    columns = {"edges": "role", "calls": "bound", "settlements": "cost"}

    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is only ever added to"):
        other.execute(change.format(table, columns.get(table, "body")))

    other.close()


# --- ids -----------------------------------------------------------------------------------------------
def test_a_prefix_that_only_one_id_has_stands_for_it(ledger: Ledger, run: Run) -> None:
    for name in ("g-abcd11112222", "g-abcd11113333", "g-ef0000000000"):
        run.begin(record(name, run.id))

    assert record_of(ledger, "g-ef00").id == "g-ef0000000000"
    assert record_of(ledger, "g-abcd11112").id == "g-abcd11112222"
    assert lineage_of(ledger, "g-ef00").id == "g-ef0000000000"
    assert [each.id for each in thread_of(ledger, "g-ef00")] == ["g-ef0000000000"]
    with pytest.raises(
        GenerateError, match="several pictures begin with 'g-abcd': g-abcd11112222, g-abcd1111"
    ):
        record_of(ledger, "g-abcd")
    with pytest.raises(UnknownGenerationError):
        record_of(ledger, "g-ef0")


def test_an_id_that_begins_as_another_is_found_in_full(ledger: Ledger, run: Run) -> None:
    run.begin(record("g-abcd11", run.id))
    run.begin(record("g-abcd1122", run.id))

    assert record_of(ledger, "g-abcd11").id == "g-abcd11"


@pytest.mark.parametrize(
    "name",
    ["", "g-", "g-'; DROP TABLE generations", "g-%%%%%%", "g-______", "g-*?[a-z]", "g-\x00\x00\x00\x00",
     "g-\udcff\udcff\udcff\udcff", "g-ｆｆｆｆ００", "g-" + "0" * 100_000, "g-000000000002", "G-000000"],
)  # fmt: skip
def test_a_hostile_id_is_an_unknown_one(ledger: Ledger, run: Run, name: str) -> None:
    make(run, generation(1), of=(A,))

    with pytest.raises(UnknownGenerationError):
        record_of(ledger, name)
    with pytest.raises((UnknownGenerationError, UnknownAssetError)):
        lineage_of(ledger, name)

    assert record_of(ledger, generation(1)).state == "no_picture"


def test_a_name_that_nothing_has_is_an_unknown_asset(ledger: Ledger) -> None:
    with pytest.raises(UnknownAssetError):
        lineage_of(ledger, A)
    with pytest.raises(UnknownGenerationError):
        lineage_of(ledger, generation(1))


# --- the tree --------------------------------------------------------------------------------------------
def test_both_directions_are_shown_all_generations_deep(ledger: Ledger, run: Run) -> None:
    """A and B made C; C made D, alone and refined once."""
    d, e = asset("D"), asset("E")
    g1, g2, g3 = (generation(number) for number in (1, 2, 3))
    make(run, g1, of=(A, B), into=C)
    make(run, g2, of=(C,), into=d, created_at=1_700_000_001)
    make(run, g3, of=(C,), into=e, parent=g2, created_at=1_700_000_002)

    middle = lineage_of(ledger, C)
    assert up(middle) == [{g1: [f"{A}:product", f"{B}:product"]}]
    assert down(middle) == [{f"{g2}:product": [d, {g3: [e]}]}, f"{g3}:product*"]
    assert up(lineage_of(ledger, g3)) == [
        {f"{C}:product": [{g1: [f"{A}:product", f"{B}:product"]}]},
        {g2: [f"{C}:product*"]},
    ]
    assert down(lineage_of(ledger, B)) == [
        {f"{g1}:product": [{C: [{f"{g2}:product": [d, {g3: [e]}]}, f"{g3}:product*"]}]}
    ]
    assert up(lineage_of(ledger, A)) == down(lineage_of(ledger, e)) == []


def test_lines_carry_kind_prompt_state_and_path(ledger: Ledger, run: Run) -> None:
    make(run, generation(1), of=(A,), into=C)
    run.begin(record(generation(2), run.id, references=(reference(C, role="base"),)))

    line = lineage_of(ledger, C)

    (made,), (used,) = line.made_from, line.made_into
    assert (line.kind, line.path, line.role) == ("asset", f"/outputs/{generation(1)}/picture.png", None)
    assert (made.kind, made.state, made.prompt) == (
        "generation", "picture", f"prompt of {generation(1)} · “é” 🙂",
    )  # fmt: skip
    assert (used.kind, used.state, used.path, used.role) == ("generation", "open", None, "base")


def test_an_assets_path_is_one_that_is_there(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    make(run, generation(1), of=(A,), into=C)
    assert lineage_of(ledger, A).path == f"/photos/{A}.png"

    there = tmp_path / "z.png"
    there.write_bytes(b"x")
    gone = FileState("/gone", "a.png", 1, 1, A)
    ledger.record([gone, FileState(str(tmp_path), "z.png", 1, 1, A)])
    assert lineage_of(ledger, A).path == str(there)

    there.unlink()
    ledger.mark_vanished([gone], now=5)
    assert lineage_of(ledger, A).path == str(there)


def test_one_asset_made_by_several_generations_stands_on_all_of_them(ledger: Ledger, run: Run) -> None:
    """The offline engine makes the same bytes of the same references every time."""
    names = [generation(number) for number in range(1, 5)]
    for number, name in enumerate(names):
        make(run, name, of=(A,), into=C, created_at=1_700_000_000.0 + number)

    assert up(lineage_of(ledger, C)) == [
        {names[0]: [f"{A}:product"]},
        *({name: [f"{A}:product*"]} for name in names[1:]),
    ]
    first, *rest = down(lineage_of(ledger, A))
    assert first == {f"{names[0]}:product": [C]}
    assert rest == [{f"{name}:product": [f"{C}*"]} for name in names[1:]]


def test_a_picture_made_from_itself_ends_the_line(ledger: Ledger, run: Run) -> None:
    make(run, generation(1), of=(A, B), into=A)

    line = lineage_of(ledger, A)

    assert up(line) == [{generation(1): [f"{A}:product*", f"{B}:product"]}]
    assert down(line) == [{f"{generation(1)}:product": [f"{A}*"]}]


def test_a_loop_of_two_pictures_ends(ledger: Ledger, run: Run) -> None:
    make(run, generation(1), of=(A,), into=B)
    make(run, generation(2), of=(B,), into=A, created_at=1_700_000_009)

    assert down(lineage_of(ledger, A)) == [
        {f"{generation(1)}:product": [{B: [{f"{generation(2)}:product": [f"{A}*"]}]}]}
    ]


def test_an_asset_that_was_two_references_of_one_picture_leads_to_it_once(ledger: Ledger, run: Run) -> None:
    make(run, generation(1), of=(A, A))

    assert down(lineage_of(ledger, A)) == [f"{generation(1)}:product"]
    assert up(lineage_of(ledger, generation(1))) == [f"{A}:product", f"{A}:product*"]


def test_a_reference_that_came_late_is_part_of_the_tree(ledger: Ledger, run: Run) -> None:
    begun = record(generation(1), run.id, references=(reference(A),))
    run.begin(begun)
    run.end(
        begun.model_copy(update={"state": "failed", "references": (reference(A), reference(B, 2, "base"))})
    )

    assert up(lineage_of(ledger, generation(1))) == [f"{A}:product", f"{B}:base"]
    assert count(ledger, "edges") == 2


def test_ten_refinements_are_one_thread(ledger: Ledger, run: Run) -> None:
    names = [generation(number) for number in range(11)]
    for number, name in enumerate(names):
        make(run, name, of=(A,), into=asset(number), parent=names[number - 1] if number else None)
    make(run, generation(99), of=(A,), into=asset(99), parent=names[3])

    assert [each.id for each in thread_of(ledger, names[-1])] == names
    assert [each.id for each in thread_of(ledger, generation(99))] == [*names[:4], generation(99)]
    assert [each.id for each in thread_of(ledger, names[0])] == names[:1]


def test_a_thread_that_bites_its_tail_ends(ledger: Ledger, run: Run) -> None:
    make(run, generation(1), parent=generation(2))
    make(run, generation(2), parent=generation(1))

    assert [each.id for each in thread_of(ledger, generation(2))] == [generation(1), generation(2)]
    assert up(lineage_of(ledger, generation(1))) == [{generation(2): [f"{generation(1)}*"]}]


def chain(ledger: Ledger, run: Run, length: int) -> None:
    """Picture after picture, each made from the one before."""
    for number in range(length):
        make(run, generation(number), of=(asset(number),), into=asset(number + 1))


def test_a_long_chain_is_told_in_full_and_can_be_written_and_read(ledger: Ledger, run: Run) -> None:
    chain(ledger, run, 300)
    everything = {generation(number) for number in range(300)} | {asset(number) for number in range(301)}

    for name, names in ((asset(0), "made_into"), (asset(300), "made_from")):
        line = lineage_of(ledger, name)
        drawn = names_in(getattr(line, names))
        assert len(drawn) == len(set(drawn))
        assert set(drawn) == everything - {name}
        assert depth_of(line) <= 66
        assert Lineage.model_validate_json(line.model_dump_json()) == line
        assert json.loads(json.dumps(line.model_dump(mode="json"), indent=1))["id"] == name


def test_a_line_that_is_too_deep_goes_on_at_the_top(ledger: Ledger, run: Run) -> None:
    chain(ledger, run, 40)

    first, rest = lineage_of(ledger, asset(0)).made_into

    while first.made_into:
        (first,) = first.made_into
    assert first.seen_above
    assert (rest.id, rest.kind, rest.seen_above) == (first.id, first.kind, False)
    assert rest.made_into
    middle = lineage_of(ledger, asset(20))
    assert (len(middle.made_from), len(middle.made_into)) == (1, 1)


def test_ten_thousand_generations_in_a_row_are_no_matter(ledger: Ledger, run: Run) -> None:
    with ledger._transaction():  # by hand, only to be quick
        for number in range(10_000):
            begun = record(generation(number), run.id, references=(reference(asset(number)),))
            body = begun.model_dump_json()
            values = (begun.id, run.id, float(number), "fake", "m", "promo", None, body)
            ledger._db.execute("INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            ledger._db.execute("INSERT INTO edges VALUES (?, 1, ?, 'product')", (begun.id, asset(number)))
            body = ended(begun, asset(number + 1)).model_dump_json()
            values = (begun.id, "picture", asset(number + 1), body, 1.0)
            ledger._db.execute("INSERT INTO outcomes VALUES (?, ?, ?, ?, ?)", values)

    line = lineage_of(ledger, asset(0))

    assert len(names_in(line.made_into)) >= 10_000
    assert len(line.model_dump_json()) > 1_000_000


# --- what a dead process leaves ----------------------------------------------------------------------
def test_a_run_that_lives_has_abandoned_nothing(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    run.begin(record(generation(1), run.id))
    reserve(run, generation(1), 0.1)

    assert abandoned(ledger, tmp_path) == []
    assert len(ledger.unsettled_in(run.id)) == 1
    assert locks(tmp_path) == [f"{run.id}.lock"]


def test_a_run_that_is_over_leaves_no_lock_and_its_open_records_are_found(
    ledger: Ledger, tmp_path: Path
) -> None:
    with open_run(ledger, tmp_path) as run:
        for number in (1, 2):
            run.begin(record(generation(number), run.id))
        reserve(run, generation(1), 0.1)
        run.end(ended(record_of(ledger, generation(2)), A))
    run.close()
    assert locks(tmp_path) == []

    (left,) = abandoned(ledger, tmp_path)

    assert (left.id, left.state) == (generation(1), "open")
    (lost,) = left.calls
    assert (lost.billed, lost.outcome, lost.cost_usd) == ("unknown", "failed", None)
    assert lost.reason == "the process ended while it waited for the answer"
    assert locks(tmp_path) == []
    assert ledger.spent() == 0.1


def test_locks_that_nobody_holds_or_looks_for_go_when_they_are_old(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    old, fresh = (tmp_path / "runs" / f"r-{name * 12}.lock" for name in "ab")
    for path in (old, fresh):
        path.touch()
    for path in (old, tmp_path / "runs" / f"{run.id}.lock"):
        os.utime(path, (1, 1))

    assert abandoned(ledger, tmp_path) == []

    left = sorted(path.stem for path in (tmp_path / "runs").glob("*.lock"))
    assert left == sorted([fresh.stem, run.id])


def test_what_was_abandoned_is_ended_once_and_found_no_more(ledger: Ledger, tmp_path: Path) -> None:
    with open_run(ledger, tmp_path) as run:
        run.begin(record(generation(1), run.id))
    (left,) = abandoned(ledger, tmp_path)
    assert abandoned(ledger, tmp_path) == [left]

    end_abandoned(ledger, ended(left, state="cancelled"))
    end_abandoned(ledger, ended(left, A))

    assert abandoned(ledger, tmp_path) == []
    assert record_of(ledger, generation(1)).state == "cancelled"


def test_a_run_closes_from_any_thread(ledger: Ledger, tmp_path: Path) -> None:
    run = open_run(ledger, tmp_path)
    thread = threading.Thread(target=run.close)
    thread.start()
    thread.join()

    assert locks(tmp_path) == []


def test_a_folder_that_cannot_hold_locks_is_an_error_in_words(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "runs").write_bytes(b"")

    with pytest.raises(LibraryError, match="cannot be locked"):
        open_run(ledger, tmp_path)


MAKER = """
    import random, sys, time
    from pathlib import Path
    from musaic.ledger import Ledger
    from musaic.lineage import open_run
    from tests.recording import asset, call, ended, generation, record, reference, reserve

    folder, seed, most = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    dice = random.Random(seed)
    with Ledger(folder / "ledger.sqlite") as ledger, open_run(ledger, folder) as run:
        for number in range(most):
            name = generation(1_000_000 * seed + number)
            begun = record(name, run.id, references=(reference(asset("A")),), created_at=time.time())
            run.begin(begun)
            print("begun", name)
            for _ in range(dice.randint(1, 2)):
                got = reserve(run, name, 0.01)
                print("reserved", name, got)
                time.sleep(dice.random() * 0.002)
                if dice.random() < 0.9:
                    run.settle(got, call(0.004))
                    print("settled", name, got)
            if dice.random() < 0.9:
                run.end(ended(begun, asset(name)))
                print("ended", name)
"""


def said(lines: list[str], word: str) -> list[list[str]]:
    return [line.split()[1:] for line in lines if line.startswith(f"{word} ")]


def test_killed_at_random_moments_nothing_that_was_sent_is_lost_or_doubled(tmp_path: Path) -> None:
    dice, lines = random.Random(7), []
    for seed in range(1, 7):
        started = process(MAKER, tmp_path, seed, 10_000)
        assert started.stdout is not None
        lines += [started.stdout.readline() for _ in range(dice.randint(1, 12))]
        killer = threading.Timer(dice.random() * 0.05, started.kill)
        killer.start()
        lines += list(started.stdout)
        killer.join()
        assert started.wait() == -9
        started.communicate()
    lines = [line for line in lines if line.endswith("\n")]

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger._rows("PRAGMA integrity_check") == [("ok",)]
        open_before = [name for run in ledger.open_runs() for name in ledger.open_in(run)]
        spent = ledger.spent()
        left = abandoned(ledger, tmp_path)
        assert sorted(each.id for each in left) == sorted(open_before)
        assert locks(tmp_path) == []
        # What a process said it had done is there; more may be, by the one step that it was killed in.
        begun = {name for (name,) in said(lines, "begun")}
        assert begun <= {row[0] for row in ledger._rows("SELECT id FROM generations")}
        assert 0 <= count(ledger, "generations") - len(begun) <= 6
        reserved = [(name, int(number)) for name, number in said(lines, "reserved")]
        numbers = [(each.generation, each.number) for row in ledger._rows("SELECT id FROM generations") for each in ledger.calls_of(row[0])]  # fmt: skip  # noqa: E501
        assert len(numbers) == len(set(numbers)) == count(ledger, "calls") == count(ledger, "settlements")
        assert set(reserved) <= set(numbers)
        assert 0 <= len(numbers) - len(reserved) <= 6
        # A lost call still counts with its bound, before and after.
        ((sure, lost),) = ledger._rows("SELECT sum(billed = 'yes'), sum(billed = 'unknown') FROM settlements")
        assert 0 <= sure - len(said(lines, "settled")) <= 6
        assert ledger.spent() == spent == round(0.004 * sure + 0.01 * lost, 6)
        for (name,) in ledger._rows("SELECT id FROM generations"):
            whole = record_of(ledger, name)
            assert Record.model_validate_json(whole.model_dump_json()) == whole
            assert len(whole.calls) == len(ledger.calls_of(name))
        for each in left:
            end_abandoned(ledger, ended(each, state="failed"))
        assert abandoned(ledger, tmp_path) == []
        assert len(lineage_of(ledger, asset("A")).made_into) == count(ledger, "generations")


def test_processes_at_work_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    started = [process(MAKER, tmp_path, seed, 40) for seed in (1, 2, 3)]

    lines = [line for each in started for line in finished(each)]

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert count(ledger, "generations") == len(said(lines, "begun")) == 120
        assert count(ledger, "calls") == len(said(lines, "reserved"))
        assert count(ledger, "settlements") == len(said(lines, "settled"))
        assert count(ledger, "outcomes") == len(said(lines, "ended"))
    assert locks(tmp_path) == []


def test_two_that_look_at_once_do_not_settle_twice(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger, open_run(ledger, tmp_path) as run:
        for number in range(50):
            run.begin(record(generation(number), run.id))
            reserve(run, generation(number), 0.01)
    code = """
        import sys
        from pathlib import Path
        from musaic.ledger import Ledger
        from musaic.lineage import abandoned, end_abandoned
        from tests.recording import ended
        folder = Path(sys.argv[1])
        with Ledger(folder / "ledger.sqlite") as ledger:
            for left in abandoned(ledger, folder):
                end_abandoned(ledger, ended(left, state="failed"))
    """

    for each in [process(code, tmp_path) for _ in range(3)]:
        finished(each)

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert count(ledger, "settlements") == count(ledger, "outcomes") == 50
        assert ledger.spent() == 0.5
        assert abandoned(ledger, tmp_path) == []


# --- pictures that wait ----------------------------------------------------------------------------------
def test_pictures_wait_from_their_end_until_they_are_encoded(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    make(run, generation(1), into=A)
    make(run, generation(2), into=A, created_at=1_700_000_009)
    make(run, generation(3), into=B, created_at=1_700_000_001)
    make(run, generation(4))

    with Ledger(tmp_path / "ledger.sqlite") as again:
        assert again.waiting() == [(A, generation(1)), (B, generation(3)), (A, generation(2))]
        again.encoded(A)
        again.encoded(C)
    assert ledger.waiting() == [(B, generation(3))]
    assert ledger.generated_ids() == {A, B}

    for _ in range(2):  # it is found to be missing from the store
        ledger.wait_to_encode(A, generation(2))
    assert ledger.waiting() == [(B, generation(3)), (A, generation(2))]
