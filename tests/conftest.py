"""Fixtures that several test modules use."""

from tests.shop import alone, model, shop

__all__ = ["alone", "model", "shop"]
