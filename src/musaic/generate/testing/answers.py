"""The bodies of the loopback Gemini with status 200: good ones and all the others."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from musaic.generate.testing.behaviours import Behaviour, Step
from musaic.generate.testing.failures import HTML_TYPE, Reply, failure
from musaic.generate.testing.pictures import Question, content_for, draft_for
from musaic.generate.testing.refusals import sign
from musaic.schemas import Usage

_PAGE = "<!DOCTYPE html><html><title>Sign in</title><p>Please sign in to this network.</html>"
# What a model that thinks writes to itself; of the order that the service reports for a picture.
_THINKING_TOKENS = 95
# What the service counts for a picture, going in or coming out at 1K, where the table does not say.
_PICTURE_TOKENS = 1120
_REASONS: dict[Behaviour, str] = {
    "recitation": "IMAGE_RECITATION",
    "no_image": "NO_IMAGE",
    "image_other": "IMAGE_OTHER",
    "new_reason": "IMAGE_FROM_TOMORROW",
}
# Half of a letter, as a service leaves it that cuts a text in the middle of one; and what steers a terminal.
_ODD_LETTERS = "\ud83d\x00\x1b[2J\udc4d"
_TEXT_ONLY = "Which of the two watches shall he wear? Please tell me more."


@dataclass(frozen=True, slots=True)
class _Counted:
    """Tokens of an answer."""

    input_text: int
    input_image: int
    text: int
    image: int
    thinking: int


def answer(step: Step, question: Question) -> Reply:
    """Return what a step answers.

    Steps that treat the connection badly (`reset`, `slow`, ...) answer as `ok` does: the rest is the server's part.
    """
    failed = failure(step, question.model.id)
    if failed is not None:
        return failed
    match step.behaviour:
        case "empty_object":
            return Reply(200, b"{}")
        case "empty_body":
            return Reply(200, b"")
        case "html":
            return Reply(200, _PAGE.encode(), HTML_TYPE)
        case "cut_json":
            whole = _pictured(step, question)
            return Reply(200, whole.body[: len(whole.body) // 2])
        case _:
            return _unpictured(step, question) or _pictured(step, question)


def _unpictured(step: Step, question: Question) -> Reply | None:
    match step.behaviour:
        case "prompt_blocked":
            blocked: dict[str, JsonValue] = {"promptFeedback": {"blockReason": step.value}}
            return _reply(question, blocked, _count(question, thinking=0))
        case "empty_candidates":
            return _reply(question, {"candidates": []}, _count(question, thinking=0))
        case "output_blocked" | "recitation" | "no_image" | "image_other" | "new_reason":
            reason = _REASONS.get(step.behaviour, step.value)
            return _reply(question, _ended(reason), _count(question))
        case "text_only":
            return _reply(question, _said([_words(_TEXT_ONLY)]), _count(question, text=_TEXT_ONLY))
        case _:
            return None


def _pictured(step: Step, question: Question) -> Reply:
    modalities = question.received.modalities or ("TEXT", "IMAGE")
    if "IMAGE" not in modalities:
        return _reply(question, _said([_words(_TEXT_ONLY)]), _count(question, text=_TEXT_ONLY))
    words = f"Here is your picture: {question.received.prompt[-80:]}" if "TEXT" in modalities else ""
    counted = _count(question, text=words, pictures=2 if step.behaviour == "two_images" else 1)
    most = question.received.most_output_tokens
    if most is not None and most < counted.text + counted.image + counted.thinking:
        return _reply(question, _ended("MAX_TOKENS"), _count(question, thinking=min(most, _THINKING_TOKENS)))
    words += _ODD_LETTERS if step.behaviour == "odd_letters" else ""
    parts = [*([_words(words)] if words else []), *_picture_parts(step.behaviour, question)]
    return _reply(question, _said(parts), counted, behaviour=step.behaviour)


def _picture_parts(behaviour: Behaviour, question: Question) -> list[JsonValue]:
    content, mime = content_for(behaviour, question)
    match behaviour:
        case "two_images":
            return [_image(draft_for(question, "an earlier try"), "image/png"), _image(content, mime)]
        case "with_thought":
            return [
                _image(draft_for(question, "a thought"), "image/png", thought=True),
                _image(content, mime),
            ]
        case "only_thought":
            return [_image(content, mime, thought=True)]
        case "bad_base64":
            return [{"inlineData": {"mimeType": mime, "data": "iVBORw0KGgo*!no base64!*"}}]
        case "by_address":
            address: JsonValue = {"mimeType": mime, "fileUri": "http://127.0.0.1:9/files/made"}
            return [{"fileData": address}]
        case "wrong_type":
            return [_image(content, "text/plain")]
        case _:
            part = _image(content, mime)
            return [part | {"inlineData": {"mimeType": mime, "data": _spelled(behaviour, content, mime)}}]


def _spelled(behaviour: Behaviour, content: bytes, mime: str) -> str:
    """Return the base64 of a picture as a behaviour writes it."""
    letters = base64.b64encode(content).decode()
    match behaviour:
        case "unpadded":
            return letters.rstrip("=")
        case "url_safe":
            return base64.urlsafe_b64encode(content).decode().rstrip("=")
        case "wrapped":
            return base64.encodebytes(content).decode()
        case "data_address":
            return f"data:{mime};base64,{letters}"
        case "cut_base64":
            # One letter more than whole bytes take stands for nothing.
            return letters[: len(letters) // 8 * 4 + 1]
        case _:
            return letters


def _words(text: str) -> JsonValue:
    return {"text": text}


def _image(content: bytes, mime: str, *, thought: bool = False) -> dict[str, JsonValue]:
    inline: dict[str, JsonValue] = {"mimeType": mime, "data": base64.b64encode(content).decode()}
    part: dict[str, JsonValue] = {
        "inlineData": inline,
        "thoughtSignature": base64.b64encode(sign(content)).decode(),
    }
    return {**part, "thought": True} if thought else part


def _said(parts: Sequence[JsonValue]) -> dict[str, JsonValue]:
    content: dict[str, JsonValue] = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"index": 0, "content": content, "finishReason": "STOP"}]}


def _ended(reason: str) -> dict[str, JsonValue]:
    message = (
        "Unable to show the generated image." if reason != "MAX_TOKENS" else "The limit of tokens was met."
    )
    return {"candidates": [{"index": 0, "finishReason": reason, "finishMessage": message}]}


def _count(
    question: Question, *, text: str = "", pictures: int = 0, thinking: int = _THINKING_TOKENS
) -> _Counted:
    """Count the tokens as the model's table has them, words at four bytes a token."""
    received, model = question.received, question.model
    parts = [part for turn in received.turns for part in turn.parts]
    images = sum(part.content is not None for part in parts)
    per_image = model.tokens_per_reference if model.tokens_per_reference is not None else _PICTURE_TOKENS
    said = received.system + "".join(part.text or "" for part in parts)
    made = model.tokens_per_picture.get(question.size, _PICTURE_TOKENS)
    return _Counted(_tokens(said), images * per_image, _tokens(text), pictures * made, thinking)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // 4)


def _reply(
    question: Question,
    body: dict[str, JsonValue],
    counted: _Counted,
    *,
    behaviour: Behaviour = "ok",
) -> Reply:
    whole = dict(body)
    if behaviour != "no_usage":
        whole["usageMetadata"] = _metadata(counted, behaviour)
    odd = _ODD_LETTERS if behaviour == "odd_letters" else ""
    whole["modelVersion"] = question.model.id + odd
    name = f"{question.received.number} {question.received.prompt} {question.take}"
    whole["responseId"] = "fake-" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16] + odd
    short = behaviour == "short_usage"
    usage = Usage(
        input_text=counted.input_text,
        input_image=counted.input_image,
        output_text=counted.thinking + (0 if short else counted.text),
        output_image=None if short else counted.image,
    )
    return Reply(200, json.dumps(whole).encode(), usage=None if behaviour == "no_usage" else usage)


def _metadata(counted: _Counted, behaviour: Behaviour) -> JsonValue:
    prompt, made = counted.input_text + counted.input_image, counted.text + counted.image
    sent: dict[str, JsonValue] = {
        "promptTokenCount": prompt,
        "thoughtsTokenCount": counted.thinking,
        "promptTokensDetails": _by_modality([("TEXT", counted.input_text), ("IMAGE", counted.input_image)]),
    }
    if behaviour == "short_usage":
        return sent
    candidates = [("TEXT", 0 if behaviour == "sparse_usage" else counted.text), ("IMAGE", counted.image)]
    return sent | {
        "candidatesTokenCount": made,
        "totalTokenCount": prompt + made + counted.thinking,
        "candidatesTokensDetails": _by_modality(candidates),
    }


def _by_modality(counts: Sequence[tuple[str, int]]) -> JsonValue:
    return [{"modality": modality, "tokenCount": count} for modality, count in counts if count]
