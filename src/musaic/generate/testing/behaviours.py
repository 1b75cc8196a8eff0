"""What the loopback Gemini can be told to do with a request, by name."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

Behaviour = Literal[
    "ok", "ok_jpeg", "ok_jpeg_as_png", "two_images", "with_thought", "only_thought",
    "prompt_blocked", "output_blocked", "recitation", "no_image", "image_other", "new_reason", "text_only",
    "empty_candidates", "empty_object", "empty_body", "html", "cut_json", "bad_base64",
    "unpadded", "url_safe", "wrapped", "data_address", "cut_base64", "wrong_type", "by_address",
    "truncated_png", "truncated_jpeg", "empty_data", "same_as_reference", "wrong_ratio", "bomb",
    "no_usage", "sparse_usage", "short_usage", "odd_letters",
    "rate_limited", "retry_after", "no_billing", "day_quota",
    "unavailable", "gateway_timeout", "server_error", "permission_denied",
    "reset", "cut_body", "slow", "drip", "redirect",
]  # fmt: skip

BEHAVIOURS: dict[Behaviour, str] = {
    "ok": "a picture and a sentence",
    "ok_jpeg": "the picture as JPEG",
    "ok_jpeg_as_png": "JPEG bytes that are called image/png",
    "two_images": "two different pictures, the second the final one",
    "with_thought": "an interim picture marked as a thought, then the final one",
    "only_thought": "the only picture is marked as a thought",
    "prompt_blocked": "stopped before it was made; takes a blockReason, else SAFETY",
    "output_blocked": "stopped after it was made; takes a finishReason, else IMAGE_SAFETY",
    "recitation": "finishReason IMAGE_RECITATION, no picture",
    "no_image": "finishReason NO_IMAGE, no picture",
    "image_other": "finishReason IMAGE_OTHER, no picture",
    "new_reason": "a finishReason that no SDK knows yet, no picture",
    "text_only": "words and no picture",
    "empty_candidates": "an answer with an empty list of candidates",
    "empty_object": "the answer {}",
    "empty_body": "status 200 and no body",
    "html": "status 200 and a web page",
    "cut_json": "status 200 and half of the JSON",
    "bad_base64": "a picture that is no base64",
    "unpadded": "a picture in base64 without its padding",
    "url_safe": "a picture in base64's other alphabet, without padding",
    "wrapped": "a picture in base64 in lines of 76 letters",
    "data_address": "a picture as a data: address",
    "cut_base64": "a picture whose base64 ends in the middle of a byte",
    "wrong_type": "a picture that is called text/plain",
    "by_address": "the address of a picture in the place of its bytes",
    "truncated_png": "the first half of a PNG",
    "truncated_jpeg": "the first half of a JPEG",
    "empty_data": "a picture of 0 bytes",
    "same_as_reference": "the bytes of the first reference, unchanged",
    "wrong_ratio": "a picture of another ratio than was asked for",
    "bomb": "a small PNG that says it is 100,000 x 100,000 pixels",
    "no_usage": "a picture without usageMetadata",
    "sparse_usage": "a picture whose usage lists only the picture's tokens",
    "short_usage": "a picture whose usage leaves the picture's tokens out",
    "odd_letters": "a picture beside words and names with half letters and control characters",
    "rate_limited": "429 a minute's quota with RetryInfo; takes seconds",
    "retry_after": "429 with a Retry-After header and no details; takes seconds, else 1",
    "no_billing": '429 with "limit: 0": no billing on this key',
    "day_quota": "429 a day's quota",
    "unavailable": "503 overloaded",
    "gateway_timeout": "504 DEADLINE_EXCEEDED",
    "server_error": "500 and a web page",
    "permission_denied": "403 for this key",
    "reset": "the connection is reset after the request was read",
    "cut_body": "the connection ends in the middle of the answer",
    "slow": "a good answer late; takes seconds, else 0.5",
    "drip": "a good answer a little at a time; takes seconds in all, else 2",
    "redirect": "307 to another address; takes it",
}

# Those with which a picture is made, whether or not it arrives.
PICTURED: frozenset[Behaviour] = frozenset((
    "ok", "ok_jpeg", "ok_jpeg_as_png", "two_images", "with_thought", "only_thought", "cut_json", "bad_base64",
    "unpadded", "url_safe", "wrapped", "data_address", "cut_base64", "wrong_type", "by_address",
    "truncated_png", "truncated_jpeg", "empty_data", "same_as_reference", "wrong_ratio", "bomb",
    "no_usage", "sparse_usage", "short_usage", "odd_letters", "reset", "cut_body", "slow", "drip",
))  # fmt: skip

_SECONDS: dict[Behaviour, float] = {"retry_after": 1.0, "slow": 0.5, "drip": 2.0}
_WORDS: dict[Behaviour, str] = {"prompt_blocked": "SAFETY", "output_blocked": "IMAGE_SAFETY"}


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with one request.

    Attributes:
        behaviour: Its name.
        seconds: For those that take a time; 0 for the others.
        value: The reason or address, for those that take one; empty for the others.
    """

    behaviour: Behaviour
    seconds: float = 0.0
    value: str = ""


def parse_step(text: str, *, wait_s: float = 0.05) -> Step:
    """Return the step of ``name`` or ``name:value``.

    Args:
        text: E.g. ``ok``, ``rate_limited:2``, ``prompt_blocked:OTHER``.
        wait_s: Seconds that `rate_limited` asks to wait where it says nothing.

    Raises:
        ValueError: No behaviour has this name, or it takes no such value.

    Example:
        >>> parse_step("slow:0.2")
        Step(behaviour='slow', seconds=0.2, value='')
    """
    name, _, value = text.partition(":")
    behaviour = _known(name)
    if behaviour == "rate_limited" or behaviour in _SECONDS:
        return Step(behaviour, seconds=_seconds(text, value, default=_SECONDS.get(behaviour, wait_s)))
    if behaviour == "redirect" and not value:
        raise ValueError("redirect takes an address, as redirect:http://127.0.0.1:8001")
    if value and behaviour != "redirect" and behaviour not in _WORDS:
        raise ValueError(f"{text!r}: {behaviour} takes no value")
    return Step(behaviour, value=value or _WORDS.get(behaviour, ""))


def _known(name: str) -> Behaviour:
    for behaviour in get_args(Behaviour):
        if name == behaviour:
            return behaviour  # type: ignore[no-any-return]
    near = get_close_matches(name, get_args(Behaviour), n=3)
    raise ValueError(
        f"there is no behaviour {name!r}" + (f"; did you mean {', '.join(near)}?" if near else "")
    )


def _seconds(text: str, value: str, *, default: float) -> float:
    if not value:
        return default
    try:
        seconds = float(value)
    except ValueError as exc:
        raise ValueError(f"{text!r}: {value!r} is no number of seconds") from exc
    if not 0 <= seconds <= 3600:
        raise ValueError(f"{text!r}: seconds go from 0 to 3600")
    return seconds
