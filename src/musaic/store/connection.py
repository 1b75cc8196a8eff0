"""The way to Milvus: opens Milvus Lite or a server, and turns what they raise into our errors.

This package's only importer of pymilvus and milvus_lite.
"""

import contextlib
import errno
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

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
from musaic.store import beneath
from musaic.store.capabilities import Capabilities, embedded_capabilities, server_capabilities

if TYPE_CHECKING:
    from pymilvus import MilvusClient

# Milvus Lite writes a full buffer of 128 MB to disk within the call that fills it.
_EMBEDDED_TIMEOUT_S = 600.0
_MAX_CAUSES = 20
# What the machine refuses, and no damage of the store explains.
_NOT_THE_STORES = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EADDRINUSE,
    errno.EADDRNOTAVAIL, errno.ENAMETOOLONG,
)  # fmt: skip
_NOT_FOUND = 100
_NOT_LOADED = 101
# "Illegal argument" of Milvus Lite and of a server.
_ILLEGAL = (6, 1100)
_AUTH_WORDS = (
    "unauthenticated",
    "auth check failure",
    "permission_denied",
    "permission deny",
    "missing authorization",
)
_GONE_WORDS = (
    "unavailable",
    "deadline_exceeded",
    "deadline exceeded",
    "retry timeout",
    "retry run out",
    "fail connecting",
    "failed to connect",
    "cancelled",
    "not ready",
    "no available",
)
_PLAIN_REASONS = {
    "dns resolution failed": "the host name is not known",
    "domain name not found": "the host name is not known",
    "handshake": "no secure connection could be made",
    "deadline": "it did not answer in time",
    "retry timeout": "it did not answer in time",
    "refused": "connection refused",
    "http/2": "what answers there is no Milvus",
    "unknown service": "what answers there is no Milvus",
    "socket closed": "it broke off the connection",
}


class Connection:
    """One client of one Milvus.

    Every call on `client` belongs inside `errors()`, with `timeout=timeout_s`.
    """

    def __init__(
        self, client: "MilvusClient", *, uri: str, timeout_s: float, secret: str, database: Path | None
    ) -> None:
        self.client = client
        self.uri, self.timeout_s = uri, timeout_s
        self._secret, self._database = secret, database
        self._capabilities: Capabilities | None = None

    @property
    def embedded(self) -> bool:
        """Whether this is Milvus Lite inside this process."""
        return self._database is not None

    @property
    def hosted(self) -> bool:
        """Whether this is Zilliz Cloud, which picks its own index."""
        return not self.embedded and not self.client.is_self_hosted

    @property
    def capabilities(self) -> Capabilities:
        """What this Milvus can do; asked once."""
        if self._capabilities is None:
            with self.errors():
                version = str(self.client.get_server_version(timeout=self.timeout_s))
            self._capabilities = (
                embedded_capabilities(version) if self.embedded else server_capabilities(version)
            )
        return self._capabilities

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn whatever Milvus raises within into an error of ours; our own pass unchanged."""
        try:
            yield
        except MusaicError:
            raise
        except Exception as exc:
            raise explain(exc, uri=self.uri, secret=self._secret, embedded=self.embedded) from exc

    @contextlib.contextmanager
    def values(self) -> Iterator[None]:
        """Say of a call that sends values, within `errors`, that they are refused where they are; others would not be.

        Raises:
            StoreLimitError: The client cannot send a value, or Milvus calls it wrong.
        """
        try:
            yield
        except Exception as exc:
            if not _is_about_values(exc):
                raise
            raise StoreLimitError(
                f"the store refuses a value: {_reason(_causes(exc), self._secret)}"
            ) from exc

    def close(self) -> None:
        """Close the channel, and end Milvus Lite, which writes what it holds in memory."""
        with contextlib.suppress(Exception):  # a server that is gone cannot be told goodbye
            self.client.close()
        if self._database is not None:
            _stop_embedded(self._database)


def open_embedded(database: Path, *, shown: Path | None = None) -> Connection:
    """Open Milvus Lite on a folder, made if it is not there.

    Args:
        database: The folder.
        shown: What errors call it.

    Raises:
        LibraryBusyError: Another program has the folder open.
        StoreError: The folder cannot be read; the message says why.
    """
    if database.is_file():
        raise StoreError(
            f"{database} is a file of Milvus Lite 2, which version 3 cannot open; move it away and run "
            "`musaic ingest` again"
        )
    uri = _start_embedded(database)
    try:
        client = _client(uri, token="", timeout_s=_EMBEDDED_TIMEOUT_S, proxied=False)
    except Exception as exc:
        _stop_embedded(database)
        raise _unreached(str(shown or database), _reason(_causes(exc), "")) from exc
    uri = str(shown or database)
    return Connection(client, uri=uri, timeout_s=_EMBEDDED_TIMEOUT_S, secret="", database=database)


def open_server(settings: StoreSettings) -> Connection:
    """Connect to the Milvus server or Zilliz Cloud that `settings.uri` names.

    Raises:
        ConfigError: The address is none.
        StoreAuthError: The server refused the token.
        StoreUnavailableError: No answer within `settings.timeout_s`.
    """
    address = settings.uri or ""
    uri = shown_uri(address)
    secret = settings.token.get_secret_value() if settings.token else ""
    try:
        client = _client(address, token=secret, timeout_s=settings.timeout_s, proxied=_is_proxied(address))
    except Exception as exc:
        raise explain(exc, uri=uri, secret=secret, embedded=False) from exc
    return Connection(client, uri=uri, timeout_s=settings.timeout_s, secret=secret, database=None)


def shown_uri(address: str) -> str:
    """Return the address of a server without user, password and database, fit to be shown.

    Raises:
        ConfigError: The address is not one of a server.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise ConfigError(f"store.uri cannot be used: {exc}") from None if "@" in address else exc
    if parts.scheme not in ("http", "https", "tcp") or not host:
        raise ConfigError(
            "store.uri must be the address of a Milvus server, like http://127.0.0.1:19530; "
            "leave it unset for the store inside the library folder"
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}" + (f":{port}" if port else "")


def explain(exc: BaseException, *, uri: str, secret: str, embedded: bool) -> MusaicError:
    """Return our error for one that pymilvus raised. The secret is in none of them."""
    causes = _causes(exc)
    text = " ".join(_words(cause) for cause in causes)
    reason = _reason(causes, secret)
    lowered = text.lower()
    gone = any(word in lowered for word in _GONE_WORDS)
    if embedded:
        return _unreached(uri, reason) if gone else _failed(uri, reason)
    if any(word in lowered for word in _AUTH_WORDS):
        return StoreAuthError(uri=uri)
    if gone:
        known = next((plain for word, plain in _PLAIN_REASONS.items() if word in lowered), reason)
        return StoreUnavailableError(uri=uri, reason=known)
    return StoreError(f"the Milvus server at {uri} refused: {reason}")


def is_missing(exc: Exception) -> bool:
    """Tell whether an error of pymilvus says that a collection or alias does not exist."""
    from pymilvus.exceptions import MilvusException

    return isinstance(exc, MilvusException) and (
        exc.code == _NOT_FOUND or str(exc.message).startswith("can't find collection")
    )


def _is_about_values(exc: Exception) -> bool:
    known = beneath.pymilvus().exceptions
    refusals = (known.ParamError, known.DataNotMatchException, known.DataTypeNotMatchException)
    wrong = (*refusals, TypeError, OverflowError, UnicodeError)
    return any(isinstance(each, wrong) or getattr(each, "code", None) in _ILLEGAL for each in _causes(exc))


def is_not_loaded(exc: Exception) -> bool:
    """Tell whether an error of pymilvus says that a collection is there but cannot be read yet."""
    from pymilvus.exceptions import MilvusException

    return isinstance(exc, MilvusException) and (
        exc.code == _NOT_LOADED or "collection not loaded" in str(exc.message)
    )


# gRPC waits longer from try to try, and lets a new channel wait with the old ones of its process: of a server that was
# away for a minute a new client saw 5.5 s later that it was back, and with this at once.
_CHANNEL = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 3_000}


def _client(address: str, *, token: str, timeout_s: float, proxied: bool) -> "MilvusClient":
    client = beneath.pymilvus().MilvusClient
    # pymilvus prints every failed call with its traceback; what matters is in our errors.
    for name in ("pymilvus", "pymilvus.milvus_client", "milvus_lite"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    options = {**_CHANNEL, "grpc.enable_http_proxy": int(proxied)}
    # Dedicated: shared channels are kept by address for good, and Milvus Lite's port changes hands.
    made: MilvusClient = client(address, token=token, timeout=timeout_s, dedicated=True, grpc_options=options)
    return made


def _is_proxied(address: str) -> bool:
    """Say whether the way to a server may lead over the proxy of the environment.

    gRPC heeds ``no_proxy`` in small letters only; the standard library both.
    """
    host = urlsplit(address).hostname or ""
    local = host in ("localhost", "::1") or host.startswith("127.")
    return not (local or proxy_bypass(host))


def _start_embedded(database: Path) -> str:
    manager = beneath.milvus_lite().server_manager_instance
    with _caught("milvus_lite.server_manager") as caught:
        uri = manager.start_and_get_uri(str(database))
    if uri is None:
        raise _cannot_open(database, caught[0] if caught else None)
    return str(uri)


def _stop_embedded(database: Path) -> None:
    beneath.milvus_lite().server_manager_instance.release_server(str(database))


def _cannot_open(database: Path, cause: BaseException | None) -> MusaicError:
    if type(cause).__name__ == "DataDirLockedError":
        return LibraryBusyError(path=database, pid=None, since=None, command=None)
    if isinstance(cause, OSError) and cause.errno in _NOT_THE_STORES:
        return _unreached(str(database), f"{cause.strerror or cause}: {cause.filename or database}")
    reason = f"{type(cause).__name__}: {cause}" if cause else "Milvus Lite gave no reason"
    return _failed(str(database), reason)


def _unreached(database: str, reason: str) -> StoreError:
    """Return an error for a store that was not reached, of which nobody knows that it is damaged."""
    return StoreError(f"the store {database} could not be opened ({reason}); the store itself is as it was")


def _failed(database: str, reason: str) -> StoreError:
    if "no space left" in reason.lower():
        return StoreError(f"the store {database} cannot write: the disk is full")
    return StoreError(
        f"the store {database} failed ({reason}); if it is damaged, restore it from a copy, or move it away and run "
        "`musaic ingest` again: the pictures themselves are not in it"
    )


@contextlib.contextmanager
def _caught(logger_name: str) -> Iterator[list[BaseException]]:
    """Collect the exceptions that a logger is told of: Milvus Lite tells its log only why it does not open."""
    found: list[BaseException] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1]:
                found.append(record.exc_info[1])

    logger, collector = logging.getLogger(logger_name), Collector()
    before = (logger.level, logger.propagate)
    logger.addHandler(collector)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(collector)
        logger.level, logger.propagate = before


def _causes(exc: BaseException) -> list[BaseException]:
    """Return an error and what caused it. The chains of pymilvus run in circles."""
    found: list[BaseException] = []
    following: BaseException | None = exc
    while following is not None and len(found) < _MAX_CAUSES:
        found.append(following)
        links = (following.__cause__, following.__context__)
        following = next((link for link in links if link is not None and link not in found), None)
    return found


def _words(exc: BaseException) -> str:
    code = getattr(exc, "code", None)
    with contextlib.suppress(Exception):
        return f"{code() if callable(code) else code} {_message(exc)}"
    return repr(exc)


def _message(exc: BaseException) -> str:
    details = getattr(exc, "details", None)
    if callable(details):
        return str(details() or "")
    return str(getattr(exc, "message", "") or exc)


def _reason(causes: list[BaseException], secret: str) -> str:
    text = next(
        (message for cause in causes if (message := _message(cause).strip())), type(causes[0]).__name__
    )
    text = re.sub(r"\s+", " ", text).replace(secret or "\0", "…")
    return text if len(text) <= 300 else f"{text[:299]}…"
