import io
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from google.genai import errors, types
from PIL import Image

from musaic.generate.testing import BEHAVIOURS, FakeGemini, Received
from musaic.generate.testing.behaviours import parse_step
from tests.fakes.asking import MODELS, USER, ask, client_of, config, images_in, opened, picture_of, post


@pytest.fixture(autouse=True)
def alone_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def fake() -> Iterator[FakeGemini]:
    with FakeGemini(MODELS) as running:
        yield running


# --- what it is told to do ------------------------------------------------------------------------------
def test_steps_are_taken_in_order_and_then_all_is_well(fake: FakeGemini) -> None:
    fake.script("text_only", "two_images")

    counts = [len(images_in(ask(fake))) for _ in range(3)]

    assert counts == [0, 2, 1]
    assert [each.step for each in fake.requests] == ["text_only", "two_images", "ok"]


def test_steps_for_a_text_or_ratio_go_before_the_others(fake: FakeGemini) -> None:
    fake.script("text_only")
    fake.script_for("red", "two_images")
    fake.script_for("", "no_image", ratio="16:9")

    ask(fake, "a red shoe")
    ask(fake, "a blue shoe", ratio="16:9")
    ask(fake, "a red shoe")

    assert [each.step for each in fake.requests] == ["two_images", "no_image", "text_only"]


def test_otherwise_holds_until_it_is_changed(fake: FakeGemini) -> None:
    fake.otherwise("no_image")
    assert not images_in(ask(fake))
    assert not images_in(ask(fake))
    fake.otherwise("ok")
    assert images_in(ask(fake))


def test_a_refused_request_uses_up_no_step(fake: FakeGemini) -> None:
    fake.script("text_only")
    with pytest.raises(errors.ClientError):
        ask(fake, ratio="7:5")

    assert not images_in(ask(fake))


@pytest.mark.parametrize("step", ["okay", "ok:1", "slow:soon", "slow:-1", "redirect"])
def test_a_step_that_does_not_exist_is_refused_at_once(fake: FakeGemini, step: str) -> None:
    with pytest.raises(ValueError, match=step.partition(":")[0]):
        fake.script(step)


def test_every_behaviour_is_described_and_can_be_parsed() -> None:
    for name in BEHAVIOURS:
        assert parse_step(f"{name}:http://127.0.0.1:1" if name == "redirect" else name).behaviour == name


def test_requests_are_held_until_they_are_released(fake: FakeGemini) -> None:
    fake.hold(after=1)
    ask(fake)
    late: list[types.GenerateContentResponse] = []
    thread = threading.Thread(target=lambda: late.append(ask(fake, "held")))
    thread.start()
    try:
        assert fake.wait_for(2)[1].prompt == "held"
        thread.join(0.3)  # a picture that is not held takes a third of it
        assert (thread.is_alive(), late, fake.requests[1].status) == (True, [], None)
    finally:
        fake.release()
        thread.join(60)

    assert images_in(late[0])
    assert fake.requests[1].status == 200


def test_it_ends_while_requests_are_held() -> None:
    # Other servers of other tests may still have a connection open, whose client nobody has collected yet.
    before, raised = set(threading.enumerate()), list[Exception]()

    def wait_in_vain(fake: FakeGemini) -> None:
        try:
            ask(fake)
        except Exception as exc:
            raised.append(exc)

    with FakeGemini(MODELS) as fake:
        fake.hold()
        thread = threading.Thread(target=wait_in_vain, args=(fake,))
        thread.start()
        fake.wait_for(1)
    thread.join(60)

    assert len(raised) == 1
    served = [each for each in threading.enumerate() if each not in before and each is not thread]
    assert not [each for each in served if "fake" in each.name or "process_request" in each.name]


def test_waiting_for_a_request_that_never_comes_ends(fake: FakeGemini) -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        fake.wait_for(1, timeout_s=0.05)


@pytest.mark.parametrize("step", ["prompt_blocked", "prompt_blocked:OTHER"])
def test_a_blocked_prompt_has_a_reason_and_no_candidate(fake: FakeGemini, step: str) -> None:
    fake.script(step)
    answer = ask(fake)

    assert answer.candidates is None
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason is not None
    assert answer.prompt_feedback.block_reason.value == (step.partition(":")[2] or "SAFETY")


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("output_blocked", "IMAGE_SAFETY"),
        ("output_blocked:IMAGE_PROHIBITED_CONTENT", "IMAGE_PROHIBITED_CONTENT"),
        ("recitation", "IMAGE_RECITATION"),
        ("no_image", "NO_IMAGE"),
        ("image_other", "IMAGE_OTHER"),
    ],
)
def test_an_answer_without_picture_says_why_it_ended(fake: FakeGemini, step: str, reason: str) -> None:
    fake.script(step)
    answer = ask(fake)

    assert answer.candidates
    assert answer.candidates[0].finish_reason is not None
    assert (answer.candidates[0].finish_reason.value, answer.parts) == (reason, None)


def test_a_reason_from_tomorrow_warns_in_the_sdk(fake: FakeGemini) -> None:
    fake.script("new_reason")
    with pytest.warns(UserWarning, match="IMAGE_FROM_TOMORROW"):
        ask(fake)


def test_words_alone_are_an_answer_too(fake: FakeGemini) -> None:
    fake.script("text_only")

    assert "Which of the two" in (ask(fake).text or "")


@pytest.mark.parametrize("step", ["empty_candidates", "empty_object", "empty_body"])
def test_an_answer_can_hold_nothing(fake: FakeGemini, step: str) -> None:
    fake.script(step)
    answer = ask(fake)

    assert not answer.candidates
    assert answer.parts is None


@pytest.mark.parametrize("step", ["html", "cut_json", "bad_base64"])
def test_an_answer_can_be_none(fake: FakeGemini, step: str) -> None:
    fake.script(step)
    with pytest.raises(ValueError):
        ask(fake)

    assert fake.requests[0].status == 200


@pytest.mark.parametrize(("step", "kind"), [("ok_jpeg", "image/jpeg"), ("ok_jpeg_as_png", "image/png")])
def test_jpeg_comes_under_its_own_name_or_another(fake: FakeGemini, step: str, kind: str) -> None:
    fake.script(step)
    (part,) = [part for part in ask(fake).parts or [] if part.inline_data]

    assert part.inline_data is not None
    assert part.inline_data.mime_type == kind
    assert opened(part.inline_data.data or b"").format == "JPEG"


@pytest.mark.parametrize("step", ["truncated_png", "truncated_jpeg"])
def test_half_a_picture_opens_and_does_not_load(fake: FakeGemini, step: str) -> None:
    fake.script(step)
    picture = Image.open(io.BytesIO(images_in(ask(fake))[0]))

    with pytest.raises(OSError, match="truncated"):
        picture.load()


def test_a_bomb_says_that_it_is_huge(fake: FakeGemini) -> None:
    fake.script("bomb")
    content = images_in(ask(fake))[0]

    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))
    assert len(content) < 100


def test_an_empty_picture_has_no_bytes(fake: FakeGemini) -> None:
    fake.script("empty_data")

    assert images_in(ask(fake)) == [b""]


def test_a_reference_can_come_back_as_it_was(fake: FakeGemini) -> None:
    fake.script("same_as_reference")

    assert images_in(ask(fake, "a shoe", picture_of("red"), picture_of("blue"))) == [picture_of("red")]


@pytest.mark.parametrize(("ratio", "px"), [("1:1", (1376, 768)), ("16:9", (1024, 1024))])
def test_a_picture_can_have_the_wrong_ratio(fake: FakeGemini, ratio: str, px: tuple[int, int]) -> None:
    fake.script("wrong_ratio")

    assert opened(images_in(ask(fake, ratio=ratio))[0]).size == px


@pytest.mark.parametrize(("step", "thoughts"), [("with_thought", [True, None]), ("only_thought", [True])])
def test_a_thought_is_marked(fake: FakeGemini, step: str, thoughts: list[bool | None]) -> None:
    fake.script(step)

    assert [part.thought for part in ask(fake).parts or [] if part.inline_data] == thoughts


def test_usage_can_be_left_out_or_listed_in_part(fake: FakeGemini) -> None:
    fake.script("no_usage", "sparse_usage")
    none, sparse = ask(fake), ask(fake)

    assert none.usage_metadata is None
    assert fake.requests[0].usage is None
    assert sparse.usage_metadata is not None
    listed = sparse.usage_metadata.candidates_tokens_details or []
    assert [each.modality.value for each in listed if each.modality] == ["IMAGE"]
    assert (sparse.usage_metadata.candidates_token_count or 0) > 1100


def test_usage_can_leave_the_picture_out(fake: FakeGemini) -> None:
    fake.script("short_usage")
    told = ask(fake).usage_metadata

    assert told is not None
    assert (told.candidates_token_count, told.candidates_tokens_details, told.total_token_count) == (
        None,
    ) * 3
    assert fake.requests[0].usage is not None
    assert fake.requests[0].usage.output_image is None


def test_words_and_names_can_hold_odd_letters(fake: FakeGemini) -> None:
    fake.script("odd_letters")
    answer = ask(fake)

    assert images_in(answer)
    for said in (answer.text, answer.model_version, answer.response_id):
        assert "\ud83d" in (said or "")
        assert "\x1b" in (said or "")


def test_a_limit_below_the_pictures_tokens_ends_without_one(fake: FakeGemini) -> None:
    with client_of(fake) as client:
        answers = [
            client.models.generate_content(
                model="new-image", contents="a shoe", config=config(max_output_tokens=most)
            )
            for most in (1100, 1300)
        ]

    assert [bool(images_in(answer)) for answer in answers] == [False, True]
    assert answers[0].candidates
    assert answers[0].candidates[0].finish_reason == types.FinishReason.MAX_TOKENS


# --- errors ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "code", "status"),
    [
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("retry_after", 429, "RESOURCE_EXHAUSTED"),
        ("no_billing", 429, "RESOURCE_EXHAUSTED"),
        ("day_quota", 429, "RESOURCE_EXHAUSTED"),
        ("permission_denied", 403, "PERMISSION_DENIED"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("gateway_timeout", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_errors_have_googles_code_and_status(fake: FakeGemini, step: str, code: int, status: str) -> None:
    fake.script(step)
    with pytest.raises(errors.APIError) as caught:
        ask(fake)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert fake.requests[0].status == code
    assert images_in(ask(fake))


def details_of(fake: FakeGemini, step: str) -> tuple[str, dict[str, dict[str, object]]]:
    fake.script(step)
    with pytest.raises(errors.ClientError) as caught:
        ask(fake)
    listed = caught.value.details["error"]["details"]
    return caught.value.message or "", {each["@type"].rpartition(".")[2]: each for each in listed}


@pytest.mark.parametrize(("step", "delay"), [("rate_limited", "0.05s"), ("rate_limited:2", "2s")])
def test_a_minutes_quota_says_how_long_to_wait(fake: FakeGemini, step: str, delay: str) -> None:
    _, details = details_of(fake, step)

    assert details["RetryInfo"]["retryDelay"] == delay
    assert "PerMinute" in json.dumps(details["QuotaFailure"])


def test_no_billing_and_a_days_quota_tell_themselves_apart(fake: FakeGemini) -> None:
    free, _ = details_of(fake, "no_billing")
    day, details = details_of(fake, "day_quota")

    assert "limit: 0," in free
    assert "limit: 0," not in day
    assert "PerDay" in json.dumps(details["QuotaFailure"])


def test_retry_after_is_a_header_without_details(fake: FakeGemini) -> None:
    fake.script("retry_after:3")
    with pytest.raises(errors.ClientError) as caught:
        ask(fake)

    assert caught.value.response.headers["retry-after"] == "3"
    assert "details" not in caught.value.details["error"]


def test_a_server_error_is_a_web_page(fake: FakeGemini) -> None:
    fake.script("server_error")
    with pytest.raises(errors.ServerError) as caught:
        ask(fake)

    assert "<html" in str(caught.value.message)


@pytest.mark.parametrize("step", ["reset", "cut_body"])
def test_a_broken_connection_is_one_request_and_no_answer(fake: FakeGemini, step: str) -> None:
    fake.script(step)
    with pytest.raises(Exception) as caught:
        ask(fake)

    assert type(caught.value).__module__.partition(".")[0] in ("httpx", "httpx2")
    assert not isinstance(caught.value, errors.APIError)
    assert [each.step for each in fake.requests] == [step]
    assert images_in(ask(fake))


def test_a_reset_is_seen_as_one_by_the_system(fake: FakeGemini) -> None:
    fake.script("reset")
    body = json.dumps({"contents": [USER]})
    with socket.create_connection(("127.0.0.1", int(fake.url.rpartition(":")[2])), timeout=60) as connection:
        head = f"POST /v1/models/new-image:generateContent HTTP/1.1\r\nx-goog-api-key: {fake.key}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_slow_answer_meets_the_timeout(fake: FakeGemini) -> None:
    fake.script("slow:60")
    with client_of(fake, timeout_ms=1500) as client, pytest.raises(Exception, match="timed out"):
        client.models.generate_content(model="new-image", contents="a shoe")

    assert len(fake.wait_for(1)) == 1


def test_an_answer_that_drips_outlives_the_sdks_timeout(fake: FakeGemini) -> None:
    fake.script("drip:3")
    began = time.monotonic()
    with client_of(fake, timeout_ms=2000) as client:
        answer = client.models.generate_content(model="new-image", contents="a shoe")

    assert time.monotonic() - began > 2.5
    assert images_in(answer)


def test_a_redirect_names_the_other_address(fake: FakeGemini) -> None:
    with FakeGemini(MODELS) as other:
        fake.script(f"redirect:{other.url}")
        with pytest.raises(errors.APIError) as caught:
            ask(fake)

    assert caught.value.code == 307
    assert caught.value.response.headers[
        "location"
    ] == f"{other.url}/v1/models/new-image:generateContent" or (
        "/v1beta/" in caught.value.response.headers["location"]
    )
    assert other.requests == ()


# --- itself ---------------------------------------------------------------------------------------------
def test_it_listens_on_loopback_alone_and_names_its_place(fake: FakeGemini) -> None:
    assert fake.url.startswith("http://127.0.0.1:")
    assert fake.env == {"GEMINI_API_KEY": fake.key, "MUSAIC_GENERATE__GEMINI__BASE_URL": fake.url}


def test_each_request_is_reported_with_what_it_got() -> None:
    seen: list[Received] = []
    with FakeGemini(MODELS, report=seen.append) as fake:
        fake.script("unavailable")
        with pytest.raises(errors.ServerError):
            ask(fake)
        ask(fake)

    assert [(each.number, each.status, each.step) for each in seen] == [
        (1, 503, "unavailable"),
        (2, 200, "ok"),
    ]


def test_a_long_run_keeps_the_contents_of_the_last_requests_only() -> None:
    with FakeGemini(MODELS, keep_last=2) as fake:
        for number in range(4):
            ask(fake, f"shoe {number}")

    assert [each.prompt for each in fake.requests] == ["", "", "shoe 2", "shoe 3"]
    assert [each.status for each in fake.requests] == [200] * 4


def test_it_ends_while_a_client_keeps_its_connection(fake: FakeGemini) -> None:
    with client_of(fake) as client:
        client.models.generate_content(model="new-image", contents="a shoe")
        closing = threading.Thread(target=fake.close, daemon=True)
        closing.start()
        closing.join(60)

        assert not closing.is_alive()


def test_a_closed_one_can_be_closed_again(fake: FakeGemini) -> None:
    fake.close()
    fake.close()

    with pytest.raises(OSError):
        post(fake, {"contents": [USER]})
