"""The Gemini engine against the strict loopback Gemini; see test_gemini.py for how to run this with both SDKs."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from pydantic import SecretStr

from musaic.errors import EngineAuthError, EngineError, EngineQuotaError, EngineRequestError
from musaic.generate.base import Blocked, Malformed, NoPicture, Pictured
from musaic.generate.gemini import GeminiGenerator
from musaic.generate.testing import FakeGemini
from tests.fakes.gemini import ask, attachment, generator, request


def png(colour: str) -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (48, 48), colour).save(into, "PNG")
    return into.getvalue()


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeGemini]:
    with pytest.MonkeyPatch.context() as patch, FakeGemini() as started:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started


@pytest.fixture(scope="module")
def asking(fake: FakeGemini) -> GeminiGenerator:
    return generator(fake.url, api_key=SecretStr(fake.key))


def test_references_arrive_and_a_picture_comes_back(fake: FakeGemini, asking: GeminiGenerator) -> None:
    references = (attachment(1, "product", png("gold")), attachment(2, "logo", png("navy")))

    answer = ask(asking, request("A watch.", attachments=references, most_output_tokens=5216, seed=3))

    received = fake.requests[-1]
    assert isinstance(answer, Pictured)
    with Image.open(io.BytesIO(answer.pictures[-1])) as picture:
        picture.load()
        assert picture.width > picture.height
    assert [part.content for part in received.images] == [one.content for one in references]
    assert (received.ratio, received.size, received.seed, received.most_output_tokens) == (
        "16:9",
        "1K",
        3,
        5216,
    )
    assert received.modalities == ("TEXT", "IMAGE")
    assert answer.usage == received.usage


@pytest.mark.parametrize(("step", "pictures"), [("ok_jpeg", 11), ("with_thought", 12), ("only_thought", 11)])
def test_ten_refinements_are_one_thread(
    fake: FakeGemini, asking: GeminiGenerator, step: str, pictures: int
) -> None:
    fake.script(step, *["ok"] * 10)
    answer = ask(asking, request("A watch.", attachments=(attachment(1, "product", png("gold")),)))

    for number in range(10):
        assert isinstance(answer, Pictured)
        answer = ask(asking, request(f"change {number}", turns=answer.turns))

    assert isinstance(answer, Pictured)
    turns = fake.requests[-1].turns
    assert [turn.role for turn in turns] == ["user", "model"] * 10 + ["user"]
    assert sum(part.content is not None for turn in turns for part in turn.parts) == pictures
    assert turns[0].parts[1].content == png("gold")


def test_a_lost_signature_is_refused_by_the_service(fake: FakeGemini, asking: GeminiGenerator) -> None:
    first = ask(asking)
    assert isinstance(first, Pictured)
    for part in first.turns[-1]["parts"]:  # type: ignore[index, call-overload, union-attr]
        part.pop("thoughtSignature", None)  # type: ignore[union-attr, call-arg, arg-type]

    with pytest.raises(EngineRequestError, match="thought_signature"):
        ask(asking, request("larger", turns=first.turns))


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("version", [None, "v1", "v1beta"])
def test_both_services_answer(fake: FakeGemini, vertex: bool, version: str | None) -> None:
    one = generator(fake.url, api_key=SecretStr(fake.key), vertex=vertex, api_version=version)

    assert isinstance(ask(one), Pictured)
    assert fake.requests[-1].vertex is vertex


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("two_images", Pictured),
        ("truncated_png", Pictured),
        ("no_usage", Pictured),
        ("sparse_usage", Pictured),
        ("short_usage", Pictured),
        ("odd_letters", Pictured),
        ("prompt_blocked", Blocked),
        ("output_blocked", Blocked),
        ("recitation", NoPicture),
        ("no_image", NoPicture),
        ("image_other", NoPicture),
        ("new_reason", NoPicture),
        ("text_only", NoPicture),
        ("empty_candidates", NoPicture),
        ("empty_object", NoPicture),
        ("bad_base64", Malformed),
        ("empty_data", Malformed),
    ],
)
def test_each_answer_is_its_own_kind(
    fake: FakeGemini, asking: GeminiGenerator, step: str, kind: type
) -> None:
    fake.script(step)

    answer = ask(asking)

    assert type(answer) is kind
    assert answer.usage == fake.requests[-1].usage


@pytest.mark.parametrize(
    ("step", "outcome", "billed", "retryable", "wait_s"),
    [
        ("empty_body", "EngineProtocolError", "unknown", False, None),
        ("html", "EngineProtocolError", "unknown", False, None),
        ("cut_json", "EngineProtocolError", "unknown", False, None),
        ("rate_limited:2", "EngineQuotaError", "no", True, 2.0),
        ("retry_after:3", "EngineQuotaError", "no", True, 3.0),
        ("no_billing", "EngineQuotaError", "no", False, None),
        ("day_quota", "EngineQuotaError", "no", False, None),
        ("unavailable", "EngineUnavailableError", "no", True, None),
        ("gateway_timeout", "EngineTimeoutError", "unknown", False, None),
        ("server_error", "EngineUnavailableError", "no", True, None),
        ("permission_denied", "EngineAuthError", "no", False, None),
        ("reset", "EngineTransportError", "unknown", False, None),
        ("cut_body", "EngineTransportError", "unknown", False, None),
    ],
)
def test_each_failure_says_what_it_cost_and_when_to_come_back(
    fake: FakeGemini, asking: GeminiGenerator, step: str, outcome: str, billed: str, retryable: bool,
    wait_s: float | None,
) -> None:  # fmt: skip
    fake.script(step)
    before = len(fake.requests)

    with pytest.raises(EngineError) as caught:
        ask(asking)

    assert type(caught.value).__name__ == outcome
    assert (caught.value.billed, caught.value.retryable, caught.value.wait_s) == (billed, retryable, wait_s)
    assert len(fake.requests) == before + 1


@pytest.mark.parametrize(
    ("step", "limit"), [("rate_limited", "minute"), ("no_billing", "no_billing"), ("day_quota", "day")]
)
def test_each_quota_is_told_from_the_others(
    fake: FakeGemini, asking: GeminiGenerator, step: str, limit: str
) -> None:
    fake.script(step)

    with pytest.raises(EngineQuotaError) as caught:
        ask(asking)

    assert caught.value.limit == limit


def test_a_wrong_key_is_an_auth_error(fake: FakeGemini) -> None:
    with pytest.raises(EngineAuthError) as caught:
        ask(generator(fake.url, api_key=SecretStr("AIzaSyWrong-key-000000000000000000")))

    assert "AIzaSyWrong" not in str(caught.value)


@pytest.mark.parametrize("change", [{"ratio": "7:5"}, {"size": "9K"}, {"model": "gemini-never-was"}])
def test_what_google_refuses_is_a_request_error(
    fake: FakeGemini, asking: GeminiGenerator, change: dict[str, str]
) -> None:
    with pytest.raises(EngineRequestError):
        ask(asking, request(**change))
