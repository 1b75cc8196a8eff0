"""The store on Milvus Lite; what it shares with a server is in store_contract.py."""

import ast
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from musaic.config import StoreSettings
from musaic.errors import (
    ConfigError,
    LibraryBusyError,
    MusaicError,
    StoreAuthError,
    StoreError,
    StoreLimitError,
    StoreUnavailableError,
)
from musaic.schemas import Asset
from musaic.store import FolderLock, Row, Store
from musaic.store.capabilities import server_capabilities
from musaic.store.connection import explain
from tests.store_contract import ENCODER, StoreContract, asset, rows, unit

SOURCE = Path(__file__).parent.parent / "src"
TOKEN = "root:s3cret-t0ken"
HOLD = """
import sys, time
from pathlib import Path
from musaic.config import StoreSettings
from musaic.store import Store
store = Store.open(StoreSettings(), Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""
WRITE_ON = """
import itertools, sys
from pathlib import Path
from musaic.config import StoreSettings
from musaic.store import Store
from tests.store_contract import ENCODER, Row, asset, unit
store = Store.open(StoreSettings(), Path(sys.argv[1]))
store.create(ENCODER)
for number in itertools.count(store.count()):
    store.upsert([Row(asset(number), unit(number))])
    print(number, flush=True)
"""


class TestOnMilvusLite(StoreContract):
    @pytest.fixture
    def settings(self) -> StoreSettings:
        return StoreSettings()


def started(program: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(SOURCE.parent)])},
    )


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = started(HOLD, tmp_path)
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    try:
        yield process
    finally:
        ended(process)


def test_second_process_learns_who_holds_the_library(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    start = time.monotonic()
    with pytest.raises(LibraryBusyError) as caught:
        Store.open(StoreSettings(), tmp_path)

    assert time.monotonic() - start < 1
    assert caught.value.pid == holder.pid
    assert caught.value.since
    assert caught.value.command
    assert f"process {holder.pid}" in str(caught.value)
    assert "-c" in caught.value.command


def test_library_is_free_after_kill_9(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "lock").read_text()

    with Store.open(StoreSettings(), tmp_path) as store:
        assert store.fingerprint() is None


def test_opening_twice_in_one_process_is_refused_in_words(tmp_path: Path) -> None:
    with (
        Store.open(StoreSettings(), tmp_path) as store,
        pytest.raises(LibraryBusyError, match="this very program"),
    ):
        Store.open(StoreSettings(), tmp_path)
    store.close()
    with Store.open(StoreSettings(), tmp_path):
        pass


def test_what_a_free_lock_says_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"pid": 1, "since": "2020-01-01", "command": "init"}')

    with FolderLock(tmp_path):
        assert f'"pid": {os.getpid()}' in (tmp_path / "lock").read_text()
    assert (tmp_path / "lock").read_text() == ""


def test_lock_held_before_its_note_is_written_names_nobody(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(LibraryBusyError, match="in use by another process; wait"):
            FolderLock(tmp_path)


def test_folder_that_cannot_be_locked_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be locked: .*nowhere"):
        FolderLock(tmp_path / "nowhere")


def test_acknowledged_rows_survive_kill_9(tmp_path: Path) -> None:
    acknowledged = -1
    for more in (3, 40, 11):
        process = started(WRITE_ON, tmp_path)
        assert process.stdout
        for line in itertools.islice(process.stdout, more):
            acknowledged = int(line)
        ended(process)

    with Store.open(StoreSettings(), tmp_path) as store:
        found = list(store.ids())
        assert len(found) == len(set(found)) == store.count() >= acknowledged + 1
        assert {asset(number).id for number in range(acknowledged + 1)} <= set(found)


def test_closing_frees_the_port_and_the_threads(tmp_path: Path) -> None:
    before = threading.active_count()
    store = Store.open(StoreSettings(), tmp_path)
    store.create(ENCODER)
    store.upsert(rows(3))
    host, port = store._connection.client._config.address.split(":")
    socket.create_connection((host, int(port)), timeout=1).close()

    store.close()
    store.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_closed_store_says_so(tmp_path: Path) -> None:
    with Store.open(StoreSettings(), tmp_path) as store:
        store.create(ENCODER)
    with pytest.raises(StoreError, match="closed"):
        store.count()


def test_file_of_milvus_lite_2_is_explained(tmp_path: Path) -> None:
    (tmp_path / "vectors.db").write_bytes(b"SQLite format 3\0")

    with pytest.raises(StoreError, match="file of Milvus Lite 2"):
        Store.open(StoreSettings(), tmp_path)
    FolderLock(tmp_path).release()


def schema_files(folder: Path) -> list[Path]:
    return sorted((folder / "vectors.db").rglob("schema.json"))


def manifests(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "vectors.db").rglob("*")) if path.name.startswith("manifest")]


def segments(folder: Path) -> list[Path]:
    return sorted((folder / "vectors.db").rglob("*.parquet"))


@pytest.mark.parametrize("damaged_files", [schema_files, manifests, segments])
def test_damaged_store_is_explained(tmp_path: Path, damaged_files: Callable[[Path], list[Path]]) -> None:
    with Store.open(StoreSettings(), tmp_path) as store:
        store.create(ENCODER)
        store.upsert(rows(50))
    assert damaged_files(tmp_path)
    for path in damaged_files(tmp_path):
        path.write_bytes(b"\0 not what it was")

    with (
        pytest.raises(StoreError, match=r"vectors\.db failed \(.*\); if it is damaged, restore"),
        Store.open(StoreSettings(), tmp_path) as store,
    ):
        store.search(unit(1), limit=1)
    FolderLock(tmp_path).release()


def test_collection_of_others_is_not_touched(tmp_path: Path) -> None:
    with Store.open(StoreSettings(), tmp_path) as store:
        client = store._connection.client
        client.create_collection("musaic", dimension=4)

    with pytest.raises(StoreError, match="not made by Musaic"):
        Store.open(StoreSettings(), tmp_path)


def built_and_rebuilt(store: Store) -> None:
    store.create(ENCODER)
    store.upsert(rows(10))
    second = store.beside(ENCODER.model_copy(update={"dim": 4}))
    second.upsert(rows(4, dim=4))
    store.switch_to(second)


def crashed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("step", "survives"), [("create_alias", 0), ("alter_alias", 10), ("drop_collection", 4)]
)
def test_crash_at_any_step_leaves_all_old_rows_or_all_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, survives: int
) -> None:
    with Store.open(StoreSettings(), tmp_path) as store:
        monkeypatch.setattr(store._connection.client, step, crashed)
        with pytest.raises(KeyboardInterrupt):
            built_and_rebuilt(store)

    with Store.open(StoreSettings(), tmp_path) as store:
        found = store.fingerprint()
        store.create(found or ENCODER)
        assert store.count() == survives
        again = store.beside(found or ENCODER)
        store.switch_to(again)
        assert store._connection.client.list_collections() == [
            again._collection.name if again._collection else ""
        ]


BAD_VALUES = {
    "holds NaN": (asset(1), np.full(8, np.nan, np.float32)),
    "NaN or infinity": (asset(1), np.full(8, np.inf, np.float32)),
    "all zeros": (asset(1), np.zeros(8, np.float32)),
    r"shape \(1, 8\)": (asset(1), np.ones((1, 8), np.float32)),
    r"id 'a b' cannot be used": (asset(1, id="a b"), unit(1)),
    r"id '' cannot be used": (asset(1, id=""), unit(1)),
    r"id of a+ has 65 bytes; at most 64 fit": (asset(1, id="a" * 65), unit(1)),
    r"filename of 0+1 has 2050 bytes; at most 2048 fit: 'ж": (asset(1, filename="ж" * 1025), unit(1)),
    r"folder of 0+1 has 8193 bytes": (asset(1, folder="x" * 8193), unit(1)),
    r"paths of 0+1 has 4097 entries; at most 4096": (asset(1, paths=("x",) * 4097), unit(1)),
    r"paths of 0+1 has 8193 bytes": (asset(1, paths=("ok", "x" * 8193)), unit(1)),
    r"tags of 0+1 has 1025 bytes": (asset(1, tags=("x" * 1025,)), unit(1)),
    r"width of 0+1 is 9223372036854775808": (asset(1, width=2**63), unit(1)),
    r"captured_at of 0+1 is -4611686018427387904": (asset(1, captured_at=-(2**62)), unit(1)),
    r"metadata of 0+1 has 65\d+ bytes as JSON; at most 65536": (
        asset(1, metadata={"a": "x" * 65_530}),
        unit(1),
    ),
    r"metadata\.a\.b of 0+1 is inf": (
        asset(1).model_copy(update={"metadata": {"a": {"b": float("inf")}}}),
        unit(1),
    ),
    r"metadata\.n of 0+1 is 18446744073709551616, which does not": (
        asset(1, metadata={"n": [2**64]}),
        unit(1),
    ),
    r"metadata of 0+1 has the key 5; keys are texts": (
        asset(1).model_copy(update={"metadata": {5: 1}}),
        unit(1),
    ),
}


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(StoreSettings(), tmp_path_factory.mktemp("library")) as store:
        store.create(ENCODER)
        yield store


@pytest.mark.parametrize("message", BAD_VALUES)
def test_value_that_a_server_would_refuse_is_refused_before_anything_is_sent(
    shared_store: Store, message: str
) -> None:
    bad_asset, vector = BAD_VALUES[message]

    with pytest.raises(StoreLimitError, match=message):
        shared_store.upsert([Row(asset(2), unit(2)), Row(bad_asset, vector)])

    assert shared_store.count() == 0


def test_metadata_nested_too_deep_is_refused(shared_store: Store) -> None:
    deep: dict[str, object] = {}
    for _ in range(70):
        deep = {"d": deep}

    with pytest.raises(StoreLimitError, match="more than 64 deep"):
        shared_store.upsert([Row(asset(1, metadata=deep), unit(1))])


def test_metadata_without_a_value_is_left_out(shared_store: Store) -> None:
    shared_store.upsert([Row(asset(5, metadata={"a": None, "b": {"c": None}, "d": [None, 1]}), unit(5))])

    assert shared_store.get([asset(5).id])[0].asset.metadata == {"b": {}, "d": [None, 1]}
    shared_store.delete([asset(5).id])


@pytest.mark.parametrize("name", ["my-library", "1st", "", "имя", "a b", "a\n", "x" * 250])
def test_collection_name_that_a_server_would_refuse_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreLimitError, match=r"store\.collection"):
        Store.open(StoreSettings(collection=name), tmp_path)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (-1, 0), (1, -1), (16_385, 0), (2**70, 0)])
def test_page_that_is_none_is_refused(shared_store: Store, limit: int, offset: int) -> None:
    with pytest.raises(StoreLimitError):
        shared_store.search(unit(1), limit=limit, offset=offset)


def test_dim_that_a_server_would_refuse_is_refused(tmp_path: Path) -> None:
    with (
        Store.open(StoreSettings(), tmp_path) as store,
        pytest.raises(StoreLimitError, match="vectors of 40000 numbers"),
    ):
        store.create(ENCODER.model_copy(update={"dim": 40_000}))


def refused(uri: str, *, timeout_s: float = 2.0) -> MusaicError:
    """Return the error of opening a store there; the token must be nowhere in it."""
    settings = StoreSettings(uri=uri, token=SecretStr(TOKEN), timeout_s=timeout_s)
    with pytest.raises(MusaicError) as caught:
        Store.open(settings, Path())
    assert "t0ken" not in "".join(traceback.format_exception(caught.value))
    return caught.value


class NotMilvus(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def test_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = refused(f"http://root:s3cret-t0ken@127.0.0.1:{port}")

    assert isinstance(error, StoreUnavailableError)
    assert error.uri == f"http://127.0.0.1:{port}"
    assert "connection refused" in str(error)


def test_server_that_never_answers_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        error = refused(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.5)

    assert isinstance(error, StoreUnavailableError)
    assert error.reason == "it did not answer in time"
    assert time.monotonic() - start < 3


def test_server_that_is_no_milvus_is_told() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), NotMilvus) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        error = refused(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()

    assert isinstance(error, StoreUnavailableError)
    assert error.reason == "what answers there is no Milvus"


@pytest.mark.parametrize(
    "uri",
    ["milvus", "vectors.db", "http://", "ftp://h:1", "http://u:t0ken@[::1", "http://u:t0ken@h:999999", ""],
)
def test_address_that_is_none_is_refused(uri: str) -> None:
    assert isinstance(refused(uri), ConfigError)


def test_error_chain_that_runs_in_a_circle_is_walked_once() -> None:
    first, second = RuntimeError("outer"), RuntimeError("UNAUTHENTICATED missing authorization in header")
    first.__cause__, second.__cause__, second.__context__ = second, second, first

    error = explain(first, uri="http://h:1", secret="", embedded=False)

    assert isinstance(error, StoreAuthError)


def test_secret_is_cut_out_of_what_a_server_says() -> None:
    error = explain(RuntimeError(f"no such user: {TOKEN}"), uri="http://h:1", secret=TOKEN, embedded=False)

    assert str(error) == "the Milvus server at http://h:1 refused: no such user: …"


@pytest.mark.parametrize(
    ("version", "infix", "words"),
    [
        ("v2.3.5-lite", False, False),
        ("2.4.15", True, False),
        ("v2.6.1", True, True),
        ("Zilliz Cloud Vector Database(Compatible with Milvus 2.5)", True, True),
        ("", True, True),
    ],
)
def test_capabilities_follow_the_version(version: str, infix: bool, words: bool) -> None:
    capabilities = server_capabilities(version)

    assert (capabilities.like_infix, capabilities.full_text) == (infix, words)
    assert any("text with _" in sentence for sentence in capabilities.missing()) is (version == "2.4.15")
    assert any("startswith" in sentence for sentence in capabilities.missing()) is not infix


def test_importing_the_store_does_not_import_pymilvus() -> None:
    program = "import sys, musaic.store; print([m for m in ('pymilvus', 'grpc', 'milvus_lite') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )
    assert done.stdout == "[]\n"


def test_milvus_writes_nothing_to_stderr(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from musaic.config import StoreSettings
from musaic.errors import StoreError
from musaic.store import Store
from tests.store_contract import ENCODER, rows
folder = Path(sys.argv[1])
with Store.open(StoreSettings(), folder) as store:
    store.create(ENCODER)
    store.upsert(rows(5))
    print(len(list(store.ids())))
    try:
        store._query("nonsense ((", ["id"], limit=1)
    except StoreError:
        print("refused")
try:
    Store.open(StoreSettings(uri="http://127.0.0.1:1", timeout_s=0.5), folder)
except StoreError:
    print("gone")
(folder / "vectors.db" / "aliases.json").write_text("{")
try:
    Store.open(StoreSettings(), folder)
except StoreError:
    print("damaged")
"""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(SOURCE.parent)])},
    )
    assert (process.stdout, process.stderr) == ("5\nrefused\ngone\ndamaged\n", "")


def test_only_the_store_imports_milvus() -> None:
    importers = {
        path.relative_to(SOURCE).parts[1]
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.split(".")[0] in ("pymilvus", "milvus_lite")
    }
    assert importers == {"store"}


def test_threads_may_write_and_search_at_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 30):
                store.upsert([Row(asset(number), unit(number))])
                store.search(unit(number), limit=1)
        except BaseException as exc:
            failures.append(exc)

    with Store.open(StoreSettings(), tmp_path) as store:
        store.create(ENCODER)
        threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert store.count() == 90


def test_asset_is_what_went_in_for_the_type_checker_too(shared_store: Store) -> None:
    shared_store.upsert([Row(asset(9), unit(9))])
    (found, cosine), *_ = shared_store.search(unit(9), limit=1)
    assert isinstance(found, Asset)
    assert cosine == pytest.approx(1.0, abs=1e-6)
    shared_store.delete([asset(9).id])
