"""The store on a real Milvus server: its contract, and what only a server can do to it."""

import signal
import threading
import time
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from musaic.config import StoreSettings
from musaic.errors import FilterError, StoreAuthError, StoreError, StoreUnavailableError
from musaic.filters import parse
from musaic.store import Row, Store
from tests.server.conftest import Milvus
from tests.store_contract import ENCODER, OTHER_ENCODER, StoreContract, asset, ids, rows, unit

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


class TestOnServer(StoreContract):
    @pytest.fixture
    def settings(self, server_settings: StoreSettings) -> StoreSettings:
        return server_settings.model_copy(update={"collection": "contract"})


@pytest.mark.parametrize("token", [None, "root:wr0ng", "nobody:Milvus"])
def test_wrong_token_is_told_and_not_shown(
    server_settings: StoreSettings, tmp_path: Path, token: str | None
) -> None:
    settings = server_settings.model_copy(update={"token": SecretStr(token) if token else None})

    with pytest.raises(StoreAuthError, match=r"http://127\.0\.0\.1:19530 refused the token") as caught:
        Store.open(settings, tmp_path)

    assert "wr0ng" not in "".join(traceback.format_exception(caught.value))


def test_two_openers_share_a_server(server_settings: StoreSettings, tmp_path: Path) -> None:
    settings = server_settings.model_copy(update={"collection": "shared"})
    with Store.open(settings, tmp_path) as first:
        first.create(ENCODER)
        first.upsert(rows(3))
        with Store.open(settings, tmp_path) as second:
            assert second.fingerprint() == ENCODER
            second.upsert([Row(asset(7), unit(7))])
        assert first.count() == 4
        first.drop()
    assert not (tmp_path / "lock").exists()
    assert not (tmp_path / "vectors.db").exists()


def test_rebuild_by_another_process_is_told(server_settings: StoreSettings, tmp_path: Path) -> None:
    settings = server_settings.model_copy(update={"collection": "rebuilt"})
    with Store.open(settings, tmp_path) as first, Store.open(settings, tmp_path) as second:
        first.create(ENCODER)
        first.upsert(rows(3))
        with Store.open(settings, tmp_path) as other:
            other.switch_to(other.beside(OTHER_ENCODER))
        with pytest.raises(StoreError):
            first.count()
        assert second.fingerprint() is None
        with Store.open(settings, tmp_path) as again:
            assert again.fingerprint() == OTHER_ENCODER
            again.drop()


def test_text_inside_a_string_is_refused_in_words(server_settings: StoreSettings, tmp_path: Path) -> None:
    settings = server_settings.model_copy(update={"collection": "infix"})
    with Store.open(settings, tmp_path) as store:
        store.create(ENCODER)
        with pytest.raises(
            FilterError, match=r"Milvus v2\.3\.5-lite finds text only at the start of filename"
        ):
            store.search(unit(1), limit=1, where=parse('"cape" in filename'))
        store.drop()


class Writing:
    """Upserts one row after the other from a thread until it fails; `acknowledged` counts them."""

    def __init__(self, store: Store) -> None:
        self.acknowledged = 0
        self.failure: BaseException | None = None
        self.failed_at = 0.0
        self._store = store
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                self._store.upsert([Row(asset(self.acknowledged), unit(self.acknowledged))])
                self.acknowledged += 1
        except BaseException as exc:
            self.failed_at = time.monotonic()
            self.failure = exc

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while self.acknowledged < count:
            assert self.failure is None
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


def test_server_killed_in_mid_ingest_and_back_again_has_every_acknowledged_row_once(
    milvus: Milvus, server_settings: StoreSettings, tmp_path: Path
) -> None:
    settings = server_settings.model_copy(update={"collection": "killed", "timeout_s": 8.0})
    patient = settings.model_copy(update={"timeout_s": 90.0})
    with Store.open(patient, tmp_path) as store:
        store.create(ENCODER)
    with Store.open(settings, tmp_path) as store:
        writing = Writing(store)
        writing.wait_for(20)
        gone_at = time.monotonic()
        milvus.kill()
        writing.join()

        assert isinstance(writing.failure, StoreUnavailableError)
        assert "http://127.0.0.1:19530" in str(writing.failure)
        assert writing.failed_at - gone_at < 2 * settings.timeout_s + 2
        with pytest.raises(StoreUnavailableError):
            store.search(unit(1), limit=1)

        milvus.start()
        # It answers before it has read its log again; whoever reads waits for that, as long as it takes.
        with Store.open(patient, tmp_path) as again:
            assert again.count() >= writing.acknowledged

        store.upsert([Row(asset(writing.acknowledged), unit(writing.acknowledged))])
        expected = {asset(number).id for number in range(writing.acknowledged + 1)}
        found = list(store.ids())
        assert len(found) == store.count() == len(expected)
        assert set(found) == expected
        assert ids(store.search(unit(3), limit=1)) == [asset(3).id]
        store.drop()


def test_server_that_stops_answering_in_mid_ingest_is_given_up_in_time(
    milvus: Milvus, server_settings: StoreSettings, tmp_path: Path
) -> None:
    settings = server_settings.model_copy(update={"collection": "frozen", "timeout_s": 5.0})
    patient = settings.model_copy(update={"timeout_s": 90.0})
    with Store.open(patient, tmp_path) as store:
        store.create(ENCODER)
    with Store.open(settings, tmp_path) as store:
        writing = Writing(store)
        writing.wait_for(5)
        gone_at = time.monotonic()
        milvus.signal(signal.SIGSTOP)
        try:
            writing.join()
        finally:
            milvus.signal(signal.SIGCONT)

        assert isinstance(writing.failure, StoreUnavailableError)
        assert writing.failure.reason == "it did not answer in time"
        assert writing.failed_at - gone_at < 2 * settings.timeout_s + 2

    with Store.open(patient, tmp_path) as store:
        store.upsert(rows(writing.acknowledged + 1))
        assert store.count() == writing.acknowledged + 1
        store.drop()
