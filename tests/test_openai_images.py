import asyncio
import base64
import gzip
import hashlib
import io
import logging
import re
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from musaic.config import OpenaiImagesSettings
from musaic.errors import (
    EngineAuthError,
    EngineError,
    EngineProtocolError,
    EngineQuotaError,
    EngineRequestError,
    EngineTimeoutError,
    EngineTransportError,
    EngineUnavailableError,
    ExtraMissingError,
)
from musaic.generate.base import Answer, Attachment, Blocked, Malformed, NoPicture, Pictured, Request
from musaic.generate.openai_images import OpenaiImagesGenerator, asked_size
from musaic.schemas import ImageModel, Role, Usage
from tests.fakes.openai_images import KEY, FakeOpenai, Reply, png, serving, size_is_allowed

MODELS = {"gpt-image-2": ImageModel(id="gpt-image-2", engine="openai-images", references=16)}
ROLES: tuple[Role, ...] = ("product", "logo", "style")


@pytest.fixture(autouse=True)
def on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def openai_server() -> Iterator[FakeOpenai]:
    with serving() as server:
        yield server


@pytest.fixture
def own_server() -> Iterator[FakeOpenai]:
    with serving(own=True, key=None) as server:
        yield server


def make(
    server: FakeOpenai | str | None,
    request: Request | None = None,
    *,
    key: str | None = KEY,
    deadline_s: float = 20.0,
) -> Answer:
    """Ask once, as the program does: one client, closed after."""

    async def ask() -> Answer:
        address = server.url if isinstance(server, FakeOpenai) else server
        settings = OpenaiImagesSettings(api_key=SecretStr(key) if key else None, base_url=address)
        generator = OpenaiImagesGenerator(settings, models=MODELS, deadline_s=deadline_s)
        try:
            return await generator.generate(request or asking())
        finally:
            await generator.aclose()
            await generator.aclose()

    return asyncio.run(ask())


def asking(
    *attachments: Attachment,
    model: str = "gpt-image-2",
    ratio: str = "1:1",
    size: str = "1K",
    seed: int | None = None,
) -> Request:
    return Request(
        model=model,
        prompt="a red cape",
        attachments=attachments,
        ratio=ratio,
        size=size,
        seed=seed,
        caption="cape",
    )


def attachment(number: int, *, mime: str = "image/png") -> Attachment:
    file = io.BytesIO()
    Image.effect_noise((20 + number, 20), 50).convert("RGB").save(file, mime.rpartition("/")[2].upper())
    content = file.getvalue()
    return Attachment(
        number=number,
        role=ROLES[(number - 1) % 3],
        asset_id=f"{number:012x}{number:020x}",
        mime=mime,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def failure(server: FakeOpenai, reply: Reply, **options: Any) -> EngineError:
    """Return the error that a scripted answer ends in, after one request and with no key in sight."""
    server.script.append(reply)
    with pytest.raises(EngineError) as caught:
        make(server, **options)
    assert len(server.requests) == 1
    assert not server.script
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert str(caught.value).startswith("openai-images: ")
    return caught.value


def refused(message: str, *, code: str | None = None, kind: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


# --- what is sent ------------------------------------------------------------------------------------


def test_references_go_as_files_in_order_byte_for_byte_under_names_of_ours(openai_server: FakeOpenai) -> None:
    sent = [attachment(1), attachment(2, mime="image/jpeg"), attachment(3, mime="image/webp")]

    make(openai_server, asking(*sent))

    (asked,) = openai_server.requests
    assert asked.path == "/v1/images/edits"
    assert [each.content for each in asked.files] == [each.content for each in sent]
    assert [each.mime for each in asked.files] == ["image/png", "image/jpeg", "image/webp"]
    names = ["image-1-product.png", "image-2-logo.jpg", "image-3-style.webp"]
    assert [each.filename for each in asked.files] == names
    assert {each.field for each in asked.files} == {"image[]"}


def test_prompt_opens_with_a_line_for_each_reference(openai_server: FakeOpenai) -> None:
    make(openai_server, asking(attachment(1), attachment(2)))

    assert openai_server.requests[0].fields["prompt"].split("\n") == [
        f"Image 1 — role: product — asset {1:012x}",
        f"Image 2 — role: logo — asset {2:012x}",
        "",
        "a red cape",
    ]


def test_openai_is_sent_nothing_that_it_would_refuse(openai_server: FakeOpenai) -> None:
    answer = make(openai_server, asking(attachment(1), ratio="16:9", seed=7))

    assert isinstance(answer, Pictured)
    assert openai_server.requests[0].fields == {
        "model": "gpt-image-2",
        "prompt": f"Image 1 — role: product — asset {1:012x}\n\na red cape",
        "n": "1",
        "size": "1360x768",
    }
    assert openai_server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_words_alone_go_to_generations_as_they_are(openai_server: FakeOpenai) -> None:
    make(openai_server)

    (asked,) = openai_server.requests
    assert asked.path == "/v1/images/generations"
    assert asked.fields == {"model": "gpt-image-2", "prompt": "a red cape", "n": 1, "size": "1024x1024"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_own_server_needs_no_key_and_is_asked_for_base64_and_the_seed(
    own_server: FakeOpenai, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Other: header-secret")
    pictures = [attachment(number + 1) for number in range(count)]

    answer = make(own_server, asking(*pictures, model="Qwen/Qwen-Image-Edit", ratio="21:9", seed=7), key=None)

    assert isinstance(answer, Pictured)
    (asked,) = own_server.requests
    assert asked.fields["response_format"] == "b64_json"
    assert str(asked.fields["seed"]) == "7"
    assert asked.fields["size"] == "1568x672"
    assert "secret" not in str(asked.headers)


def test_one_file_is_called_image_which_every_server_takes(own_server: FakeOpenai) -> None:
    make(own_server, asking(attachment(1), model="flux"))

    assert [each.field for each in own_server.requests[0].files] == ["image"]


def test_without_an_address_openai_is_asked_whatever_the_environment_says(
    own_server: FakeOpenai, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", own_server.url)
    with socket.create_server(("127.0.0.1", 0)) as proxy, ThreadPoolExecutor(1) as pool:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        asked = pool.submit(first_line, proxy)

        with pytest.raises(EngineTransportError):
            make(None)

    assert asked.result() == b"CONNECT api.openai.com:443 HTTP/1.1"
    assert own_server.requests == []


def first_line(proxy: socket.socket) -> bytes:
    """Return what a proxy is asked for first, and hang up."""
    connection, _ = proxy.accept()
    with connection:
        return connection.recv(4096).partition(b"\r\n")[0]


def test_more_references_than_the_model_takes_are_refused_unsent(openai_server: FakeOpenai) -> None:
    with pytest.raises(EngineRequestError, match="16 references at most, not 17") as caught:
        make(openai_server, asking(*(attachment(number) for number in range(1, 18))))

    assert caught.value.billed == "no"
    assert openai_server.requests == []


@pytest.mark.parametrize("size", ["512", "1K", "2K", "4K"])
@pytest.mark.parametrize("ratio", ["1:1", "2:3", "3:2", "4:5", "16:9", "9:16", "21:9", "1:4", "4:1", "8:1"])
@pytest.mark.parametrize(
    "model", ["gpt-image-1.5", "gpt-image-2", "openai/gpt-image-2.5-flare", "gpt-image-2.6-flare"]
)
def test_every_size_asked_of_openai_is_one_it_takes_and_as_near_as_can_be(
    model: str, ratio: str, size: str
) -> None:
    asked = asked_size(model, ratio=ratio, size=size)

    assert size_is_allowed(model.removeprefix("openai/"), asked.text)
    width, height = map(int, asked.text.split("x"))
    across, down = map(int, ratio.split(":"))
    wanted = (
        min(max(across / down, 1 / 3), 3) if "1.5" not in model and "2.6" not in model else width / height
    )
    assert width / height == pytest.approx(wanted, rel=0.05)
    assert (width > height) == (across > down)


def test_size_that_is_not_what_was_wanted_says_so() -> None:
    assert asked_size("gpt-image-1.5", ratio="9:16", size="2K").text == "1024x1536"
    note = asked_size("gpt-image-1.5", ratio="9:16", size="2K").note
    assert note == "gpt-image-1.5 makes no 9:16 picture at 2K; 1024x1536 is asked for instead"
    assert asked_size("gpt-image-2", ratio="1:1", size="4K").text == "2880x2880"
    assert asked_size("gpt-image-2", ratio="1:1", size="4K").note is not None
    assert asked_size("gpt-image-2", ratio="16:9", size="2K").note is None
    assert asked_size("flux-2", ratio="8:1", size="512").note is None


# --- what comes back ---------------------------------------------------------------------------------


def test_picture_comes_with_usage_and_the_services_id(openai_server: FakeOpenai) -> None:
    answer = make(openai_server, asking(attachment(1)))

    assert isinstance(answer, Pictured)
    assert answer.pictures == (png(1024, 1024),)
    assert answer.usage == Usage(input_text=30, input_image=320, output_image=1120)
    assert answer.response_id == "req_1"
    assert answer.turns == ()


def picture(**others: Any) -> dict[str, Any]:
    return {"data": [{"b64_json": base64.b64encode(b"\x89PNG" + bytes(range(256))).decode()}], **others}


def test_a_key_that_the_server_repeats_is_in_no_part_of_the_answer(openai_server: FakeOpenai) -> None:
    said = f"{KEY} {base64.b64encode(KEY.encode()).decode()}"
    told = picture(model=said)
    told["data"][0]["revised_prompt"] = said
    replies = [told, {"data": [{"revised_prompt": said}]}, {"error": {"message": said}}]
    openai_server.script += [Reply(200, each, headers={"x-request-id": KEY}) for each in replies]

    answers = [make(openai_server) for _ in replies]

    assert all(KEY not in repr(one) and said[-12:] not in repr(one) for one in answers)
    assert isinstance(answers[0], Pictured)
    assert answers[0].text.startswith("*** ***")


def test_odd_letters_are_in_no_part_of_the_answer(openai_server: FakeOpenai) -> None:
    odd, clean = "a\ud83d\x00b\x1b[2J\tc\n\x7f", "a? b [2J\tc\n "
    told = picture(model=odd)
    told["data"][0]["revised_prompt"] = odd
    bodies = [told, {"data": [{"revised_prompt": odd}]}, {"error": {"message": odd}}, {"error": odd}]
    openai_server.script += [Reply(200, each) for each in bodies]

    drawn, *others = [make(openai_server) for _ in bodies]

    assert isinstance(drawn, Pictured)
    assert (drawn.text, drawn.model_version) == (clean, clean)
    for answer in others:
        assert isinstance(answer, NoPicture)
        assert answer.reason == clean


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        (picture(), ()),
        (picture(output_format="webp"), ("image/webp",)),
        (
            picture(output_format="jpeg", data=[{"b64_json": "AAEC"}, {"b64_json": "AAED"}]),
            ("image/jpeg",) * 2,
        ),
        ({"data": [{"url": "data:image/webp;base64,AAEC"}], "output_format": "png"}, ("image/webp",)),
        ({"data": [{"b64_json": "data:image/jpeg;base64,AAEC"}, {"b64_json": "AAED"}]}, ("image/jpeg", None)),
        ({"data": [{"url": "data:;base64,AAEC"}]}, ()),
        (picture(output_format="a\ud83d b"), ()),
        (picture(output_format=7), ()),
    ],
)
def test_each_picture_has_the_label_that_the_server_gave_it(
    openai_server: FakeOpenai, body: dict[str, Any], labels: tuple[str | None, ...]
) -> None:
    openai_server.script.append(Reply(200, body))

    answer = make(openai_server)

    assert isinstance(answer, Pictured)
    assert answer.labels == labels


@pytest.mark.parametrize(("status", "mib"), [(200, 256), (500, 1)])
def test_an_answer_without_end_is_left_and_may_have_been_billed(
    openai_server: FakeOpenai, status: int, mib: int
) -> None:
    packed = gzip.compress(bytes((mib << 20) + (80 << 10)), 1)
    openai_server.script.append(Reply(status, packed, headers={"content-encoding": "gzip"}))

    with pytest.raises(EngineProtocolError, match=f"larger than {mib} MiB") as caught:
        make(openai_server)

    assert caught.value.billed == "unknown"


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (None, None),
        ({"total_tokens": 0, "input_tokens": 0, "output_tokens": 0}, None),
        ({"input_tokens": "12", "output_tokens": -4}, None),
        ({"input_tokens": 12, "output_tokens": 40}, Usage(input_text=12, output_image=40)),
        (
            {"input_tokens": 3, "output_tokens_details": {"image_tokens": 40, "text_tokens": 5}},
            Usage(input_text=3, output_text=5, output_image=40),
        ),
        # What is not said to be words is the picture's; and where nothing is left for it, its cost is not known.
        (
            {"input_tokens": 3, "output_tokens": 1130, "output_tokens_details": {"text_tokens": 10}},
            Usage(input_text=3, output_text=10, output_image=1120),
        ),
        (
            {"input_tokens": 3, "output_tokens_details": {"text_tokens": 10}},
            Usage(input_text=3, output_text=10, output_image=None),
        ),
        (
            {"input_tokens": 3, "output_tokens": 10, "output_tokens_details": {"text_tokens": 10}},
            Usage(input_text=3, output_text=10, output_image=None),
        ),
        (
            {"input_tokens": 3, "output_tokens_details": {"text_tokens": 10, "image_tokens": 0}},
            Usage(input_text=3, output_text=10, output_image=None),
        ),
        ({"input_tokens": 12, "output_tokens": 0}, Usage(input_text=12, output_image=None)),
        ({"input_tokens": 12}, Usage(input_text=12, output_image=None)),
        ("many", None),
    ],
)
def test_usage_in_any_shape_never_costs_the_picture(
    openai_server: FakeOpenai, told: Any, usage: Usage | None
) -> None:
    openai_server.script.append(Reply(200, picture(usage=told)))

    answer = make(openai_server)

    assert isinstance(answer, Pictured)
    assert answer.usage == usage


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"input_tokens": 12, "output_tokens": 0}, Usage(input_text=12, output_image=0)),
        (
            {"input_tokens": 12, "output_tokens_details": {"text_tokens": 5}},
            Usage(input_text=12, output_text=5, output_image=0),
        ),
    ],
)
def test_usage_without_a_picture_counts_none(openai_server: FakeOpenai, told: Any, usage: Usage) -> None:
    openai_server.script.append(Reply(200, {"data": [], "usage": told}))

    assert make(openai_server).usage == usage


def test_an_address_in_the_place_of_a_picture_is_one_that_must_be_counted(own_server: FakeOpenai) -> None:
    told = {"input_tokens": 12, "output_tokens_details": {"text_tokens": 5}}
    own_server.script.append(Reply(200, {"data": [{"url": f"{own_server.url}/made.png"}], "usage": told}))

    assert make(own_server).usage == Usage(input_text=12, output_text=5, output_image=None)


@pytest.mark.parametrize(
    "alphabet", ["standard", "url-safe", "wrapped", "unpadded", "data address", "data letters"]
)
def test_base64_is_read_in_every_spelling(own_server: FakeOpenai, alphabet: str) -> None:
    content = b"\x89PNG" + bytes(range(256))
    text = base64.b64encode(content).decode()
    spelled = {
        "standard": {"b64_json": text},
        "url-safe": {"b64_json": base64.urlsafe_b64encode(content).decode()},
        "wrapped": {"b64_json": base64.encodebytes(content).decode()},
        "unpadded": {"b64_json": base64.urlsafe_b64encode(content).decode().rstrip("=")},
        "data letters": {"b64_json": f"data:image/png;base64,{text}"},
        "data address": {"b64_json": None, "url": f"data:image/png;base64,{text}"},
    }
    own_server.script.append(Reply(200, {"data": [spelled[alphabet]]}))

    answer = make(own_server)

    assert isinstance(answer, Pictured)
    assert answer.pictures == (content,)


@pytest.mark.parametrize("others", [{}, {"b64_json": None}, {"b64_json": "", "revised_prompt": "a cape"}])
def test_address_in_the_place_of_a_picture_is_never_fetched(
    own_server: FakeOpenai, others: dict[str, Any]
) -> None:
    own_server.script.append(Reply(200, {"data": [{**others, "url": f"{own_server.url}/made.png"}]}))

    answer = make(own_server)

    assert isinstance(answer, Malformed)
    assert "never fetched" in answer.reason
    assert len(own_server.requests) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"data": []}, "no reason"),
        ({"created": 1}, "no reason"),
        ({"data": [{}]}, "no reason"),
        ({"data": None, "error": {"message": "no GPU left"}}, "no GPU left"),
        ({"data": [{"b64_json": "", "revised_prompt": "I would rather not"}]}, "rather not"),
    ],
)
def test_answer_without_a_picture_is_told_with_the_servers_words(
    own_server: FakeOpenai, body: dict[str, Any], reason: str
) -> None:
    own_server.script.append(Reply(200, body))

    answer = make(own_server)

    assert isinstance(answer, NoPicture)
    assert reason in answer.reason


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ({"code": "moderation_blocked", "type": "image_generation_user_error"}, "prompt"),
        ({"code": "moderation_blocked", "moderation_details": {"moderation_stage": "output"}}, "output"),
        ({"code": "moderation_blocked", "moderation_stage": "output"}, "output"),
        ({"code": "content_policy_violation"}, "prompt"),
    ],
)
def test_moderation_is_an_answer_not_an_error(
    openai_server: FakeOpenai, error: dict[str, Any], what: str
) -> None:
    message = "Your request was rejected by the safety system. safety_violations=[violence]."
    openai_server.script.append(
        Reply(400, {"error": {"message": message, **error}}, {"x-request-id": "req_9"})
    )

    answer = make(openai_server)

    assert isinstance(answer, Blocked)
    assert answer.what == what
    assert "safety_violations=[violence]" in answer.reason
    assert answer.response_id == "req_9"
    assert len(openai_server.requests) == 1


# --- what goes wrong ---------------------------------------------------------------------------------


def test_wrong_key_is_told_without_the_key(
    openai_server: FakeOpenai, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "sk-proj-wrong9876543210"

    with pytest.raises(EngineAuthError) as caught:
        make(openai_server, asking(attachment(1)), key=wrong)

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert wrong not in told
    assert "OPENAI_API_KEY" in str(caught.value)
    assert (caught.value.billed, caught.value.retryable) == ("no", False)


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_key_that_a_server_repeats_is_cut_out(openai_server: FakeOpenai, status: int) -> None:
    error = failure(
        openai_server, Reply(status, refused(f"key {KEY} (or {KEY[:11]}***6789) may not; Bearer {KEY}"))
    )

    assert "may not" in str(error)
    assert not re.search("loopback|6789", str(error))


@pytest.mark.parametrize("key", ["sk-other0123456789", "sk-ot*****6789", "abcd****6789", "Bearer 0123456789"])
def test_any_other_key_that_a_server_names_is_cut_out_too(openai_server: FakeOpenai, key: str) -> None:
    error = failure(openai_server, Reply(403, refused(f"upstream key {key}, may not")))

    assert str(error).startswith("openai-images: access was refused: upstream key …")
    assert "6789" not in str(error)


def test_generator_shows_no_key() -> None:
    generator = OpenaiImagesGenerator(
        OpenaiImagesSettings(api_key=SecretStr(KEY)), models=MODELS, deadline_s=1
    )

    assert KEY not in repr(generator) + str(generator)
    assert generator.name == "openai-images"
    asyncio.run(generator.aclose())


def test_key_with_a_line_end_works_and_one_with_odd_letters_is_refused_unshown(
    openai_server: FakeOpenai,
) -> None:
    assert isinstance(make(openai_server, key=f"{KEY}\n"), Pictured)

    for odd in (f"{KEY}…", f"{KEY}\n{KEY}"):
        with pytest.raises(EngineAuthError, match="copy it anew") as caught:
            make(openai_server, key=odd)
        assert KEY not in "".join(traceback.format_exception(caught.value))


def test_no_key_and_no_server_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(EngineAuthError, match=r"OPENAI_API_KEY, or generate\.openai\.base_url"):
        OpenaiImagesGenerator(OpenaiImagesSettings(), models=MODELS, deadline_s=1)


@pytest.mark.parametrize(
    ("status", "error", "limit"),
    [
        (429, refused("You exceeded your current quota", code="insufficient_quota"), "no_billing"),
        (429, refused("quota", kind="insufficient_quota"), "no_billing"),
        (
            400,
            refused("Billing hard limit has been reached", code="billing_hard_limit_reached"),
            "no_billing",
        ),
        (402, refused("Payment Required"), "no_billing"),
        (429, refused("Rate limit reached on images per min", code="rate_limit_exceeded"), "minute"),
        (429, refused("Rate limit reached on requests per day (RPD): Limit 50"), "day"),
    ],
)
def test_quota_says_whether_waiting_helps(
    openai_server: FakeOpenai, status: int, error: dict[str, Any], limit: str
) -> None:
    caught = failure(openai_server, Reply(status, error))

    assert isinstance(caught, EngineQuotaError)
    assert (caught.limit, caught.billed, caught.retryable) == (limit, "no", limit == "minute")


@pytest.mark.parametrize(
    ("headers", "message", "wait_s"),
    [
        ({"retry-after": "37"}, "slow down", 37.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "slow down", 1.5),
        ({}, "Please try again in 12.5s. Visit", 12.5),
        ({}, "Please try again in 1m30s.", 90.0),
        ({}, "Please try again in 250ms.", 0.25),
        ({"retry-after": "soon"}, "slow down", None),
        ({}, "Please try again in a while", None),
    ],
)
def test_wait_that_the_service_asks_for_is_told(
    openai_server: FakeOpenai, headers: dict[str, str], message: str, wait_s: float | None
) -> None:
    assert failure(openai_server, Reply(429, refused(message), headers)).wait_s == wait_s


def test_wait_until_a_date_is_counted_from_now(openai_server: FakeOpenai) -> None:
    headers = {"retry-after": formatdate(time.time() + 60, usegmt=True)}

    wait_s = failure(openai_server, Reply(503, refused("busy"), headers)).wait_s

    assert wait_s is not None
    assert 50 < wait_s <= 60


@pytest.mark.parametrize(
    ("status", "kind", "billed", "retryable"),
    [
        (400, EngineRequestError, "no", False),
        (401, EngineAuthError, "no", False),
        (403, EngineAuthError, "no", False),
        (404, EngineRequestError, "no", False),
        (408, EngineTimeoutError, "unknown", True),
        (413, EngineRequestError, "no", False),
        (422, EngineRequestError, "no", False),
        (500, EngineUnavailableError, "no", True),
        (502, EngineUnavailableError, "unknown", True),
        (503, EngineUnavailableError, "no", True),
        (504, EngineTimeoutError, "unknown", True),
        (529, EngineUnavailableError, "no", True),
    ],
)
def test_status_says_what_happened_what_it_costs_and_whether_to_try_again(
    openai_server: FakeOpenai, status: int, kind: type[EngineError], billed: str, retryable: bool
) -> None:
    error = failure(openai_server, Reply(status, refused("no, because")))

    assert type(error) is kind
    assert (error.billed, error.retryable, error.engine) == (billed, retryable, "openai-images")
    assert status == 401 or "no, because" in str(error)


def test_404_says_what_to_check(openai_server: FakeOpenai) -> None:
    with pytest.raises(EngineRequestError, match=r"end in /v1\?"):
        make(openai_server.url.removesuffix("/v1"), asking(attachment(1)))


def test_validation_errors_of_other_servers_are_read(own_server: FakeOpenai) -> None:
    detail = {"detail": [{"loc": ["body", "size"], "msg": "value is not a valid size"}]}

    assert "value is not a valid size" in str(failure(own_server, Reply(422, detail)))


@pytest.mark.parametrize("status", [200, 403, 503])
def test_web_page_in_the_place_of_an_answer_is_told_in_a_sentence(
    own_server: FakeOpenai, status: int
) -> None:
    page = Reply(status, b"<html><body>Welcome to nginx</body></html>", {"content-type": "text/html"})

    error = failure(own_server, page)

    assert "web page" in str(error)
    assert "nginx" not in str(error)
    assert isinstance(error, EngineProtocolError) == (status == 200)


@pytest.mark.parametrize(
    "body",
    [
        b"", b'{"data": [{"b64_json": "iVBO', b"[]", b'"text"', b"[" * 100_000,
    ],
)  # fmt: skip
def test_broken_answer_is_a_protocol_error_that_may_be_billed(own_server: FakeOpenai, body: bytes) -> None:
    error = failure(own_server, Reply(200, body))

    assert type(error) is EngineProtocolError
    assert (error.billed, error.retryable, error.came) == ("unknown", False, body)


@pytest.mark.parametrize("text", ["not base64!", "iVBOR", "iVBORw!0KGgo="])
def test_a_picture_in_broken_base64_is_malformed_and_counted(own_server: FakeOpenai, text: str) -> None:
    own_server.script.append(Reply(200, {"data": [{"b64_json": text}], "usage": {"input_tokens": 12}}))

    answer = make(own_server)

    assert isinstance(answer, Malformed)
    assert answer.usage == Usage(input_text=12, output_image=None)
    assert text.encode() in answer.came


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(openai_server: FakeOpenai, own_server: FakeOpenai, status: int) -> None:
    headers = {"location": f"{own_server.url}/images/generations"}

    error = failure(openai_server, Reply(status, b"", headers))

    assert type(error) is EngineProtocolError
    assert "correct generate.openai.base_url" in str(error)
    assert own_server.requests == []


@pytest.mark.parametrize("cut", [0, 5, 300])
def test_connection_that_breaks_may_be_billed_and_is_not_tried_again(
    own_server: FakeOpenai, cut: int
) -> None:
    error = failure(own_server, Reply(200, picture(), cut=cut))

    assert type(error) is EngineTransportError
    assert error.billed == "unknown"


def test_server_that_is_not_there_costs_nothing(own_server: FakeOpenai) -> None:
    address = own_server.url
    own_server.server_close()

    with pytest.raises(EngineTransportError, match="nothing was sent") as caught:
        make(address.replace("http://", "http://user:pass@"))

    assert (caught.value.billed, caught.value.retryable) == ("no", True)
    assert "pass" not in str(caught.value)


def test_answer_that_drips_in_is_given_up_at_the_deadline(own_server: FakeOpenai) -> None:
    make(own_server)  # so that what is imported on the way is not in the time
    own_server.requests.clear()
    started = time.monotonic()

    error = failure(own_server, Reply(200, picture(), drip_s=0.5), deadline_s=1.5)

    assert type(error) is EngineTimeoutError
    assert error.billed == "unknown"
    assert "1.5 seconds" in str(error)
    assert time.monotonic() - started < 30


def test_cancelled_call_ends_at_once(own_server: FakeOpenai) -> None:
    own_server.script.append(Reply(200, picture(), drip_s=0.5))

    async def cancel() -> float:
        generator = OpenaiImagesGenerator(
            OpenaiImagesSettings(base_url=own_server.url), models={}, deadline_s=20
        )
        call = asyncio.create_task(generator.generate(asking()))
        while not own_server.requests:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await generator.aclose()
        return time.monotonic() - started

    assert asyncio.run(cancel()) < 15


def test_many_calls_at_a_time_share_one_client(own_server: FakeOpenai) -> None:
    async def ask_all() -> list[Answer]:
        generator = OpenaiImagesGenerator(
            OpenaiImagesSettings(base_url=own_server.url), models={}, deadline_s=20
        )
        requests = [asking(model="flux", ratio=ratio, size="512") for ratio in ("1:1", "1:2", "2:1", "3:1")]
        answers = await asyncio.gather(*map(generator.generate, requests))
        await generator.aclose()
        return answers

    sizes = []
    for answer in asyncio.run(ask_all()):
        assert isinstance(answer, Pictured)
        sizes.append(Image.open(io.BytesIO(answer.pictures[0])).size)
    assert sizes == [(512, 512), (368, 720), (720, 368), (880, 288)]


# --- the extra ---------------------------------------------------------------------------------------


def test_missing_package_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)

    with pytest.raises(ExtraMissingError, match=r"openai-images needs .* 'musaic\[openai\]'"):
        OpenaiImagesGenerator(OpenaiImagesSettings(base_url="http://127.0.0.1:9/v1"), models={}, deadline_s=1)


def test_package_is_imported_only_when_the_engine_is_used() -> None:
    source = "import musaic.generate.openai_images, sys; sys.exit('openai' in sys.modules or 'httpx2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", source], check=False).returncode == 0
