"""What a call that came to nothing means: who is at fault, whether it may be billed, and when to try again."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import JsonValue

from musaic.errors import (
    EngineAuthError,
    EngineError,
    EngineProtocolError,
    EngineQuotaError,
    EngineRequestError,
    EngineSetupError,
    EngineTimeoutError,
    EngineTransportError,
    EngineUnavailableError,
)
from musaic.generate.gemini.words import shown
from musaic.generate.masking import masked_bytes
from musaic.network import by_proxy, is_lasting, unsent, without_passwords
from musaic.network import unready as why_unready
from musaic.schemas import ImageModel

ENGINE = "gemini"
Billed = Literal["no", "unknown"]

_NO_QUOTA = re.compile(r"limit:\s*0(?![\d.])")
_PER_DAY = re.compile(r"per ?day", re.IGNORECASE)
_RETRY_IN = re.compile(r"retry in ([\d.]+)\s?s")
# A server in front of the service passed the request on and lost the one behind: what that one did is not known.
_GATEWAY_TIMEOUTS = frozenset({408, 504, 524})
_LOST_BEHIND = _GATEWAY_TIMEOUTS | {502, 520, 521, 522, 523}
# What `requests`, by which Google signs in, says of proxies that it cannot use.
_NO_WAY = re.compile(r"SOCKS|proxy URL|InvalidProxy|InvalidSchema|No connection adapters|Failed to parse")
_GOOGLE = "googleapis.com"
_SECONDS = re.compile(r"\s*([\d.]+)\s*s?\s*")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with another status than 200.

    Attributes:
        status: Of HTTP, or the code in the body.
        headers: Names in small letters.
        body: As it came.
        host: Of the server that was asked.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    host: str


@dataclass(frozen=True, slots=True)
class _Read:
    """A refusal, read.

    Attributes:
        said: The server's message, short and without the key.
        status: The API's name of the status, e.g. ``RESOURCE_EXHAUSTED``.
        reasons: Of the details.
        text: Of the message and quota details, for the words in them.
        wait_s: How long the server asks to wait.
    """

    said: str
    status: str
    reasons: frozenset[str]
    text: str
    wait_s: float | None


def refused(refusal: Refusal, *, key: str | None, model: ImageModel | None) -> EngineError:
    """Return the error that a refusal stands for.

    Args:
        refusal: What came.
        key: Kept out of the message.
        model: The row of the model that was asked for, if there is one.
    """
    read = _read(refusal, key)
    code = refusal.status
    if 300 <= code < 400:
        return _redirected(refusal, key)
    if code == 429:
        return _quota(read)
    if code == 402 or "BILLING_DISABLED" in read.reasons or _unpaid(read):
        return EngineQuotaError(_no_billing(read.said), engine=ENGINE, limit="no_billing")
    if code in (401, 403) or _bad_key(read):
        return EngineAuthError(_bad_credentials(code, read.said), engine=ENGINE)
    if code in _LOST_BEHIND and not _is_google(refusal.host):
        return _lost(refusal, read.said)
    if code in (408, 499) or code >= 500:
        return EngineUnavailableError(
            f"Gemini is overloaded or down (HTTP {code}: {read.said})",
            engine=ENGINE,
            retryable=True,
            wait_s=read.wait_s,
        )
    if code < 400:
        return EngineProtocolError(
            f"{refusal.host} answered HTTP {code}, which is no answer of Gemini: {read.said}",
            engine=ENGINE,
            billed="unknown",
        )
    return EngineRequestError(_bad_request(code, read.said, model), engine=ENGINE)


def _is_google(host: str) -> bool:
    """Return whether a host is the service itself, which charges for no answer but a good one.

    Example:
        >>> _is_google("generativelanguage.googleapis.com"), _is_google("googleapis.com.example")
        (True, False)
    """
    return f".{host}".lower().rstrip(".").endswith(f".{_GOOGLE}")


def _lost(refusal: Refusal, said: str) -> EngineError:
    """Return the error of a gateway that got no answer from the service behind it, which may have made the picture."""
    kind = EngineTimeoutError if refusal.status in _GATEWAY_TIMEOUTS else EngineUnavailableError
    return kind(
        f"{refusal.host} got no answer from the service behind it (HTTP {refusal.status}: {said}); "
        f"{_may_cost('unknown')}",
        engine=ENGINE,
        billed="unknown",
    )


def _redirected(refusal: Refusal, key: str | None) -> EngineError:
    try:
        target = urlsplit(refusal.headers.get("location", "")).hostname or refusal.host
    except ValueError:
        target = "an address that is none"
    return EngineProtocolError(
        f"{refusal.host} sends the request on to {shown(target, key=key)} (HTTP {refusal.status}); redirects are "
        "refused, for they would take the key and the pictures along: set generate.gemini.base_url to the right "
        "address",
        engine=ENGINE,
    )


def _quota(read: _Read) -> EngineError:
    if _NO_QUOTA.search(read.text):
        return EngineQuotaError(_no_billing(read.said), engine=ENGINE, limit="no_billing")
    if _PER_DAY.search(read.text):
        message = (
            f"the day's quota of Gemini is used up, and starts anew at midnight, Pacific time ({read.said})"
        )
        return EngineQuotaError(message, engine=ENGINE, limit="day")
    message = f"too many requests to Gemini for now ({read.said})"
    return EngineQuotaError(message, engine=ENGINE, limit="minute", wait_s=read.wait_s)


def _no_billing(said: str) -> str:
    return f"this Gemini project has no quota for pictures until billing is switched on; waiting does not help ({said})"


def _unpaid(read: _Read) -> bool:
    return read.status == "FAILED_PRECONDITION" and "billing" in read.text.lower()


def _bad_key(read: _Read) -> bool:
    words = read.text.lower()
    return "API_KEY_INVALID" in read.reasons or "api key not valid" in words or "api key expired" in words


def _bad_credentials(code: int, said: str) -> str:
    return f"Gemini refused the key or credentials (HTTP {code}: {said}); check GEMINI_API_KEY or generate.gemini"


def _bad_request(code: int, said: str, model: ImageModel | None) -> str:
    message = f"Gemini calls the request wrong (HTTP {code}: {said})"
    if code == 404 and model is not None and model.successor:
        return f"{message}; use generate={{'model': '{model.successor}'}}"
    if code == 413:
        return f"{message}; give fewer or smaller references"
    return message


def _read(refusal: Refusal, key: str | None) -> _Read:
    text = refusal.body.decode("utf-8", "replace")
    error = _error_in(text)
    message = error.get("message") if error else text
    said = message if isinstance(message, str) else ""
    details = [detail for detail in _listed(error.get("details")) if isinstance(detail, dict)]
    return _Read(
        said=shown(said, key=key) or "no reason given",
        status=str(error.get("status") or ""),
        reasons=frozenset(str(detail.get("reason") or "") for detail in details),
        text="\n".join((said, *_quotas(details))),
        wait_s=_wait_s(details, refusal.headers, said),
    )


def _error_in(text: str) -> Mapping[str, JsonValue]:
    """Return the `error` of a body; an empty mapping where it is HTML, a list of others, or broken."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {"message": str(error)}


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _quotas(details: list[dict[str, JsonValue]]) -> Iterator[str]:
    """Yield each quota that was passed as words, its limit as the messages write it."""
    for detail in details:
        for violation in _listed(detail.get("violations")):
            if isinstance(violation, dict):
                value = violation.get("quotaValue")
                yield str(violation.get("quotaId", "")) + (f" limit: {value}" if value is not None else "")


def _wait_s(details: list[dict[str, JsonValue]], headers: Mapping[str, str], said: str) -> float | None:
    delays = (detail.get("retryDelay") for detail in details)
    asked = next((delay for delay in delays if delay is not None), None)
    found = _RETRY_IN.search(said)
    for wait in (_seconds(asked), _retry_after(headers.get("retry-after")), _seconds(found and found[1])):
        if wait is not None:
            return wait
    return None


def _seconds(text: JsonValue) -> float | None:
    match = _SECONDS.fullmatch(text) if isinstance(text, str) else None
    try:
        wait = float(match[1]) if match else math.nan
    except ValueError:
        return None
    return wait if math.isfinite(wait) else None


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which holds a number or a date."""
    if value is None or (wait := _seconds(value)) is not None:
        return wait if value else None
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def late(*, host: str, deadline_s: float, billed: Billed) -> EngineError:
    """Return the error of a call that was not answered in time."""
    return EngineTimeoutError(
        f"no whole answer from {host} within {deadline_s:g} s; {_may_cost(billed)}"
        + ("; large pictures may need a longer generate.deadline_s" if billed == "unknown" else ""),
        engine=ENGINE,
        billed=billed,
        retryable=billed == "no",
    )


def _may_cost(billed: Billed) -> str:
    return (
        "it was never sent whole"
        if billed == "no"
        else "it may have been billed, and is not sent again unasked"
    )


def unreadable(text: str, came: bytes, *, host: str, key: str | None) -> EngineError:
    """Return the error of a 200 answer that is no JSON object.

    Args:
        text: What came, as text.
        came: The same in bytes.
        host: Of the server that was asked.
        key: Kept out of the message and of what is kept.
    """
    start = shown(text, key=key, most=120)
    said = f"it begins with {start!r}" if start else "its answer is empty"
    return EngineProtocolError(
        f"{host} answered, but not as Gemini does ({said}); the call may have been billed",
        engine=ENGINE,
        billed="unknown",
        came=masked_bytes(came, key),
    )


def endless(most: int, *, host: str) -> EngineError:
    """Return the error of an answer that is larger than any picture's."""
    return EngineProtocolError(
        f"the answer of {host} is larger than {most >> 20} MiB and was left; the call may have been billed",
        engine=ENGINE,
        billed="unknown",
    )


def unready(exc: Exception, *, key: str | None) -> EngineSetupError:
    """Return the error of a client that could not be made; nothing can have been sent.

    Args:
        exc: What was raised over it.
        key: Kept out of the message.
    """
    why = why_unready(exc, said=shown(str(exc), key=key))
    return EngineSetupError(f"Gemini cannot be asked: {why}", engine=ENGINE)


def broken(exc: Exception, *, host: str, billed: Billed, key: str | None, came: bytes = b"") -> EngineError:
    """Return the error that an exception of the SDK or of its HTTP client stands for.

    The names are those of httpx and httpx2 alike; which of the two the SDK uses depends on its version.

    Args:
        exc: What was raised.
        host: Of the server that was asked.
        billed: Whether the request may have arrived whole.
        key: Kept out of the message.
        came: The whole answer, where one had come.
    """
    names = {kind.__name__ for kind in type(exc).__mro__}
    why = shown(without_passwords(str(exc)), key=key) or type(exc).__name__
    if "GoogleAuthError" in names:
        return _no_credentials(names, why)
    if names & {"LocalProtocolError", "InvalidURL", "UnsupportedProtocol"}:
        # The texts of these may quote a header.
        return EngineRequestError(
            f"the request to {host} cannot be sent: {type(exc).__name__}", engine=ENGINE
        )
    if names & {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"}:
        return EngineTransportError(
            f"no connection to {host} ({why}){by_proxy()}", engine=ENGINE, retryable=not is_lasting(why)
        )
    if "TimeoutException" in names:
        return EngineTimeoutError(
            f"{host} fell silent ({why}); {_may_cost(billed)}",
            engine=ENGINE, billed=billed, retryable=billed == "no",
        )  # fmt: skip
    if "TransportError" in names:
        return EngineTransportError(
            f"the connection to {host} broke ({why}); {_may_cost(billed)}",
            engine=ENGINE, billed=billed, retryable=billed == "no",
        )  # fmt: skip
    if billed == "no":
        return EngineRequestError(f"the request cannot be sent ({unsent(exc, said=why)})", engine=ENGINE)
    return EngineProtocolError(
        f"the answer of {host} cannot be read ({type(exc).__name__}: {why}); {_may_cost(billed)}",
        engine=ENGINE,
        billed=billed,
        came=masked_bytes(came, key),
    )


def _no_credentials(names: set[str], why: str) -> EngineError:
    if "TransportError" in names:
        return EngineTransportError(
            f"no connection to Google's sign-in ({why}){by_proxy()}",
            engine=ENGINE,
            retryable=not is_lasting(why) and not _NO_WAY.search(why),
        )
    return EngineAuthError(
        f"no usable Google Cloud credentials ({why}); run `gcloud auth application-default login`, or set a key",
        engine=ENGINE,
    )
