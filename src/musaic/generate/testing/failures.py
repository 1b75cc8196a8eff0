"""The errors of the loopback Gemini, in Google's shape."""

import json
from dataclasses import dataclass, field

from pydantic import JsonValue

from musaic.generate.testing.behaviours import Step
from musaic.generate.testing.wire import Refusal
from musaic.schemas import Usage

JSON_TYPE, HTML_TYPE = "application/json; charset=UTF-8", "text/html; charset=UTF-8"
_PAGE = "<!DOCTYPE html><html lang=en><title>Error 500 (Server Error)!!1</title><p>That's an error.</html>"
_RPC = "type.googleapis.com/google.rpc."
_METRIC = "generativelanguage.googleapis.com/generate_content_"
_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "head to: https://ai.google.dev/gemini-api/docs/rate-limits. "
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, and what it reported."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    usage: Usage | None = None


def refused(refusal: Refusal) -> Reply:
    """Return the answer to a request that Google would not take."""
    return error(refusal.code, refusal.status, refusal.message, details=refusal.details)


def error(code: int, status: str, message: str, *, details: JsonValue = None) -> Reply:
    """Return an error with its HTTP status, its name and its details."""
    inner: dict[str, JsonValue] = {"code": code, "message": message, "status": status}
    if details is not None:
        inner["details"] = details
    return Reply(code, json.dumps({"error": inner}, indent=2).encode())


def failure(step: Step, model: str) -> Reply | None:
    """Return the error that a step answers; None where it answers none.

    Args:
        step: The step.
        model: Id of the model, which quota errors name.
    """
    match step.behaviour:
        case "rate_limited":
            return _rate_limited(step.seconds, model)
        case "retry_after":
            reply = error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")
            return Reply(429, reply.body, headers={"Retry-After": f"{step.seconds:g}"})
        case "no_billing":
            return _no_billing(model)
        case "day_quota":
            return _day_quota(model)
        case "redirect":
            return Reply(307, b"", headers={"Location": step.value})
        case _:
            return _down(step)


def _down(step: Step) -> Reply | None:
    match step.behaviour:
        case "unavailable":
            return error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        case "gateway_timeout":
            return error(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.")
        case "server_error":
            return Reply(500, _PAGE.encode(), HTML_TYPE)
        case "permission_denied":
            return error(403, "PERMISSION_DENIED", "The caller does not have permission")
        case _:
            return None


def _rate_limited(seconds: float, model: str) -> Reply:
    wait = f"Please retry in {seconds:g}s."
    details = _details(
        "GenerateRequestsPerMinutePerProjectPerModel", "paid_tier_requests", model, f"{seconds:g}s"
    )
    return error(429, "RESOURCE_EXHAUSTED", f"{_QUOTA}\n{wait}", details=details)


def _no_billing(model: str) -> Reply:
    # Google says when to come back here too, though it never helps.
    metric = f"* Quota exceeded for metric: {_METRIC}free_tier_requests, limit: 0, model: {model}"
    details = _details(
        "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "free_tier_requests", model, "37s"
    )
    return error(
        429, "RESOURCE_EXHAUSTED", f"{_QUOTA}\n{metric}\nPlease retry in 37.313412s.", details=details
    )


def _day_quota(model: str) -> Reply:
    metric = f"* Quota exceeded for metric: {_METRIC}paid_tier_requests, limit: 250, model: {model}"
    details = _details("GenerateRequestsPerDayPerProjectPerModel", "paid_tier_requests", model, "41s")
    return error(
        429, "RESOURCE_EXHAUSTED", f"{_QUOTA}\n{metric}\nPlease retry in 41.002345s.", details=details
    )


def _details(quota: str, metric: str, model: str, delay: str) -> JsonValue:
    dimensions: dict[str, JsonValue] = {"location": "global", "model": model}
    violation: dict[str, JsonValue] = {
        "quotaMetric": f"{_METRIC}{metric}",
        "quotaId": quota,
        "quotaDimensions": dimensions,
    }
    return [
        {"@type": f"{_RPC}QuotaFailure", "violations": [violation]},
        {"@type": f"{_RPC}RetryInfo", "retryDelay": delay},
    ]
