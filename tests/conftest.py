"""Fixtures that several test modules use."""

from tests.ingesting import library, photos
from tests.shop import alone, model, shop

__all__ = ["alone", "library", "model", "photos", "shop"]
