"""Asking the loopback Gemini with Google's own SDK, or with plain HTTP."""

import io
import json
import urllib.error
import urllib.request

from google import genai
from google.genai import types
from PIL import Image

from musaic.generate.testing import FakeGemini
from musaic.schemas import ImageModel

NEW = ImageModel(
    id="new-image",
    engine="gemini",
    references=14,
    sizes=("1K", "2K"),
    ratios=("1:1", "16:9", "9:16"),
    input_types=("image/png", "image/jpeg"),
    tokens_per_reference=500,
    tokens_per_picture={"1K": 1100, "2K": 1700},
    thought_signatures=True,
)
MODELS = {
    "new-image": NEW,
    "small-image": NEW.model_copy(update={"id": "small-image", "sizes": ("1K",), "references": 3}),
    "old-image": NEW.model_copy(
        update={"id": "old-image", "retired_on": "2026-01-15", "successor": "new-image"}
    ),
}


def client_of(
    fake: FakeGemini, *, key: str | None = None, timeout_ms: int = 60_000, **more: object
) -> genai.Client:
    options = types.HttpOptions(
        base_url=fake.url, timeout=timeout_ms, client_args={"follow_redirects": False}
    )
    return genai.Client(api_key=key or fake.key, http_options=options, **more)


def picture_of(colour: str, kind: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(target, kind)
    return target.getvalue()


def config(ratio: str = "1:1", size: str = "1K", **more: object) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"],
        image_config=types.ImageConfig(aspect_ratio=ratio, image_size=size),
        **more,
    )


def ask(
    fake: FakeGemini, prompt: str = "a red shoe", *pictures: bytes, model: str = "new-image", **more: str
) -> types.GenerateContentResponse:
    with client_of(fake) as client:
        parts = [types.Part.from_bytes(data=each, mime_type="image/png") for each in pictures]
        return client.models.generate_content(model=model, contents=[prompt, *parts], config=config(**more))


def images_in(answer: types.GenerateContentResponse) -> list[bytes]:
    parts = answer.parts or []
    return [part.inline_data.data or b"" for part in parts if part.inline_data and not part.thought]


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def post(
    fake: FakeGemini,
    body: object,
    path: str = "/v1/models/new-image:generateContent",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, object]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"x-goog-api-key": fake.key} if headers is None else headers
    request = urllib.request.Request(fake.url + path, data=raw, headers=given)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, json.load(exc)


def error_of(answer: tuple[int, dict[str, object]]) -> tuple[int, str, str]:
    error = answer[1]["error"]
    assert isinstance(error, dict)
    assert error["code"] == answer[0]
    return answer[0], error["status"], error["message"]


USER = {"role": "user", "parts": [{"text": "a red shoe"}]}
