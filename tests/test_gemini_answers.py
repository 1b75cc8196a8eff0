"""What the Gemini engine makes of each answer, all of them driven through the SDK; see test_gemini.py for two SDKs."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from musaic.errors import EngineProtocolError, EngineQuotaError
from musaic.generate.base import Answer, Blocked, Malformed, NoPicture, Pictured
from musaic.generate.gemini import GeminiGenerator
from musaic.generate.masking import clean_json
from musaic.generate.tables import load_models
from musaic.plan import cost_usd
from musaic.schemas import Usage
from tests.fakes.gemini import DRAFT, KEY, PNG, ask, body, candidate, error, generator, image, request, text
from tests.fakes.replies import Replies, Reply, running

NANO = load_models({})["gemini-nano-banana-2.1"]
BLOCKED = {"promptFeedback": {"blockReason": "SAFETY"}}


@pytest.fixture(scope="module")
def server() -> Iterator[Replies]:
    with pytest.MonkeyPatch.context() as patch, running() as started:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started


@pytest.fixture(scope="module")
def asking(server: Replies) -> GeminiGenerator:
    return generator(server.url)


def answered(server: Replies, asking: GeminiGenerator, reply: Any) -> Answer:
    server.replies[:] = [reply if isinstance(reply, Reply) else Reply(reply)]
    return ask(asking)


def thought(content: bytes = DRAFT) -> dict[str, Any]:
    return image(content, thought=True)


@pytest.mark.parametrize(
    ("parts", "pictures", "words"),
    [
        ([image()], (PNG,), ""),
        ([text("A watch."), image(), text(" Enjoy.")], (PNG,), "A watch. Enjoy."),
        ([image(b"first"), image(PNG)], (b"first", PNG), ""),
        ([thought(), image(), thought(b"later draft")], (PNG,), ""),
        ([text("planning", thought=True), image()], (PNG,), ""),
        ([thought(b"one"), thought(PNG)], (PNG,), ""),
        ([image("*broken*"), image(PNG)], (PNG,), ""),
        ([image(base64.urlsafe_b64encode(PNG).decode())], (PNG,), ""),
        ([{"inline_data": {"mime_type": "image/png", "data": "AAEC"}}], (b"\0\1\2",), ""),
        ([image(b"no picture at all", mime="text/plain")], (b"no picture at all",), ""),
    ],
    ids=[
        "one",
        "words",
        "two",
        "drafts",
        "thinking",
        "only-thoughts",
        "one-broken",
        "url-safe",
        "snake",
        "mime",
    ],
)
def test_the_last_picture_that_is_no_draft_is_the_result(
    server: Replies, asking: GeminiGenerator, parts: list[Any], pictures: tuple[bytes, ...], words: str
) -> None:
    answer = answered(server, asking, body(candidate(*parts)))

    assert isinstance(answer, Pictured)
    assert (answer.pictures, answer.text) == (pictures, words)
    assert (answer.model_version, answer.response_id) == ("v-7", "r-1")


def test_a_picture_counts_whatever_the_finish_reason(server: Replies, asking: GeminiGenerator) -> None:
    for finish in ("MAX_TOKENS", "IMAGE_SAFETY", "SOMETHING_NEW", None):
        answer = answered(server, asking, body(candidate(image(), finish=finish)))

        assert isinstance(answer, Pictured), finish


def test_a_picture_in_the_second_candidate_is_found(server: Replies, asking: GeminiGenerator) -> None:
    answer = answered(server, asking, body(candidate(text("none here")), candidate(image())))

    assert isinstance(answer, Pictured)
    assert answer.pictures == (PNG,)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (BLOCKED, "SAFETY"),
        (BLOCKED | {"candidates": []}, "SAFETY"),
        (
            {"promptFeedback": {"blockReason": "OTHER"}},
            "OTHER: often one of the reference pictures, not the words",
        ),
        ({"promptFeedback": {"blockReason": "NEW_ONE", "blockReasonMessage": "no"}}, "NEW_ONE: no"),
        (
            {
                "promptFeedback": {
                    "blockReason": "SAFETY",
                    "safetyRatings": [
                        {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "blocked": True},
                        {"category": "HARM_CATEGORY_HARASSMENT"},
                    ],
                }
            },
            "SAFETY (dangerous content)",
        ),
    ],
)
def test_a_blocked_prompt_says_so(server: Replies, asking: GeminiGenerator, reply: Any, reason: str) -> None:
    answer = answered(server, asking, reply)

    assert answer == Blocked(what="prompt", reason=reason)


@pytest.mark.parametrize(
    "finish",
    ["IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "PROHIBITED_CONTENT", "SAFETY", "SPII", "BLOCKLIST", "MODEL_ARMOR",
     "VIDEO_SAFETY_OF_2027"],
)  # fmt: skip
def test_a_blocked_output_says_so_in_the_services_words(
    server: Replies, asking: GeminiGenerator, finish: str
) -> None:
    counted = {"usageMetadata": {"promptTokenCount": 7}}
    answer = answered(server, asking, body(candidate(finish=finish, finishMessage="Not this."), **counted))

    assert isinstance(answer, Blocked)
    assert (answer.what, answer.reason) == ("output", f"{finish}: Not this.")
    assert answer.usage == Usage(input_text=7, output_text=0, output_image=0)


def test_drafts_of_a_blocked_output_are_no_result(server: Replies, asking: GeminiGenerator) -> None:
    answer = answered(server, asking, body(candidate(thought(), finish="IMAGE_SAFETY")))

    assert isinstance(answer, Blocked)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (body(candidate(finish="NO_IMAGE", finishMessage="It made none.")), "NO_IMAGE: It made none."),
        (body(candidate(finish="IMAGE_OTHER")), "IMAGE_OTHER"),
        (body(candidate(finish="IMAGE_RECITATION")), "IMAGE_RECITATION"),
        (body(candidate(finish="A_REASON_OF_2027")), "A_REASON_OF_2027"),
        (body(candidate(text("Which watch?"))), "Which watch?"),
        (body(candidate(text("Which "), text("watch?"))), "Which watch?"),
        (body(candidate(text("hm", thought=True), text("No."))), "No."),
        (body(candidate(text("On the"), finish="MAX_TOKENS")), "MAX_TOKENS: On the"),
        (body(candidate(text("a\x1b[31m\ud800red\x00"))), "a [31m?red"),
        (body(candidate(thought(), finish="NO_IMAGE")), "NO_IMAGE"),
        (body(candidate()), "the answer is empty"),
        (body(candidate(content={"role": "model"})), "the answer is empty"),
        (body(), "the answer is empty"),
        ({}, "the answer is empty"),
        ({"candidates": None, "promptFeedback": []}, "the answer is empty"),
        ({"candidates": [{"content": {"parts": [None, 3, {"text": 4}]}}, "x"]}, "the answer is empty"),
    ],
)
def test_an_answer_without_a_picture_has_its_reason(
    server: Replies, asking: GeminiGenerator, reply: Any, reason: str
) -> None:
    answer = answered(server, asking, reply)

    assert isinstance(answer, NoPicture)
    assert answer.reason == reason


@pytest.mark.parametrize("data", ["*not*base64*", "AAAAA", "AAEC=AAEC", "AA\\nEC", "", "=", "äöü"])
def test_a_picture_in_broken_base64_is_malformed_but_counted(
    server: Replies, asking: GeminiGenerator, data: str
) -> None:
    counted = {"usageMetadata": {"candidatesTokenCount": 1120}}
    answer = answered(server, asking, body(candidate(image(data)), **counted))

    assert isinstance(answer, Malformed)
    assert answer.usage == Usage(output_text=0, output_image=1120)


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"", "its answer is empty"),
        (
            b"<html><head><style>b{}</style></head><body><h1>Sign in</h1></body></html>",
            "begins with 'Sign in'",
        ),
        (b'{"candidates": [{"content": {"par', "begins with"),
        (b"[]", "begins with '[]'"),
        (b"null", "begins with 'null'"),
        (b"\xff\xfe\x00", "begins with"),
        (b"[" * 100_000, "begins with '[[["),
        (b"x" * 100_000, "x…'"),
    ],
    ids=["empty", "page", "cut", "list", "null", "bytes", "deep", "long"],
)
def test_what_is_no_answer_may_have_been_billed(
    server: Replies, asking: GeminiGenerator, content: bytes, begins: str
) -> None:
    with pytest.raises(EngineProtocolError) as caught:
        answered(server, asking, content)

    assert begins in str(caught.value)
    assert len(str(caught.value)) < 300
    assert (caught.value.billed, caught.value.retryable) == ("unknown", False)


def test_an_error_in_an_answer_of_status_200_is_an_error(server: Replies, asking: GeminiGenerator) -> None:
    with pytest.raises(EngineQuotaError) as caught:
        answered(server, asking, error(429, "slow down", "RESOURCE_EXHAUSTED"))

    assert caught.value.limit == "minute"


def split(**counts: int) -> list[dict[str, object]]:
    return [{"modality": name.upper(), "tokenCount": count} for name, count in counts.items()]


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (
            {
                "promptTokenCount": 1180,
                "promptTokensDetails": split(text=60, image=1120),
                "candidatesTokenCount": 1140,
                "candidatesTokensDetails": split(image=1120, text=20),
                "thoughtsTokenCount": 300,
            },
            Usage(input_text=60, input_image=1120, output_text=320, output_image=1120),
        ),
        (
            {"candidatesTokenCount": 1140, "candidatesTokensDetails": split(image=1120)},
            Usage(output_text=20, output_image=1120),
        ),
        ({"candidatesTokensDetails": split(image=1120)}, Usage(output_text=0, output_image=1120)),
        ({"candidatesTokenCount": 1290, "thoughtsTokenCount": 5}, Usage(output_text=5, output_image=1290)),
        (
            {"candidatesTokenCount": 1290, "candidatesTokensDetails": split(text=90)},
            Usage(output_text=90, output_image=1200),
        ),
        (
            {"totalTokenCount": 1500, "promptTokenCount": 200, "thoughtsTokenCount": 180},
            Usage(input_text=200, output_text=180, output_image=1120),
        ),
        (
            {"promptTokenCount": 1200, "promptTokensDetails": split(image=1120, document=30)},
            Usage(input_text=80, input_image=1120),
        ),
        ({"promptTokensDetails": split(text=5)}, Usage(input_text=5, input_image=0)),
        (
            {"promptTokenCount": 9, "promptTokensDetails": [None, {"tokenCount": 1}]},
            Usage(input_text=9, input_image=0),
        ),
        ({"promptTokenCount": 9, "promptTokensDetails": "?"}, Usage(input_text=9)),
        ({"promptTokenCount": "9", "candidatesTokenCount": -4, "thoughtsTokenCount": True}, None),
        # As gemini-nano-banana-2.1 was seen to report: words beside the picture are in the total only.
        (
            {
                "promptTokenCount": 2076,
                "candidatesTokenCount": 1332,
                "totalTokenCount": 3545,
                "promptTokensDetails": split(text=1302, image=774),
                "candidatesTokensDetails": split(image=1120),
                "thoughtsTokenCount": 137,
            },
            Usage(input_text=1302, input_image=774, output_text=349, output_image=1120),
        ),
        (
            {"candidatesTokenCount": 2240, "candidatesTokensDetails": split(image=1120) + split(image=1120)},
            Usage(output_text=0, output_image=2240),
        ),
        ({}, None),
        (None, None),
    ],
)
def test_usage_is_read_by_modality(
    server: Replies, asking: GeminiGenerator, counts: object, usage: Usage | None
) -> None:
    answer = answered(server, asking, body(candidate(image()), usageMetadata=counts))

    assert answer.usage == usage


@pytest.mark.parametrize(
    "counts",
    [
        {"thoughtsTokenCount": 50},
        {"thoughtsTokenCount": 50, "totalTokenCount": 150},
        {"candidatesTokenCount": 0},
        {"candidatesTokenCount": 0, "candidatesTokensDetails": split(image=0)},
        {"totalTokenCount": 100},
        {"candidatesTokenCount": 30},
        {"candidatesTokensDetails": split(text=30)},
        {"candidatesTokenCount": 30, "candidatesTokensDetails": split(text=30)},
        {"candidatesTokenCount": 1200, "candidatesTokensDetails": split(text=1200)},
    ],
)
@pytest.mark.parametrize("content", [PNG, "*broken*"], ids=["picture", "broken"])
def test_a_picture_that_is_not_counted_has_no_known_cost(
    server: Replies, asking: GeminiGenerator, counts: dict[str, Any], content: bytes | str
) -> None:
    told = {"promptTokenCount": 100, **counts}
    answer = answered(server, asking, body(candidate(image(content)), usageMetadata=told))

    assert isinstance(answer, Pictured if content == PNG else Malformed)
    assert answer.usage is not None
    assert (answer.usage.input_text, answer.usage.output_image) == (100, None)
    assert cost_usd(NANO, answer.usage, size="1K") is None


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"promptTokenCount": 9}, Usage(input_text=9, output_text=0, output_image=0)),
        (
            {"promptTokenCount": 9, "thoughtsTokenCount": 1300},
            Usage(input_text=9, output_text=1300, output_image=0),
        ),
        (
            {"promptTokenCount": 9, "candidatesTokenCount": 12, "candidatesTokensDetails": split(text=12)},
            Usage(input_text=9, output_text=12, output_image=0),
        ),
        ({"candidatesTokenCount": 12}, Usage(output_text=12, output_image=0)),
    ],
)
def test_an_answer_without_a_picture_reports_no_tokens_of_one(
    server: Replies, asking: GeminiGenerator, counts: object, usage: Usage
) -> None:
    answer = answered(server, asking, body(candidate(text("no")), usageMetadata=counts))

    assert answer.usage == usage


def _spellings() -> list[str]:
    coded = base64.b64encode(f"my key is {KEY}, is it not?".encode()).decode()
    return [KEY, quote(KEY, safe=""), coded, coded.replace("+", "-").replace("/", "_")]


@pytest.mark.parametrize("spelling", _spellings())
def test_a_key_that_the_model_repeats_is_in_no_part_of_the_answer(
    server: Replies, asking: GeminiGenerator, spelling: str
) -> None:
    said = f"Your key is {spelling}."
    parts = [text(said, thoughtSignature=spelling), text(said, thought=True), image(mime=f"image/{spelling}")]
    answers = [
        answered(server, asking, body(candidate(*parts), modelVersion=said, responseId=said)),
        answered(server, asking, body(candidate(text(said)))),
        answered(server, asking, body(candidate(finish="IMAGE_SAFETY", finishMessage=said))),
        answered(server, asking, body(candidate(finish=f"NEW_{spelling}"))),
        answered(server, asking, {"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": said}}),
    ]

    own = spelling if spelling.startswith("AIza") else spelling[16:-20]
    assert all(own not in repr((one, getattr(one, "turns", ()))) for one in answers)
    assert isinstance(answers[0], Pictured)
    assert "***" in answers[0].text
    assert answers[0].pictures == (PNG,)
    with pytest.raises(EngineProtocolError) as raised:
        answered(server, asking, Reply(said.encode()))
    assert own not in str(raised.value)


ODD = "a\ud83d\x00b\x1b[2J\tc\n\udc4d\x7f\uffff"
CLEAN = "a? b [2J\tc\n? ?"


def test_odd_letters_are_in_no_part_of_the_answer(server: Replies, asking: GeminiGenerator) -> None:
    signature = base64.b64encode(b"signed").decode()
    rated = {"safetyRatings": [{"category": ODD, "blocked": True}]}
    parts = [text(ODD, thoughtSignature=signature), image(mime=f"image/{ODD}", thoughtSignature=signature)]
    answers = [
        answered(server, asking, body(candidate(*parts), modelVersion=ODD, responseId=ODD)),
        answered(server, asking, body(candidate(text(ODD)), modelVersion=ODD)),
        answered(server, asking, body(candidate(finish=f"IMAGE_SAFETY{ODD}", finishMessage=ODD, **rated))),
        answered(server, asking, body(candidate(finish=f"NEW_{ODD}", **rated))),
        answered(
            server, asking, {"promptFeedback": {"blockReason": ODD, "blockReasonMessage": ODD, **rated}}
        ),
    ]

    for one in answers:
        for said in (
            one.model_version,
            one.response_id,
            getattr(one, "reason", ""),
            getattr(one, "text", ""),
        ):
            assert (said or "").encode().decode() == (said or "")
            assert all(letter.isprintable() or letter in "\n\t" for letter in said or "")
    (pictured, *_) = answers
    assert isinstance(pictured, Pictured)
    assert (pictured.text, pictured.model_version) == (CLEAN, CLEAN)
    assert pictured.turns[-1] == {
        "role": "model",
        "parts": [
            {"text": CLEAN, "thoughtSignature": signature},
            {
                "inlineData": {"mimeType": f"image/{CLEAN}", "data": base64.b64encode(PNG).decode()},
                "thoughtSignature": signature,
            },
        ],
    }
    assert pictured.labels == ("image/a? b [2J c ? ?",)
    json.dumps(pictured.turns, ensure_ascii=False).encode()


def test_a_conversation_with_odd_letters_can_be_gone_on_with(
    server: Replies, asking: GeminiGenerator
) -> None:
    first = answered(server, asking, body(candidate(text(ODD), image())))
    assert isinstance(first, Pictured)

    kept_before = ({"role": "user", "parts": [{"text": "a \ud83d watch"}]}, first.turns[-1])
    for turns in (first.turns, kept_before):
        server.replies[:] = [Reply(body(candidate(image())))]
        assert isinstance(ask(asking, request("larger", turns=turns)), Pictured)
    assert server.seen[-1].body["contents"][0]["parts"] == [{"text": "a ? watch"}]


def test_pictures_are_neither_copied_nor_looked_through() -> None:
    letters = "iVBOR" * 1000
    cleaned = clean_json(
        {"parts": [{"inlineData": {"data": letters, "x\x00": ODD}}]}, KEY, but=frozenset({"data"})
    )

    inline = cleaned["parts"][0]["inlineData"]  # type: ignore[index, call-overload]
    assert inline["data"] is letters  # type: ignore[index, call-overload]
    assert inline["x "] == CLEAN  # type: ignore[index, call-overload]


def test_a_picture_that_is_no_text_at_all_is_malformed(server: Replies, asking: GeminiGenerator) -> None:
    answer = answered(server, asking, body(candidate(image("iVBOR\ud83d\x00"))))

    assert isinstance(answer, Malformed)


@pytest.mark.parametrize(
    ("parts", "labels"),
    [
        ([image(mime="image/jpeg")], ("image/jpeg",)),
        (
            [image(b"one", mime="image/webp"), text("and"), image(b"two"), image(mime="image/jpeg")],
            ("image/webp", "image/png", "image/jpeg"),
        ),
        ([image("*broken*", mime="image/gif"), image(mime="image/jpeg")], ("image/jpeg",)),
        ([thought(), image(mime="image/jpeg")], ("image/jpeg",)),
        ([{"inline_data": {"mime_type": "image/webp", "data": "AAEC"}}], ("image/webp",)),
        ([{"inlineData": {"data": "AAEC"}}, image(mime="image/jpeg")], (None, "image/jpeg")),
        ([{"inlineData": {"data": "AAEC"}}], ()),
        ([image(mime="")], ()),
    ],
)
def test_each_picture_has_the_label_that_the_service_gave_it(
    server: Replies, asking: GeminiGenerator, parts: list[Any], labels: tuple[str | None, ...]
) -> None:
    answer = answered(server, asking, body(candidate(*parts)))

    assert isinstance(answer, Pictured)
    assert answer.labels == labels
