"""The environment of the libraries beneath changes nothing: proxies, Milvus' variables, a `.env`."""

import json
import textwrap
from pathlib import Path

import pytest

from musaic.errors import StoreError
from musaic.store.connection import _is_proxied, explain
from tests.shop import Shop, environment, run, run_python

FOREIGN = {
    **dict.fromkeys(("http_proxy", "https_proxy", "grpc_proxy", "all_proxy", "HTTP_PROXY"), "http://127.0.0.1:9"),
    "MILVUS_URI": "./milvus.db",
    "MILVUS_DEFAULT_CONNECTION": "nowhere",
    "MILVUS_CONN_TIMEOUT": "soon",
    "MILVUS_CONN_ALIAS": "other",
    "MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES": "much",
    "MILVUS_LITE_WAL_SIZE_LIMIT_BYTES": "-1",
    "GRPC_POLL_STRATEGY": "none of them",
    "GRPC_EXPERIMENTS": "none of them",
    "GRPC_PYTHON_DEFAULT_TIMEOUT_SECONDS": "soon",
    "GRPC_PYTHON_MANAGED_CHANNEL_MAXIMUM": "many",
    "GRPC_TRACE": "all",
    "GRPC_VERBOSITY": "DEBUG",
    "ARROW_DEFAULT_MEMORY_POOL": "none of them",
    "ARROW_USER_SIMD_LEVEL": "none of them",
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "none of them",
}  # fmt: skip


@pytest.mark.parametrize("more", [{}, {"NO_PROXY": "127.0.0.1,localhost"}])
def test_an_embedded_store_heeds_no_variable_of_the_libraries_beneath(
    shop: Shop, tmp_path: Path, more: dict[str, str]
) -> None:
    answer = run(
        "search",
        "red",
        "-n",
        "1",
        "--paths",
        "--library",
        shop.library,
        here=tmp_path,
        more={**FOREIGN, **more},
    )

    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.strip() == str(shop.pictures / "red.png")
    assert answer.stderr == "", "the libraries beneath say nothing of them either"


def test_no_env_file_is_read_and_the_environment_stays_as_it_was(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GEMINI_API_KEY=from-a-file\nMUSAIC_GENERATE__ENGINE=gemini\n")
    program = f"""
        import json, os
        import dotenv
        from musaic import Library
        before = dict(os.environ)
        for _ in range(2):
            with Library.open({str(shop.library)!r}) as library:
                assert library.search("red")
                engine = library.settings.generate.engine
        changed = before.items() ^ os.environ.items()
        print(json.dumps([engine, sorted(changed), "MILVUS_URI" in os.environ, dotenv.load_dotenv.__module__]))
    """
    answer = run_python(textwrap.dedent(program), here=tmp_path, more={"MILVUS_URI": "./milvus.db"})

    engine, changed, kept, loader = json.loads(answer.stdout)
    assert engine != "gemini"
    assert changed == []
    assert kept
    assert loader == "dotenv.main"


def test_only_a_store_that_was_reached_is_said_to_be_damaged(tmp_path: Path) -> None:
    class UnreachedError(Exception):
        def __str__(self) -> str:
            return "<_InactiveRpcError: StatusCode.UNAVAILABLE, failed to connect to all addresses>"

    away = explain(UnreachedError(), uri=str(tmp_path), secret="", embedded=True)
    broken = explain(
        RuntimeError("Parquet magic bytes not found"), uri=str(tmp_path), secret="", embedded=True
    )

    assert isinstance(away, StoreError)
    assert "as it was" in str(away)
    assert "move it away" not in str(away)
    assert "move it away" in str(broken)


def test_a_server_may_be_behind_a_proxy_but_not_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "milvus.example.com")

    assert not any(map(_is_proxied, ("http://127.0.0.1:19530", "http://localhost:1", "http://[::1]:1")))
    assert not _is_proxied("http://milvus.example.com:19530")
    assert _is_proxied("https://in01.example.org")


@pytest.mark.parametrize(
    "name", ["MUSAIC_LIBRARY", "MUSAIC_STORE__URI", "MUSAIC_EMBED__PRECISION", "MUSAIC_STORE"]
)
def test_an_empty_variable_is_unset(shop: Shop, name: str) -> None:
    answer = run("search", "red", "--paths", "-n", "1", here=shop.library, more={name: ""})

    assert answer.exit_code == 0, answer.stderr
    assert answer.stdout.strip() == str(shop.pictures / "red.png")


def test_the_variables_of_this_test_reach_the_program(tmp_path: Path) -> None:
    answer = run_python("import os; print(os.environ['MILVUS_URI'])", here=tmp_path, more=FOREIGN)

    assert (answer.stdout.strip(), "MILVUS_URI" in environment(tmp_path)) == ("./milvus.db", False)
