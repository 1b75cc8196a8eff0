"""What keeps an image client from sending is said in words, costs nothing, and is not tried again in vain."""

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from musaic.config import GeminiSettings, OpenaiImagesSettings
from musaic.errors import ConfigError, EngineError, EngineSetupError
from musaic.generate.base import Answer, Generator, Request
from musaic.generate.gemini import GeminiGenerator
from musaic.generate.openai_images import OpenaiImagesGenerator
from tests.shop import call
from tests.studio import Studio

KEY = "AIzaSyFake-key_0123456789abcdefghijk"
PASSWORD = "s3cret-of-the-proxy"
ENGINES = ("gemini", "openai-images")
VARIABLES = (
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSLKEYLOGFILE",
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setitem(sys.modules, "socksio", None)


def opened(engine: str, url: str, *, deadline_s: float = 20.0) -> Generator:
    if engine == "gemini":
        settings = GeminiSettings(api_key=SecretStr(KEY), base_url=url)
        return GeminiGenerator(settings, models={}, deadline_s=deadline_s)
    own = OpenaiImagesSettings(api_key=SecretStr(KEY), base_url=f"{url}/v1")
    return OpenaiImagesGenerator(own, models={}, deadline_s=deadline_s)


def failure(engine: str, url: str, *, deadline_s: float = 20.0) -> EngineError:
    """Return what a call ends in."""

    async def ask() -> Answer:
        generator = opened(engine, url, deadline_s=deadline_s)
        try:
            return await generator.generate(
                Request(model="m", prompt="a cape", attachments=(), ratio="1:1", size="1K")
            )
        finally:
            await generator.aclose()

    with pytest.raises(EngineError) as caught:
        asyncio.run(ask())
    assert KEY not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return caught.value


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """Take connections on loopback and do something with each; yield host and port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def refuses(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


UNUSABLE = [
    ({"ALL_PROXY": f"socks5://me:{PASSWORD}@127.0.0.1:1"}, "ALL_PROXY names a SOCKS proxy, and the package"),
    ({"all_proxy": "socks5h://127.0.0.1:1"}, "pip install socksio"),
    ({"HTTPS_PROXY": f"socks6://me:{PASSWORD}@127.0.0.1:1"}, "the proxy in HTTPS_PROXY cannot be used"),
    ({"http_proxy": f"ftp://me:{PASSWORD}@127.0.0.1:1"}, "it must begin with http://"),
    ({"ALL_PROXY": f"http://me:{PASSWORD}@127.0.0.1:port"}, "its host or port cannot be"),
    ({"ALL_PROXY": "http://[::1"}, "its host or port cannot be"),
    ({"SSL_CERT_FILE": "/no/such/file.pem"}, "SSL_CERT_FILE is /no/such/file.pem"),
    ({"SSL_CERT_FILE": __file__}, "there are no certificates in it"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("variables", "words"), UNUSABLE)
def test_a_setting_of_the_network_that_cannot_be_used_is_told_with_its_variable_when_an_engine_is_opened(
    monkeypatch: pytest.MonkeyPatch, engine: str, variables: dict[str, str], words: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(EngineSetupError) as caught:
        opened(engine, "http://127.0.0.1:9")

    assert words in str(caught.value)
    assert (caught.value.billed, caught.value.retryable) == ("no", False)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:9",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://a b",
    ],
)
def test_an_address_that_leads_nowhere_is_a_setting_error(engine: str, url: str) -> None:
    with pytest.raises(ConfigError, match=r"generate\.(gemini|openai)\.base_url is no address"):
        opened(engine, url)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_command_over_a_proxy_that_cannot_work_says_so_and_takes_nothing_of_the_budget(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://me:{PASSWORD}@127.0.0.1:1")
    monkeypatch.setenv("MUSAIC_GENERATE__OPENAI__BASE_URL", "http://127.0.0.1:9/v1")
    arguments = ("a cape", "--engine", engine, "--allow-unknown-price", "--library", studio.folder)

    answer = call("generate", *arguments)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "ALL_PROXY names a SOCKS proxy" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert PASSWORD not in answer.stderr
    with studio.open() as library:
        assert library.spent_this_month() == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_no_connection_costs_nothing_and_may_be_tried_again(engine: str) -> None:
    error = failure(engine, f"http://{closed_port()}")

    assert (error.billed, error.retryable) == ("no", True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_proxy_that_is_not_there_is_told_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{PASSWORD}@{closed_port()}")

    error = failure(engine, "http://images.example")

    assert (error.billed, error.retryable) == ("no", True)
    assert "proxies are named by HTTP_PROXY" in str(error)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_proxy_that_refuses_is_not_asked_again(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    with listening(refuses) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@{proxy}")
        error = failure(engine, "https://images.example")

    assert (error.billed, error.retryable) == ("no", False)
    assert "407" in str(error)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_proxy_that_hangs_up_was_sent_nothing_of_the_request(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    with listening(lambda connection: connection.recv(4096)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
        error = failure(engine, "https://images.example")

    assert (error.billed, error.retryable) == ("no", True)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_without_tls_is_not_asked_again(engine: str) -> None:
    def speaks_plainly(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    with listening(speaks_plainly) as server:
        error = failure(engine, f"https://{server}")

    assert (error.billed, error.retryable) == ("no", False)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example"])
def test_a_host_that_cannot_be_is_never_sent_to(engine: str, host: str) -> None:
    error = failure(engine, f"http://{host}")

    assert error.billed == "no"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_port_of_a_proxy_that_cannot_be_is_told_and_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"me:{PASSWORD}@127.0.0.1:99999")

    error = failure(engine, "http://images.example")

    assert (error.billed, error.retryable) == ("no", False)
    assert "the proxy in ALL_PROXY cannot be used" in str(error)


def test_a_file_for_the_keys_of_connections_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/folder/keys")

    with pytest.raises(EngineSetupError, match="SSLKEYLOGFILE is /no/such/folder/keys"):
        opened("gemini", "http://127.0.0.1:9")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_deadline_before_anything_was_sent_costs_nothing(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    with listening(lambda _: time.sleep(2.5)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy}")
        error = failure(engine, "https://images.example", deadline_s=1.0)

    assert error.billed == "no"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_request_that_left_may_be_billed(engine: str) -> None:
    def takes_all(connection: socket.socket) -> None:
        connection.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            while connection.recv(4096):
                pass

    with listening(takes_all) as server:
        assert failure(engine, f"http://{server}").billed == "unknown"


@pytest.mark.parametrize("value", ["org\nX-Other: 1", "örg"])
def test_what_the_environment_puts_into_a_header_and_no_header_takes_is_never_sent(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr("musaic.generate.openai_images.engine._OPENAI", f"http://{closed_port()}/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", value)
    settings = OpenaiImagesSettings(api_key=SecretStr(KEY))
    generator = OpenaiImagesGenerator(settings, models={}, deadline_s=20)

    with pytest.raises(EngineError) as caught:
        asyncio.run(
            generator.generate(Request(model="m", prompt="x", attachments=(), ratio="1:1", size="1K"))
        )

    assert caught.value.billed == "no"


def test_the_file_of_certificates_may_be_a_good_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import certifi

    (tmp_path / "good.pem").write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "good.pem"))

    for engine in ENGINES:
        opened(engine, "http://127.0.0.1:9")
