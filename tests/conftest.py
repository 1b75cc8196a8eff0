"""Fixtures that several test modules use."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tests.engine import folder, ledger
from tests.ingesting import library, photos
from tests.shop import alone, model, shop
from tests.studio import fake, studio

__all__ = ["alone", "fake", "folder", "ledger", "library", "model", "photos", "shop", "studio"]

_KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "GOOGLE_GEMINI_BASE_URL")


def pytest_configure() -> None:
    """Drop what leads elsewhere, before a library reads it when it is imported: hubs, their caches, and proxies."""
    for name in [name for name in os.environ if name.startswith("HF_") or name.upper().endswith("_PROXY")]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def usual_rights() -> Iterator[None]:
    """Files have the rights that they have on most machines, however this one's user keeps to himself."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def mid_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """For records it is noon in the middle of this month (UTC): neither the day nor the month ends in a test."""
    noon = datetime.now(UTC).replace(day=15, hour=12, minute=0).timestamp()
    ahead_s = noon - time.time()
    # Not the clock of everything: gRPC compares it with one of its own.
    clock = SimpleNamespace(**{**vars(time), "time": lambda: time.time() + ahead_s})
    for module in ("ledger.calls", "lineage.runs", "making.records", "making.shots"):
        monkeypatch.setattr(f"musaic.{module}.time", clock)


@pytest.fixture(autouse=True)
def nothing_to_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can reach a service that costs money by what lies about in the environment."""
    for name in [name for name in os.environ if name in _KEYS or name.startswith("MUSAIC_GENERATE__")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def called_musaic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands to paste begin with `musaic` in this process too, however pytest was called."""
    monkeypatch.setattr("sys.argv", ["musaic"])
