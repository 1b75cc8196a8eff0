"""The store on Milvus Lite; what it shares with a server is in store_contract.py."""

from pathlib import Path

import pytest

from musaic.config import StoreSettings
from tests.store_contract import StoreContract


class TestOnMilvusLite(StoreContract):
    @pytest.fixture
    def settings(self) -> StoreSettings:
        return StoreSettings()
