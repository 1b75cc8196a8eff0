"""What the tests of records and money share: records, calls, and processes of their own."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from musaic.ledger import Ledger
from musaic.lineage import Run
from musaic.schemas import Call, Record, Reference, Role, State

ROOT = Path(__file__).parents[1]


def asset(name: object) -> str:
    """An asset id with a name in it."""
    return str(name).encode().hex().ljust(32, "0")[:32]


def generation(number: int) -> str:
    """The id of a generation."""
    return f"g-{number:012x}"


def reference(asset_id: str, number: int = 1, role: Role = "product") -> Reference:
    return Reference(number=number, asset_id=asset_id, path=f"/photos/{asset_id}.png", role=role)


def record(
    id_: str,
    run: str,
    *,
    references: tuple[Reference, ...] = (),
    parent: str | None = None,
    created_at: float = 1_700_000_000.5,
    model: str = "a-model",
    recipe: str = "promo",
) -> Record:
    """An open record."""
    return Record(
        id=id_, run=run, created_at=created_at, prompt=f"prompt of {id_} · “é” 🙂", sent_prompt="as sent",
        recipe=recipe, engine="fake", model=model, ratio="1:1", size="1K", references=references, parent=parent,
    )  # fmt: skip


def ended(begun: Record, asset_id: str | None = None, *, state: State = "picture") -> Record:
    """How it ended: with a picture, where an asset id is given."""
    path = f"/outputs/{begun.id}/picture.png" if asset_id else None
    return begun.model_copy(update={"state": state, "asset_id": asset_id, "path": path})


def call(cost_usd: float | None = 0.04, billed: str = "yes", *, outcome: str = "picture") -> Call:
    return Call.model_validate(
        {"sent_at": 1.5, "seconds": 2.5, "outcome": outcome, "cost_usd": cost_usd, "billed": billed}
    )


def make(
    run: Run,
    id_: str,
    *,
    of: tuple[str, ...] = (),
    into: str | None = None,
    parent: str | None = None,
    created_at: float = 1_700_000_000.5,
) -> Record:
    """Begin and end a generation of some assets; its picture is the asset `into`."""
    references = tuple(reference(asset_id, number) for number, asset_id in enumerate(of, start=1))
    begun = record(id_, run.id, references=references, parent=parent, created_at=created_at)
    run.begin(begun)
    final = ended(begun, into, state="picture" if into else "no_picture")
    run.end(final)
    return final


def reserve(
    run: Run,
    id_: str,
    bound_usd: float | None,
    *,
    run_usd: float | None = None,
    month_usd: float | None = None,
) -> int:
    return run.reserve(id_, bound_usd=bound_usd, run_limit_usd=run_usd, month_limit_usd=month_usd)


def process(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start Python on some code, which may import what is here; it says things on stdout at once."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def all_at_once(started: "Sequence[subprocess.Popen[str]]") -> None:
    """Wait until each of some processes says that it is ready, then let them go."""
    for each in started:
        assert each.stdout is not None, "made by `process`"
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin is not None, "made by `process`"
        each.stdin.write("go\n")
        each.stdin.flush()


def finished(started: "subprocess.Popen[str]") -> list[str]:
    """Wait for a process to end well; return its lines."""
    out, err = started.communicate(timeout=100)
    assert started.returncode == 0, err
    return out.splitlines()


def count(ledger: Ledger, table: str) -> int:
    ((rows,),) = ledger._rows(f"SELECT count(*) FROM {table}")
    return int(rows)
