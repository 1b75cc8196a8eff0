"""The same contract on a real Milvus server; see run.py."""

import os

import pytest

from musaic.config import StoreSettings
from tests.store_contract import StoreContract


class TestOnServer(StoreContract):
    @pytest.fixture
    def settings(self) -> StoreSettings:
        return StoreSettings(uri=os.environ["MUSAIC_TEST_SERVER"], token="root:Milvus", collection="contract")
