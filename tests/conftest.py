"""Fixtures that several test modules use."""

import os

import pytest

from tests.engine import folder, ledger
from tests.ingesting import library, photos
from tests.shop import alone, model, shop
from tests.studio import fake, studio

__all__ = ["alone", "fake", "folder", "ledger", "library", "model", "photos", "shop", "studio"]

_KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "GOOGLE_GEMINI_BASE_URL")


@pytest.fixture(autouse=True)
def nothing_to_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can reach a service that costs money by what lies about in the environment."""
    for name in [name for name in os.environ if name in _KEYS or name.startswith("MUSAIC_GENERATE__")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def called_musaic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands to paste begin with `musaic` in this process too, however pytest was called."""
    monkeypatch.setattr("sys.argv", ["musaic"])
