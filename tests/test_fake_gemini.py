import asyncio
import base64
import io
import json
from collections.abc import Iterator

import pytest
from google.genai import errors, types
from PIL import Image

from musaic.generate.testing import FakeGemini
from tests.fakes.asking import (
    MODELS,
    USER,
    ask,
    client_of,
    config,
    error_of,
    images_in,
    opened,
    picture_of,
    post,
)


@pytest.fixture(autouse=True)
def alone_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def fake() -> Iterator[FakeGemini]:
    with FakeGemini(MODELS) as running:
        yield running


# --- good answers ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("ratio", "size", "px"),
    [
        ("1:1", "1K", (1024, 1024)),
        ("16:9", "1K", (1376, 768)),
        ("9:16", "1K", (768, 1376)),
        ("1:1", "2K", (2048, 2048)),
    ],
)
def test_the_picture_has_the_pixels_of_its_ratio_and_size(
    fake: FakeGemini, ratio: str, size: str, px: tuple[int, int]
) -> None:
    (content,) = images_in(ask(fake, ratio=ratio, size=size))

    assert (opened(content).format, opened(content).size) == ("PNG", px)


def test_an_answer_that_lost_its_ratio_is_square(fake: FakeGemini) -> None:
    with client_of(fake) as client:
        answer = client.models.generate_content(model="new-image", contents="a shoe")

    assert opened(images_in(answer)[0]).size == (1024, 1024)


def test_the_references_are_seen_in_the_picture(fake: FakeGemini) -> None:
    (content,) = images_in(ask(fake, "shoes", picture_of("#ff0000"), picture_of("#00ff00")))

    colours = {colour: count for count, colour in opened(content).convert("RGB").getcolors(1 << 24)}
    assert colours[(255, 0, 0)] > 10_000
    assert colours[(0, 255, 0)] > 10_000


def test_pictures_are_the_same_in_every_run_and_differ_by_prompt_and_by_take() -> None:
    runs = []
    for _ in range(2):
        with FakeGemini(MODELS) as fake:
            runs.append([images_in(ask(fake, words))[0] for words in ("a shoe", "a hat", "a shoe")])

    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


def test_a_seed_gives_the_same_picture_again_and_another_seed_another(fake: FakeGemini) -> None:
    with client_of(fake) as client:
        made = [
            images_in(
                client.models.generate_content(model="new-image", contents="a shoe", config=config(seed=seed))
            )[0]
            for seed in (7, 7, 8)
        ]

    assert made[0] == made[1] != made[2]


def test_the_usage_follows_from_the_table(fake: FakeGemini) -> None:
    answer = ask(fake, "x" * 40, picture_of("red"), picture_of("blue"), size="2K")

    said, usage = answer.usage_metadata, fake.requests[0].usage
    assert said is not None
    assert usage is not None
    assert {each.modality.value: each.token_count for each in said.prompt_tokens_details or []} == {
        "TEXT": 10,
        "IMAGE": 1000,
    }
    made = {each.modality.value: each.token_count for each in said.candidates_tokens_details or []}
    assert made["IMAGE"] == usage.output_image == 1700
    assert made["TEXT"] + (said.thoughts_token_count or 0) == usage.output_text
    assert (said.prompt_token_count, said.candidates_token_count) == (1010, sum(made.values()))
    assert said.total_token_count == 1010 + sum(made.values()) + (said.thoughts_token_count or 0)
    assert (usage.input_text, usage.input_image) == (10, 1000)


def test_the_answer_names_its_model_and_itself(fake: FakeGemini) -> None:
    first, second = ask(fake), ask(fake)

    assert first.model_version == "new-image"
    assert first.response_id
    assert first.response_id != second.response_id


@pytest.mark.parametrize("text", ["ein Schuh", "红色的鞋", "word " * 800, "x" * 3000, ""])
def test_any_words_can_be_drawn(fake: FakeGemini, text: str) -> None:
    status, _ = post(fake, {"contents": [{"parts": [{"text": text}]}]})

    assert status == 200


async def _ask_at_once(fake: FakeGemini, count: int) -> list[types.GenerateContentResponse]:
    async with client_of(fake).aio as client:
        calls = (
            client.models.generate_content(model="new-image", contents=f"shoe {number}", config=config())
            for number in range(count)
        )
        return await asyncio.gather(*calls)


def test_many_at_once_are_all_answered_and_kept(fake: FakeGemini) -> None:
    answers = asyncio.run(_ask_at_once(fake, 6))

    assert len({images_in(answer)[0] for answer in answers}) == 6
    assert [each.number for each in fake.requests] == [1, 2, 3, 4, 5, 6]
    assert {each.prompt for each in fake.requests} == {f"shoe {number}" for number in range(6)}


def test_a_request_is_kept_decoded_and_without_its_key(fake: FakeGemini) -> None:
    red = picture_of("red")
    ask(fake, "a shoe", red, ratio="16:9")

    (kept,) = fake.requests
    assert (kept.model, kept.ratio, kept.size, kept.prompt) == ("new-image", "16:9", "1K", "a shoe")
    assert [part.content for part in kept.images] == [red]
    assert (kept.status, kept.step, kept.modalities) == (200, "ok", ("TEXT", "IMAGE"))
    assert kept.headers["user-agent"].startswith("google-genai-sdk/")
    assert fake.key not in repr(kept) + json.dumps(dict(kept.headers)) + json.dumps(kept.body)


# --- the wire -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/new-image:generateContent",
        "/v1beta/models/new-image:generateContent",
        "/v1beta1/publishers/google/models/new-image:generateContent",
        "/v1beta1/projects/shop/locations/global/publishers/google/models/new-image:generateContent",
    ],
)
def test_every_path_of_google_is_known(fake: FakeGemini, path: str) -> None:
    status, _ = post(fake, {"contents": [USER]}, path)

    assert (status, fake.requests[0].vertex) == (200, "publishers" in path)


def test_the_sdk_reaches_it_as_vertex_ai(fake: FakeGemini) -> None:
    with client_of(fake, vertexai=True) as client:
        image = types.ImageConfig(aspect_ratio="1:1", output_mime_type="image/jpeg")
        answer = client.models.generate_content(
            model="new-image", contents="a shoe", config=types.GenerateContentConfig(image_config=image)
        )

    assert opened(images_in(answer)[0]).format == "JPEG"
    assert fake.requests[0].vertex


@pytest.mark.parametrize(
    ("inline", "mime"),
    [("inlineData", "mimeType"), ("inline_data", "mime_type"), ("inlineData", "mime_type")],
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_spellings_and_both_alphabets_are_taken(
    fake: FakeGemini, inline: str, mime: str, encode: object
) -> None:
    content = next(each for each in map(_noisy, range(50)) if b"/" in base64.b64encode(each))
    text = encode(content).decode().rstrip("=")  # type: ignore[operator]
    turn = {"parts": [{"text": "a shoe"}, {inline: {mime: "image/png", "data": text}}]}

    status, _ = post(
        fake, {"contents": [turn], "generation_config": {"image_config": {"aspect_ratio": "16:9"}}}
    )

    assert status == 200
    assert fake.requests[0].images[0].content == content
    assert fake.requests[0].ratio == "16:9"


def _noisy(seed: int) -> bytes:
    target = io.BytesIO()
    Image.effect_noise((16 + seed, 16), 90).save(target, "PNG")
    return target.getvalue()


# --- what is refused ------------------------------------------------------------------------------------
def test_a_wrong_key_is_refused_in_googles_words(fake: FakeGemini) -> None:
    with client_of(fake, key="another-key") as client, pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model="new-image", contents="a shoe")

    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert caught.value.message == "API key not valid. Please pass a valid API key."
    (info, _) = caught.value.details["error"]["details"]
    assert info["reason"] == "API_KEY_INVALID"
    assert "another-key" not in repr(fake.requests)


def test_no_key_and_a_wrong_token_are_refused_each_in_its_way(fake: FakeGemini) -> None:
    assert error_of(post(fake, {"contents": [USER]}, headers={}))[:2] == (403, "PERMISSION_DENIED")
    token = {"Authorization": "Bearer nobody"}
    assert error_of(post(fake, {"contents": [USER]}, headers=token))[:2] == (401, "UNAUTHENTICATED")
    assert post(fake, {"contents": [USER]}, headers={"Authorization": f"Bearer {fake.key}"})[0] == 200


def body_with(**settings: object) -> dict[str, object]:
    return {"contents": [USER], "generationConfig": settings}


def with_parts(*parts: object, role: str = "user") -> dict[str, object]:
    return {"contents": [{"role": role, "parts": list(parts)}]}


def inline(content: bytes, mime: str = "image/png") -> dict[str, object]:
    return {"inlineData": {"mimeType": mime, "data": base64.b64encode(content).decode()}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (body_with(imageConfig={"aspectRatio": "7:5"}), "aspect_ratio must be one of '1:1', '16:9', '9:16'"),
        (body_with(imageConfig={"imageSize": "2k"}), "image_size must be one of '1K', '2K'"),
        (body_with(imageConfig={"personGeneration": "ALLOW_ALL"}), 'Unknown name "personGeneration"'),
        (body_with(candidateCount=2), "Multiple candidates is not enabled"),
        (body_with(maxOutputTokens=70_000), "maxOutputTokens value of 70000"),
        (body_with(responseModalities=["PICTURE"]), "response_modalities[0]"),
        (body_with(aspectRatio="1:1"), 'Unknown name "aspectRatio" at \'generation_config\''),
        (body_with(seed="seven"), "generation_config.seed"),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [USER], "content": []}, 'Unknown name "content"'),
        (with_parts(), "at least one parts field"),
        (with_parts({"text": "a"}, role="assistant"), "valid role: user, model"),
        (with_parts({"text": "a"}, role="model"), "last turn"),
        (with_parts({"thought": True}), "one initialized field"),
        (with_parts({"inlineData": {"mimeType": "image/png", "data": "no base64!"}}), "Base64 decoding failed"),
        (with_parts(inline(b"GIF89a", "image/gif")), "Unsupported MIME type: image/gif"),
        (with_parts(inline(b"no picture at all")), "Unable to process input image"),
        ({"contents": [{"parts": [{"inlineData": {}, "inline_data": {}}]}]}, "two spellings"),
        (["no object"], "no object"),
        (b'{"contents": [', "Invalid JSON payload received"),
    ],
)  # fmt: skip
def test_a_request_that_google_would_not_take_is_refused(fake: FakeGemini, body: object, words: str) -> None:
    code, status, message = error_of(post(fake, body))

    assert (code, status) == (400, "INVALID_ARGUMENT")
    assert words in message
    assert (fake.requests[0].step, fake.requests[0].message) == ("refused", message)


def test_sizes_and_numbers_of_images_are_each_models_own(fake: FakeGemini) -> None:
    red = picture_of("red")
    with pytest.raises(errors.ClientError, match="image_size must be one of '1K'"):
        ask(fake, model="small-image", size="2K")
    with pytest.raises(errors.ClientError, match="4 images in one turn; small-image takes at most 3"):
        ask(fake, "shoes", *[red] * 4, model="small-image")
    with pytest.raises(errors.ClientError, match="15 images"):
        ask(fake, "shoes", *[red] * 15)
    assert images_in(ask(fake, "shoes", *[red] * 14))
    assert images_in(ask(fake, "shoes", *[red] * 3, model="small-image"))


@pytest.mark.parametrize(
    ("model", "words"), [("old-image", "no longer available"), ("no-image", "is not found")]
)
def test_a_retired_and_an_unknown_model_are_not_found(fake: FakeGemini, model: str, words: str) -> None:
    with pytest.raises(errors.ClientError, match=words) as caught:
        ask(fake, model=model)

    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_a_body_beyond_the_limit_is_refused_and_read_to_its_end() -> None:
    with FakeGemini(MODELS, most_body_bytes=10_000) as fake:
        code, _, message = error_of(post(fake, body_with(stopSequences=["x" * 2_000_000])))

    assert (code, message) == (413, "Request payload size exceeds the limit: 10000 bytes.")


def test_other_methods_are_told_apart(fake: FakeGemini) -> None:
    stream = error_of(post(fake, {}, "/v1/models/new-image:streamGenerateContent"))

    assert stream[:2] == (501, "UNIMPLEMENTED")
    assert error_of(post(fake, {}, "/v1/images/edits"))[:2] == (404, "NOT_FOUND")


# --- further turns --------------------------------------------------------------------------------------
def second_turn(first: types.GenerateContentResponse, **changed: object) -> list[types.Content]:
    assert first.candidates
    said = first.candidates[0].content
    assert said is not None
    assert said.parts
    kept = [part.model_copy(update=changed if part.inline_data else {}) for part in said.parts]
    user = types.Content(role="user", parts=[types.Part(text="a red shoe")])
    wish = types.Content(role="user", parts=[types.Part(text="make the sole larger")])
    return [user, types.Content(role="model", parts=kept), wish]


def go_on(fake: FakeGemini, turns: list[types.Content]) -> types.GenerateContentResponse:
    with client_of(fake) as client:
        return client.models.generate_content(model="new-image", contents=list(turns), config=config())


def test_a_second_turn_with_its_signatures_goes_on_from_the_picture(fake: FakeGemini) -> None:
    first = ask(fake)
    second = go_on(fake, second_turn(first))

    assert images_in(second)[0] != images_in(first)[0]
    assert fake.requests[1].prompt == "make the sole larger"
    assert fake.requests[1].turns[1].parts[1].content == images_in(first)[0]
    usage = fake.requests[1].usage
    assert usage is not None
    assert usage.input_image == 500


def test_a_second_turn_without_its_signature_is_refused(fake: FakeGemini) -> None:
    with pytest.raises(
        errors.ClientError,
        match="Image part is missing a thought_signature in content position 2, part position 2",
    ):
        go_on(fake, second_turn(ask(fake), thought_signature=None))


def test_a_second_turn_with_another_picture_or_signature_is_refused(fake: FakeGemini) -> None:
    other = types.Blob(data=picture_of("blue"), mime_type="image/png")
    with pytest.raises(errors.ClientError, match="Corrupted thought signature"):
        go_on(fake, second_turn(ask(fake), inline_data=other))
    with pytest.raises(errors.ClientError, match="Corrupted thought signature"):
        go_on(fake, second_turn(ask(fake), thought_signature=b"mine"))


def test_ten_turns_are_one_conversation(fake: FakeGemini) -> None:
    with client_of(fake) as client:
        chat = client.chats.create(model="new-image", config=config())
        made = [images_in(chat.send_message(f"change {number}"))[0] for number in range(10)]

    assert len(set(made)) == 10
    assert len(fake.requests[-1].turns) == 19
