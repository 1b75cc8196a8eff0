"""A library that makes pictures with the loopback Gemini, as fixtures."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from musaic import plan as money
from musaic.generate.tables import load_models
from musaic.generate.testing import FakeGemini
from musaic.ledger import Ledger
from musaic.library import Library
from musaic.lineage import record_of
from musaic.schemas import Generation, Record
from tests.shop import Shop

MODEL = load_models({})["gemini-nano-banana-2.1"]


@dataclass(frozen=True)
class Studio:
    """A copy of the shop's library that a test may change, and the Gemini that its variables lead to."""

    folder: Path
    pictures: Path
    fake: FakeGemini

    @property
    def library(self) -> Path:
        """The library folder."""
        return self.folder / ".musaic"

    def open(self, *, notes: list[str] | None = None, **generate: object) -> Library:
        """Open the library; `notes` takes its warnings."""
        said = [] if notes is None else notes
        return Library.open(self.folder, generate=generate or None, notify=said.append)

    def records(self) -> list[Record]:
        """Everything asked for, oldest first, as the ledger has it now; nothing is recovered."""
        with Ledger(self.library / "ledger.sqlite") as ledger:
            ids = ledger.generations_like("g-", most=10_000)
            return sorted((record_of(ledger, each) for each in ids), key=lambda record: record.created_at)

    def reported_usd(self) -> float:
        """What the loopback Gemini's own usage reports add up to."""
        costs = (money.cost_usd(MODEL, request.usage, size="1K") for request in self.fake.requests)
        return round(sum(cost or 0.0 for cost in costs), 6)

    def sidecar(self, made: Generation | Record) -> Record:
        """What a picture's own folder says of it."""
        return Record.model_validate_json(
            (self.library / "outputs" / made.id / "record.json").read_text("utf-8")
        )


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGemini]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeGemini(wait_s=0.02) as started:
        yield started


@pytest.fixture
def studio(
    shop: Shop, alone: Path, tmp_path: Path, fake: FakeGemini, monkeypatch: pytest.MonkeyPatch
) -> Studio:
    shutil.copytree(shop.library / ".musaic", tmp_path / "studio" / ".musaic")
    for name, value in fake.env.items():
        monkeypatch.setenv(name, value)
    return Studio(tmp_path / "studio", shop.pictures, fake)
