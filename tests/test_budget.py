"""What may be spent is decided by the ledger, for all processes together, before anything is sent."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from musaic.errors import BudgetError
from musaic.ledger import Ledger
from musaic.lineage import Run, abandoned, costs, open_run, record_of
from tests.recording import (
    all_at_once,
    asset,
    call,
    count,
    ended,
    finished,
    generation,
    make,
    process,
    record,
    reserve,
)

pytestmark = pytest.mark.usefixtures("mid_month")

G = generation(1)
# In the middle of a month: when the processes of these tests spend.
AT = 1_794_700_800.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger, tmp_path: Path) -> Iterator[Run]:
    with open_run(ledger, tmp_path) as opened:
        opened.begin(record(G, opened.id))
        yield opened


# --- what counts -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cost_usd", "billed", "spent"),
    [
        (0.04, "yes", 0.04),
        (0.50, "yes", 0.50),
        (None, "yes", 0.25),
        (None, "no", 0.0),
        (0.04, "no", 0.0),
        (None, "unknown", 0.25),
        (0.04, "unknown", 0.25),
    ],
)
def test_a_call_counts_with_its_cost_or_its_bound_or_not_at_all(
    ledger: Ledger, run: Run, cost_usd: float | None, billed: str, spent: float
) -> None:
    number = reserve(run, G, 0.25)
    assert ledger.spent_by(run.id) == ledger.spent_in_month() == ledger.spent() == 0.25

    run.settle(number, call(cost_usd, billed))

    assert ledger.spent_by(run.id) == ledger.spent_in_month() == ledger.spent() == spent


def test_a_run_may_spend_its_limit_to_the_last_millionth_and_not_one_more(ledger: Ledger, run: Run) -> None:
    for _ in range(3):
        reserve(run, G, 0.1, run_usd=0.3)

    with pytest.raises(BudgetError, match=r"max_cost_usd of \$0\.30 \(\$0\.3000 of it are spent") as caught:
        reserve(run, G, 0.000001, run_usd=0.3)

    assert (caught.value.limit_usd, caught.value.spent_usd, caught.value.bound_usd) == (0.3, 0.3, 0.000001)
    assert count(ledger, "calls") == 3


def test_a_sum_of_floats_is_no_more_than_the_limit_it_was_made_from(run: Run) -> None:
    reserve(run, G, 0.1 + 0.2, run_usd=0.3)


def test_a_bound_is_never_rounded_down(ledger: Ledger, run: Run) -> None:
    reserve(run, G, 0.0000001)

    assert ledger.spent() == 0.000001


def test_what_a_call_frees_can_be_reserved_again(ledger: Ledger, run: Run) -> None:
    number = reserve(run, G, 0.2, run_usd=0.2)
    run.settle(number, call(None, "no"))

    second = reserve(run, G, 0.2, run_usd=0.2)

    run.settle(second, call(0.05))
    assert ledger.spent() == 0.05
    reserve(run, G, 0.15, run_usd=0.2)


def test_a_call_that_costs_nothing_is_never_over_a_limit(run: Run) -> None:
    reserve(run, G, 0.5)

    reserve(run, G, 0.0, run_usd=0.1, month_usd=0.0)


def test_an_unknown_price_that_was_allowed_counts_once_its_cost_is_known(ledger: Ledger, run: Run) -> None:
    number = reserve(run, G, None, run_usd=0.1, month_usd=0.1)
    assert ledger.spent() == 0.0
    run.settle(number, call(0.08))

    with pytest.raises(BudgetError):
        reserve(run, G, 0.03, run_usd=0.1)


@pytest.mark.parametrize("amount", [-0.01, float("nan"), float("inf"), 1e300])
def test_what_is_no_amount_is_refused(ledger: Ledger, run: Run, amount: float) -> None:
    with pytest.raises(ValueError, match="no amount"):
        reserve(run, G, amount)

    assert count(ledger, "calls") == 0


@pytest.mark.parametrize("limit", [-0.01, float("nan")])
def test_what_is_no_limit_is_refused(run: Run, limit: float) -> None:
    with pytest.raises(ValueError, match="no amount"):
        reserve(run, G, 0.1, run_usd=limit)
    reserve(run, G, 0.1, run_usd=float("inf"))


# --- runs and months -----------------------------------------------------------------------------------
def test_a_runs_limit_is_its_own_and_the_months_is_everyones(
    ledger: Ledger, run: Run, tmp_path: Path
) -> None:
    reserve(run, G, 0.9, run_usd=1.0, month_usd=1.0)

    with open_run(ledger, tmp_path) as second:
        second.begin(record(generation(2), second.id))
        reserve(second, generation(2), 0.1, run_usd=0.1, month_usd=1.0)
        with pytest.raises(BudgetError, match="monthly budget") as caught:
            reserve(second, generation(2), 0.01, run_usd=9.0, month_usd=1.0)

    assert caught.value.spent_usd == 1.0


@pytest.fixture
def _clock() -> Iterator[None]:
    """Take the local time back, once the variable is what it was."""
    yield
    time.tzset()


@pytest.mark.parametrize(
    ("spent_at", "now", "counts"),
    [
        ("2026-11-30T23:59:59.999", "2026-12-01T00:00:00", False),
        ("2026-12-01T00:00:00", "2026-12-31T23:59:59.999", True),
        ("2026-12-31T23:59:59.999", "2027-01-01T00:00:00", False),
        ("2028-02-29T12:00:00", "2028-02-01T00:00:00", True),
        ("2025-11-15T00:00:00", "2026-11-15T00:00:00", False),
    ],
)
@pytest.mark.usefixtures("_clock")
def test_months_are_calendar_months_of_utc(
    ledger: Ledger, run: Run, monkeypatch: pytest.MonkeyPatch, spent_at: str, now: str, counts: bool
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    spent, later = (datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp() for each in (spent_at, now))
    limits = {"run_limit_usd": None, "month_limit_usd": 1.0}
    ledger.reserve(G, run=run.id, at=spent, bound_usd=1.0, **limits)

    assert ledger.spent_in_month(later) == (1.0 if counts else 0.0)
    if counts:
        with pytest.raises(BudgetError):
            ledger.reserve(G, run=run.id, at=later, bound_usd=0.5, **limits)
    else:
        ledger.reserve(G, run=run.id, at=later, bound_usd=0.5, **limits)


# --- a call is reserved and settled once -----------------------------------------------------------------
def test_a_call_is_settled_once(ledger: Ledger, run: Run) -> None:
    number = reserve(run, G, 0.2)
    run.settle(number, call(0.1))

    with pytest.raises(ValueError, match="settled before"):
        run.settle(number, call(None, "no"))
    with pytest.raises(ValueError, match="never reserved"):
        run.settle(number + 1, call())

    assert ledger.spent() == 0.1


def test_nothing_is_reserved_for_what_was_not_begun_or_has_ended(ledger: Ledger, run: Run) -> None:
    with pytest.raises(ValueError, match="not open"):
        reserve(run, generation(7), 0.1)
    run.end(ended(record_of(ledger, G), state="failed"))
    with pytest.raises(ValueError, match="not open"):
        reserve(run, G, 0.1)

    assert count(ledger, "calls") == 0


# --- sums ----------------------------------------------------------------------------------------------
def fill(ledger: Ledger, run: Run) -> None:
    """Three models, two recipes, two days; every way a call can end."""
    ways = [(0.039, "yes"), (None, "yes"), (None, "no"), (None, "unknown"), (0.0000004, "yes")]
    day = datetime(2026, 11, 30, 23, 59, tzinfo=UTC).timestamp()
    for number in range(30):
        at = day + 120 * (number % 2)
        begun = record(
            generation(100 + number), run.id, created_at=at, model=f"m{number % 3}", recipe=f"r{number % 2}"
        )
        run.begin(begun)
        for _ in range(number % 3):
            name = ledger.reserve(
                begun.id, run=run.id, at=at, bound_usd=0.1001, run_limit_usd=None, month_limit_usd=None
            )
            if number % 7:
                run.settle(name, call(*ways[number % 5]))
        if number % 4 == 0:
            run.end(ended(begun, asset(number)))
        elif number % 4 == 1:
            run.end(ended(begun, state="output_blocked"))


@pytest.mark.parametrize("by", ["day", "model", "recipe"])
def test_lines_add_up_to_what_was_spent(ledger: Ledger, run: Run, by: str) -> None:
    fill(ledger, run)

    lines = costs(ledger, by=by)  # type: ignore[arg-type]

    total = sum(round(1e6 * line.cost_usd) + round(1e6 * line.unconfirmed_usd) for line in lines)
    assert total == round(1e6 * ledger.spent()) > 0
    assert sum(line.calls for line in lines) == count(ledger, "calls") == 30
    assert sum(line.pictures for line in lines) == 8
    assert [line.heading for line in lines] == sorted({line.heading for line in lines})


def test_lines_by_day_are_utcs_and_say_what_is_sure(ledger: Ledger, run: Run) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    for at, outcome in ((midnight - 0.5, call(0.03)), (midnight, call(None, "unknown"))):
        number = ledger.reserve(G, run=run.id, at=at, bound_usd=0.2, run_limit_usd=None, month_limit_usd=None)
        run.settle(number, outcome)

    first, second = costs(ledger, by="day")

    assert (first.heading, first.calls, first.cost_usd, first.unconfirmed_usd) == ("2026-11-30", 1, 0.03, 0)
    assert (second.heading, second.calls, second.cost_usd, second.unconfirmed_usd) == (
        "2026-12-01", 1, 0, 0.2,
    )  # fmt: skip


def test_ten_thousand_cents_are_a_hundred_dollars(ledger: Ledger, run: Run) -> None:
    with ledger._transaction():
        rows = [(number, G, run.id, 1.0, 10_000) for number in range(10_000)]
        ledger._db.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", rows)

    (line,) = costs(ledger, by="model")

    assert line.unconfirmed_usd == ledger.spent() == 100.0


def test_costs_come_by_what_is_known_only(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="and not by 'id; DROP"):
        costs(ledger, by="id; DROP TABLE calls")  # type: ignore[arg-type]
    assert costs(ledger, by="day") == []


# --- processes at the same time --------------------------------------------------------------------------
GREEDY = """
    import random, sys, time
    from pathlib import Path
    from musaic.errors import BudgetError
    from musaic.ledger import Ledger
    from musaic.lineage import open_run
    from tests.recording import call, generation, record, reserve

    folder, seed, bound, limit = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    dice = random.Random(seed)
    time.time = lambda: 1_794_700_800.0  # AT
    print("ready")
    sys.stdin.readline()
    with Ledger(folder / "ledger.sqlite") as ledger, open_run(ledger, folder) as run:
        for number in range(10_000):
            name = generation(1_000_000 * seed + number)
            run.begin(record(name, run.id))
            try:
                got = reserve(run, name, bound, month_usd=limit)
            except BudgetError:
                break
            print(got)
            if len(sys.argv) > 5 and dice.random() < 0.6:
                run.settle(got, call(bound * dice.random(), dice.choice(["yes", "yes", "no", "unknown"])))
"""


def hammer(folder: Path, processes: int, *arguments: object) -> list[list[int]]:
    """Let processes reserve at the same time until nothing is left; return the calls that each one got."""
    started = [process(GREEDY, folder, seed, *arguments) for seed in range(1, processes + 1)]
    all_at_once(started)
    return [[int(line) for line in finished(each)] for each in started]


def test_processes_together_reserve_exactly_the_budget(tmp_path: Path) -> None:
    """They open a ledger that is not there yet, all at once, and none is told that it is locked."""
    got = hammer(tmp_path, 4, 0.01, 0.6)

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert sorted(number for each in got for number in each) == list(range(1, 61))
        assert ledger.spent_in_month(AT) == 0.6
        assert count(ledger, "calls") == 60
        # Each one began one more, for which nothing was left.
        assert count(ledger, "generations") == 64


def test_processes_that_settle_as_they_go_stay_within_the_budget(tmp_path: Path) -> None:
    got = hammer(tmp_path, 4, 0.03, 0.9, "settle")

    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        numbers = [number for each in got for number in each]
        assert len(numbers) == len(set(numbers)) == count(ledger, "calls") >= 30
        assert 0.87 < ledger.spent_in_month(AT) <= 0.9
        assert len(abandoned(ledger, tmp_path)) == count(ledger, "generations")


def test_a_picture_without_a_call_costs_nothing(ledger: Ledger, run: Run) -> None:
    make(run, generation(5), into=asset("p"))

    (line,) = costs(ledger, by="recipe")

    assert (line.heading, line.pictures, line.calls, line.cost_usd) == ("promo", 1, 0, 0.0)


def test_calls_of_unknown_price_are_counted_and_in_no_sum(ledger: Ledger, run: Run) -> None:
    number = run.reserve(G, bound_usd=None, run_limit_usd=None, month_limit_usd=None)
    run.settle(number, call(cost_usd=None))

    (line,) = costs(ledger, by="model")

    assert (line.calls, line.unpriced, line.cost_usd, line.unconfirmed_usd) == (1, 1, 0, 0)
