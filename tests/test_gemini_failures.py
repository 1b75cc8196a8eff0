"""What the Gemini engine makes of each refusal, driven through the SDK; see test_gemini.py for two SDKs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from musaic.errors import (
    EngineAuthError,
    EngineError,
    EngineProtocolError,
    EngineQuotaError,
    EngineRequestError,
    EngineTimeoutError,
    EngineUnavailableError,
)
from musaic.generate.gemini import GeminiGenerator
from musaic.generate.gemini.failures import Refusal, refused
from tests.fakes.gemini import MODEL, ask, error, generator, request
from tests.fakes.replies import Replies, Reply, running

EXHAUSTED = "RESOURCE_EXHAUSTED"


@pytest.fixture(scope="module")
def server() -> Iterator[Replies]:
    with pytest.MonkeyPatch.context() as patch, running() as started:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started


@pytest.fixture(scope="module")
def asking(server: Replies) -> GeminiGenerator:
    return generator(server.url)


def failure(server: Replies, asking: GeminiGenerator, reply: Reply, *, model: str = MODEL) -> EngineError:
    server.replies[:] = [reply]
    with pytest.raises(EngineError) as caught:
        ask(asking, request(model=model))
    return caught.value


def reason(name: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": name}


def quota(**violation: Any) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}


def retry_in(delay: Any) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


@pytest.mark.parametrize(
    ("status", "body", "kind", "retryable"),
    [
        (400, error(400, "Request contains an invalid argument."), EngineRequestError, False),
        (
            400,
            error(400, "API key not valid.", "INVALID_ARGUMENT", reason("API_KEY_INVALID")),
            EngineAuthError,
            False,
        ),
        (400, error(400, "API key expired. Please renew the API key."), EngineAuthError, False),
        (400, error(400, "Please enable billing.", "FAILED_PRECONDITION"), EngineQuotaError, False),
        (
            400,
            error(400, "User location is not supported.", "FAILED_PRECONDITION"),
            EngineRequestError,
            False,
        ),
        (401, error(401, "no credentials"), EngineAuthError, False),
        (402, b"pay", EngineQuotaError, False),
        (403, error(403, "denied", "PERMISSION_DENIED"), EngineAuthError, False),
        (
            403,
            error(403, "billing", "PERMISSION_DENIED", reason("BILLING_DISABLED")),
            EngineQuotaError,
            False,
        ),
        (404, error(404, "no such model"), EngineRequestError, False),
        (413, b"<html>too large</html>", EngineRequestError, False),
        (418, b"teapot", EngineRequestError, False),
        (429, error(429, "slow down"), EngineQuotaError, True),
        (499, error(499, "cancelled"), EngineUnavailableError, True),
        (500, error(500, "internal"), EngineUnavailableError, True),
        (503, [error(503, "overloaded")], EngineUnavailableError, True),
        (503, b"\xfc\xff latin", EngineUnavailableError, True),
        (503, b'{"error": "overloaded"}', EngineUnavailableError, True),
        (503, b"[" * 100_000, EngineUnavailableError, True),
        (529, None, EngineUnavailableError, True),
    ],
)
def test_each_status_is_its_own_error_and_costs_nothing(
    server: Replies, asking: GeminiGenerator, status: int, body: Any, kind: type[EngineError], retryable: bool
) -> None:
    raised = failure(server, asking, Reply(body, status=status))

    assert type(raised) is kind
    assert (raised.retryable, raised.billed, raised.engine) == (retryable, "no", "gemini")
    assert raised.exit_code == 3


LOST = [
    (408, EngineTimeoutError),
    (502, EngineUnavailableError),
    (504, EngineTimeoutError),
    (520, EngineUnavailableError),
    (522, EngineUnavailableError),
    (524, EngineTimeoutError),
]


@pytest.mark.parametrize(("status", "kind"), LOST)
@pytest.mark.parametrize("wrapped", [False, True], ids=["status", "in-a-200"])
def test_a_gateway_that_lost_the_service_may_have_cost_something(
    server: Replies, asking: GeminiGenerator, status: int, kind: type[EngineError], wrapped: bool
) -> None:
    body = error(status, "upstream timed out")

    raised = failure(server, asking, Reply(body, status=200 if wrapped else status))

    assert type(raised) is kind
    assert (raised.retryable, raised.billed) == (False, "unknown")
    assert "127.0.0.1 got no answer from the service behind it" in str(raised)
    assert "upstream timed out" in str(raised)
    assert "may have been billed" in str(raised)


@pytest.mark.parametrize(
    "host",
    [
        "generativelanguage.googleapis.com",
        "aiplatform.googleapis.com",
        "Europe-west4-aiplatform.googleapis.com.",
    ],
)
@pytest.mark.parametrize("status", [status for status, _ in LOST])
def test_google_itself_charges_for_no_failure(host: str, status: int) -> None:
    raised = refused(Refusal(status, {}, b"", host), key=None, model=None)

    assert type(raised) is EngineUnavailableError
    assert (raised.retryable, raised.billed) == (True, "no")


@pytest.mark.parametrize("host", ["googleapis.com.example.org", "notgoogleapis.com", "localhost"])
def test_a_name_that_looks_like_googles_is_a_gateway(host: str) -> None:
    assert refused(Refusal(504, {}, b"", host), key=None, model=None).billed == "unknown"


@pytest.mark.parametrize("status", [201, 206])
def test_another_success_than_200_is_no_answer(server: Replies, asking: GeminiGenerator, status: int) -> None:
    raised = failure(server, asking, Reply({}, status=status))

    assert type(raised) is EngineProtocolError
    assert raised.billed == "unknown"


@pytest.mark.parametrize(
    ("message", "details", "limit"),
    [
        ("Quota exceeded for metric: x, limit: 0, model: y", [retry_in("37s")], "no_billing"),
        ("Quota exceeded", [quota(quotaId="PerMinute", quotaValue="0")], "no_billing"),
        (
            "Quota exceeded, limit: 10, model: y",
            [quota(quotaId="RequestsPerMinute", quotaValue="10")],
            "minute",
        ),
        ("limit: 0.5", [], "minute"),
        ("Quota exceeded", [quota(quotaId="GenerateRequestsPerDayPerProject"), retry_in("37s")], "day"),
        ("too many requests per day", [], "day"),
        ("Resource exhausted", [], "minute"),
        ("Resource exhausted", [{"violations": "?"}, "x"], "minute"),
    ],
)
def test_a_quota_says_which(
    server: Replies, asking: GeminiGenerator, message: str, details: list[Any], limit: str
) -> None:
    raised = failure(server, asking, Reply(error(429, message, EXHAUSTED, *details), status=429))

    assert isinstance(raised, EngineQuotaError)
    assert (raised.limit, raised.retryable) == (limit, limit == "minute")


@pytest.mark.parametrize(
    ("details", "headers", "message", "wait_s"),
    [
        ([retry_in("37s")], {}, "", 37.0),
        ([retry_in("3.5s")], {"Retry-After": "9"}, "", 3.5),
        ([], {"Retry-After": "9"}, "Please retry in 4.25s.", 9.0),
        ([], {}, "Please retry in 4.25s.", 4.25),
        ([retry_in({"seconds": 3})], {"Retry-After": "soon"}, "", None),
        ([retry_in("1.2.3s")], {"Retry-After": "inf"}, "", None),
        ([], {"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}, "", 0.0),
        ([], {}, "", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_the_servers(
    server: Replies, asking: GeminiGenerator, status: int, details: list[Any], headers: dict[str, str],
    message: str, wait_s: float | None,
) -> None:  # fmt: skip
    body = error(status, message, EXHAUSTED, *details)

    raised = failure(server, asking, Reply(body, status=status, headers=headers))

    assert raised.wait_s == wait_s


def test_a_wait_until_a_date_is_counted_from_now(server: Replies, asking: GeminiGenerator) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    raised = failure(server, asking, Reply(b"", status=429, headers={"Retry-After": then}))

    assert raised.wait_s == pytest.approx(60, abs=3)


def test_a_retired_model_names_its_successor(server: Replies, asking: GeminiGenerator) -> None:
    raised = failure(server, asking, Reply(error(404, "not found"), status=404), model="old")

    assert f"'model': '{MODEL}'" in str(raised)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (error(400, "Invalid aspect ratio: 7:5"), "Invalid aspect ratio: 7:5"),
        (b"<html><script>var x = 1</script><title>502 Bad</title><p>a &amp;\n b</p></html>", "502 Bad a & b"),
        (b"", "no reason given"),
        (error(400, "tab\there \x1b[31m\nline"), "tab here [31m line"),
        ({"message": "of a gateway"}, "of a gateway"),
        (error(400, None), "no reason given"),  # type: ignore[arg-type]
    ],
)
def test_messages_are_one_short_line_without_markup(
    server: Replies, asking: GeminiGenerator, body: Any, said: str
) -> None:
    assert f"HTTP 400: {said})" in str(failure(server, asking, Reply(body, status=400)))


def test_a_long_page_is_cut(server: Replies, asking: GeminiGenerator) -> None:
    raised = failure(server, asking, Reply(b"<html>" + b"<p>word</p>" * 50_000, status=500))

    assert len(str(raised)) < 400


def test_a_body_that_breaks_off_leaves_the_status(server: Replies, asking: GeminiGenerator) -> None:
    raised = failure(server, asking, Reply(error(503, "overloaded"), status=503, cut=10))

    assert type(raised) is EngineUnavailableError
    assert raised.billed == "no"
