"""Which of our errors a refused, broken or late call is."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Literal

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
from musaic.generate.base import Blocked
from musaic.generate.masking import masked, writable
from musaic.generate.openai_images.replies import ENGINE
from musaic.generate.progress import Progress
from musaic.network import by_proxy, is_lasting, unsent, without_passwords
from musaic.network import unready as why_unready

if TYPE_CHECKING:
    from openai import APIStatusError

_BLOCKED = {
    "moderation_blocked", "content_policy_violation", "content_filter", "content_safety_violation",
    "responsible_ai_policy_violation",
}  # fmt: skip
_NO_BILLING = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_GATEWAY_TIMEOUTS = {408, 504, 524}
# A server in front passed the request on and lost the one behind: what that one did is not known.
_LOST_BEHIND = {502, 520, 521, 522, 523}
# Of httpx and httpx2 alike: these end before a request is on its way.
_NEVER_SENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "InvalidURL",
}
_A_DAY = re.compile(r"\b(per day|daily|[rti]pd)\b", re.IGNORECASE)
_TRY_AGAIN = re.compile(r"try again in (?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(ms|s))?", re.IGNORECASE)
_MOST_LETTERS = 400
_SECRETS = re.compile(r"\b(?:sk|key|pk)-[\w*-]{6,}|\bBearer\s+\S+|\S*\*\*\S*", re.IGNORECASE)


def refusal(exc: "APIStatusError", *, secret: str) -> Blocked | EngineError:
    """Return what an answer with an error status means.

    Args:
        exc: As the SDK raised it.
        secret: The key; it is cut out of what the service said, for some repeat it.
    """
    status, code = exc.status_code, exc.code or exc.type or ""
    said = _said(exc.body, secret)
    if status < 500 and (code in _BLOCKED or exc.type in _BLOCKED):
        request_id = masked(writable(exc.response.headers.get("x-request-id", "")), secret) or None
        return Blocked(response_id=request_id, what=_stage(exc.body), reason=said)
    if status in (401, 403):
        return _access(status, said)
    if status == 402 or code in _NO_BILLING or exc.type in _NO_BILLING:
        words = f"the account has no money left or no billing: {said}; waiting does not help"
        return EngineQuotaError(_sentence(words), engine=ENGINE, limit="no_billing")
    if status == 429:
        limit: Literal["day", "minute"] = "day" if _A_DAY.search(said) else "minute"
        words, wait_s = f"too many requests for now: {said}", _wait_s(exc.response.headers, said)
        return EngineQuotaError(_sentence(words), engine=ENGINE, limit=limit, wait_s=wait_s)
    if status in _GATEWAY_TIMEOUTS:
        words = f"the server gave up waiting (status {status}): {said}; it may have been billed"
        return EngineTimeoutError(_sentence(words), engine=ENGINE, billed="unknown", retryable=True)
    return _unavailable(exc, said) if status >= 500 else _request(status, said)


def unready(exc: Exception, *, secret: str) -> EngineSetupError:
    """Return the error of a client that could not be made; nothing can have been sent."""
    words = f"it cannot be asked: {why_unready(exc, said=masked(writable(str(exc)), secret))}"
    return EngineSetupError(_sentence(words), engine=ENGINE)


def broken(exc: BaseException, *, address: str, progress: Progress, secret: str) -> EngineError:
    """Return what a connection that failed or broke means, or anything else that was raised over a request.

    Args:
        exc: The HTTP client's own exception, or another.
        address: Where the request went, without secrets.
        progress: How far it got.
        secret: The key; kept out of the message.
    """
    kind, kinds = type(exc).__name__, {each.__name__ for each in type(exc).__mro__}
    said = masked(writable(without_passwords(str(exc))), secret)
    why = f"{kind}: {said}"
    if kinds & _NEVER_SENT or (progress.unsent and "TransportError" in kinds):
        words = f"{address} cannot be reached ({why}); nothing was sent{by_proxy()}"
        return EngineTransportError(_sentence(words), engine=ENGINE, retryable=_may_pass(kinds, why))
    if progress.unsent or ("LocalProtocolError" in kinds and not progress.headed):
        # The text of a protocol error may quote a header.
        shown = kind if "LocalProtocolError" in kinds else unsent(exc, said=said)
        return EngineRequestError(
            _sentence(f"the request cannot be sent ({shown}); nothing was sent"), engine=ENGINE
        )
    words = f"the connection to {address} broke before the answer was whole ({kind}); it may have been billed"
    return EngineTransportError(_sentence(words), engine=ENGINE, billed="unknown", retryable=True)


def endless(most: int) -> EngineProtocolError:
    """Return the error of an answer that is larger than any picture's."""
    words = f"the answer is larger than {most >> 20} MiB"
    return EngineProtocolError(_sentence(words), engine=ENGINE, billed="unknown")


def _may_pass(kinds: set[str], why: str) -> bool:
    return not is_lasting(why) and not kinds & {"UnsupportedProtocol", "InvalidURL", "LocalProtocolError"}


def late(seconds: float, *, progress: Progress) -> EngineTimeoutError:
    """Return the error of a call that reached its deadline."""
    if progress.unsent:
        words = f"no connection within {seconds:g} seconds; nothing was sent{by_proxy()}"
        return EngineTimeoutError(_sentence(words), engine=ENGINE, retryable=True)
    words = f"no whole answer within {seconds:g} seconds; it may have been billed"
    return EngineTimeoutError(_sentence(words), engine=ENGINE, billed="unknown", retryable=True)


def _access(status: int, said: str) -> EngineAuthError:
    # What comes with 401 repeats parts of the key, as OpenAI's "Incorrect API key provided: sk-ab***yz" does.
    words = (
        "the key was refused; check OPENAI_API_KEY, or for a server of your own MUSAIC_GENERATE__OPENAI__API_KEY"
        if status == 401
        else f"access was refused: {said}"
    )
    return EngineAuthError(_sentence(words), engine=ENGINE)


def _unavailable(exc: "APIStatusError", said: str) -> EngineUnavailableError:
    lost = exc.status_code in _LOST_BEHIND
    words = f"the service is overloaded or down (status {exc.status_code}): {said}"
    return EngineUnavailableError(
        _sentence(f"{words}; it may have been billed" if lost else words),
        engine=ENGINE,
        billed="unknown" if lost else "no",
        retryable=True,
        wait_s=_wait_s(exc.response.headers, said),
    )


def _request(status: int, said: str) -> EngineError:
    if status < 400:
        words = (
            f"the server sends elsewhere (status {status}), and the key and pictures are not sent after it"
        )
        return EngineProtocolError(
            _sentence(f"{words}; correct generate.openai.base_url"), engine=ENGINE, billed="no"
        )
    hint = "; is the model's id right, and does generate.openai.base_url end in /v1?" if status == 404 else ""
    return EngineRequestError(
        _sentence(f"the request was refused (status {status}): {said}{hint}"), engine=ENGINE
    )


def _sentence(words: str) -> str:
    return f"{ENGINE}: {words}"


def _said(body: object, secret: str) -> str:
    """Return the service's own words, in one line, without the key."""
    if isinstance(body, Mapping):
        body = body.get("message") or body.get("detail") or body.get("error") or ""
    text = masked(str(body or "it gave no reason"), secret)
    if text.lstrip().startswith("<"):
        text = "a web page came in the place of an answer"
    text = re.sub(re.escape(secret[:8]) + r"[^\s,;)'\"]*", "…", text)
    text = "".join(letter if letter.isprintable() else " " for letter in _SECRETS.sub("…", text))
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _stage(body: object) -> Literal["prompt", "output"]:
    """Return what was blocked: the request, unless the service says that it was the picture."""
    details = body.get("moderation_details", body) if isinstance(body, Mapping) else None
    stage = details.get("moderation_stage") if isinstance(details, Mapping) else None
    return "output" if stage == "output" else "prompt"


def _wait_s(headers: Mapping[str, str], said: str) -> float | None:
    """Return how long the service asks to wait: by header in milliseconds, seconds or as a date, or in words."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) / scale)
        except ValueError:
            continue
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time())
    except ValueError:
        return _spoken_s(said)


def _spoken_s(said: str) -> float | None:
    found = _TRY_AGAIN.search(said)
    if not found or not (found[1] or found[2]):
        return None
    return 60 * float(found[1] or 0) + float(found[2] or 0) / (1000 if found[3] == "ms" else 1)
