"""A request in Google's wire format, read.

Google's JSON takes every key in snake_case or camelCase, also mixed, and both base64 alphabets; SDKs use all of it.
A key that does not exist is refused, as Google does.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from musaic.schemas import Usage

_PATH = re.compile(
    r"/(?P<version>v1|v1beta|v1beta1|v1alpha)/"
    r"(?P<place>models|publishers/google/models|projects/[^/]+/locations/[^/]+/publishers/google/models)/"
    r"(?P<model>[^/:]+):(?P<method>\w+)"
)
# What may stand where. Of what is not listed here (tools, safety settings, ...) the inside is not looked at.
_REQUEST = {"contents", "systemInstruction", "safetySettings", "generationConfig", "tools", "toolConfig"}
_REQUEST |= {"cachedContent", "labels", "model", "modelArmorConfig", "serviceTier", "store"}
_CONTENT = {"role", "parts"}
_PART = {"text", "inlineData", "fileData", "thought", "thoughtSignature", "videoMetadata", "mediaResolution"}
_PART |= {"functionCall", "functionResponse", "executableCode", "codeExecutionResult", "partMetadata"}
_BLOB = {"data", "mimeType", "displayName"}
_CONFIG = {"candidateCount", "seed", "responseModalities", "imageConfig", "thinkingConfig", "temperature"}
_CONFIG |= {"topP", "topK", "maxOutputTokens", "stopSequences", "presencePenalty", "frequencyPenalty"}
_CONFIG |= {"responseMimeType", "responseSchema", "responseJsonSchema", "mediaResolution", "responseLogprobs"}
_CONFIG |= {"logprobs", "speechConfig", "audioTimestamp", "routingConfig", "modelConfig"}
_IMAGE = {"aspectRatio", "imageSize"}
_IMAGE_VERTEX = _IMAGE | {"personGeneration", "prominentPeople", "imageOutputOptions"}
_THINKING = {"includeThoughts", "thinkingLevel", "thinkingBudget"}


class Refusal(Exception):  # noqa: N818  Google's side of it: no error of ours
    """A request that Google would not take."""

    def __init__(
        self, message: str, *, code: int = 400, status: str = "INVALID_ARGUMENT", details: JsonValue = None
    ) -> None:
        self.message, self.code, self.status, self.details = message, code, status, details
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a turn: words, or a picture with its bytes decoded."""

    text: str | None = None
    mime: str | None = None
    content: bytes | None = field(default=None, repr=False)
    signature: bytes | None = field(default=None, repr=False)
    thought: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said."""

    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """What a path asks for."""

    version: str
    model: str
    vertex: bool


@dataclass(frozen=True, slots=True)
class Received:
    """A request, decoded, and what became of it.

    Attributes:
        number: 1 for the first that came.
        path: As it was asked for, without a query.
        method: ``POST``, if all is well.
        model: Id in the path; empty where the path is none of ours.
        version: ``v1``, ``v1beta``, ``v1beta1``; empty likewise.
        vertex: Whether the path is Vertex AI's.
        turns: The conversation; the last one is the new user turn.
        system: Words of the system instruction.
        ratio: As asked for; None where nothing was.
        size: The same.
        modalities: In capitals; empty where nothing was asked for.
        seed: As asked for.
        most_output_tokens: As asked for.
        output_mime: What type the picture shall have; Vertex AI only.
        headers: By name in lower case; without the key.
        body: JSON as it came; None where it was none.
        body_bytes: Length of the body.
        status: HTTP status of the answer; 0 where the connection was broken, None while there is none.
        step: Name of the behaviour; `refused` for a request that Google would not take; empty while there is none.
        message: What a refusal said.
        usage: What the answer reported; None where it reported nothing.
    """

    number: int
    path: str
    method: str = "POST"
    model: str = ""
    version: str = ""
    vertex: bool = False
    turns: tuple[Turn, ...] = ()
    system: str = ""
    ratio: str | None = None
    size: str | None = None
    modalities: tuple[str, ...] = ()
    seed: int | None = None
    most_output_tokens: int | None = None
    output_mime: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: JsonValue = field(default=None, repr=False)
    body_bytes: int = 0
    status: int | None = None
    step: str = ""
    message: str = ""
    usage: Usage | None = None

    @property
    def prompt(self) -> str:
        """The words of the new user turn, one part a line."""
        return "\n".join(part.text for part in self._new if part.text is not None)

    @property
    def images(self) -> tuple[Part, ...]:
        """The pictures of the new user turn, in order."""
        return tuple(part for part in self._new if part.content is not None)

    @property
    def _new(self) -> tuple[Part, ...]:
        return self.turns[-1].parts if self.turns else ()


def parse_address(method: str, path: str) -> Address:
    """Return what a path asks for.

    Raises:
        Refusal: It is no path of this service, or of a method that the fake does not speak.
    """
    found = _PATH.fullmatch(path)
    if found is None or method != "POST":
        raise Refusal(f"Requested entity was not found: {method} {path}", code=404, status="NOT_FOUND")
    vertex = found["place"] != "models"
    if found["method"] != "generateContent":
        raise Refusal(
            f"fake gemini speaks generateContent only, not {found['method']}",
            code=501,
            status="UNIMPLEMENTED",
        )
    return Address(found["version"], found["model"], vertex)


@dataclass(frozen=True, slots=True)
class Asked:
    """The body of a request, decoded."""

    turns: tuple[Turn, ...]
    system: str
    ratio: str | None
    size: str | None
    modalities: tuple[str, ...]
    seed: int | None
    candidates: int
    most_output_tokens: int | None
    output_mime: str | None


def parse_json(raw: bytes) -> JsonValue:
    """Return the JSON of a body.

    Raises:
        Refusal: It is none.
    """
    try:
        body: JsonValue = json.loads(raw)
    except ValueError as exc:
        raise Refusal(f"Invalid JSON payload received. {exc}") from exc
    return body


def parse_body(body: JsonValue, *, vertex: bool) -> Asked:
    """Return what a body asks for.

    Raises:
        Refusal: A key does not exist, or a value is not of its type.
    """
    top = _fields(body, _REQUEST, "")
    config = _fields(top.get("generationConfig", {}), _CONFIG, "generation_config")
    image = _fields(
        config.get("imageConfig", {}),
        _IMAGE_VERTEX if vertex else _IMAGE,
        "generation_config.image_config",
    )
    _fields(config.get("thinkingConfig", {}), _THINKING, "generation_config.thinking_config")
    system = _turn(top["systemInstruction"], "system_instruction") if "systemInstruction" in top else None
    contents = _list(top.get("contents"), "contents")
    return Asked(
        turns=tuple(_turn(each, f"contents[{number}]") for number, each in enumerate(contents)),
        system="\n".join(part.text or "" for part in system.parts) if system else "",
        ratio=_text(image.get("aspectRatio"), "generation_config.image_config.aspect_ratio"),
        size=_text(image.get("imageSize"), "generation_config.image_config.image_size"),
        modalities=_modalities(config.get("responseModalities")),
        seed=_whole(config.get("seed"), "generation_config.seed"),
        candidates=_whole(config.get("candidateCount"), "generation_config.candidate_count") or 1,
        most_output_tokens=_whole(config.get("maxOutputTokens"), "generation_config.max_output_tokens"),
        output_mime=_output_mime(image.get("imageOutputOptions")),
    )


def asked_for(received: Received, asked: Asked) -> Received:
    """Return a request with what its body asks for."""
    return replace(
        received,
        turns=asked.turns,
        system=asked.system,
        ratio=asked.ratio,
        size=asked.size,
        modalities=asked.modalities,
        seed=asked.seed,
        most_output_tokens=asked.most_output_tokens,
        output_mime=asked.output_mime,
    )


def _camel(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def _fields(value: JsonValue, known: set[str], where: str) -> dict[str, JsonValue]:
    """Return an object with its keys in camelCase; every one must be known, and none may come twice."""
    if not isinstance(value, dict):
        raise Refusal(f"Invalid JSON payload received. {where or 'The request'} is no object.")
    found: dict[str, JsonValue] = {}
    for key, inner in value.items():
        name = _camel(key)
        at = f" at '{where}'" if where else ""
        if name not in known:
            raise Refusal(f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')
        if name in found:
            raise Refusal(f'Invalid JSON payload received. "{key}"{at} is there twice, in two spellings.')
        if inner is not None:
            found[name] = inner
    return found


def _turn(value: JsonValue, where: str) -> Turn:
    given = _fields(value, _CONTENT, where)
    parts = _list(given.get("parts"), f"{where}.parts")
    role = _text(given.get("role"), f"{where}.role") or "user"
    return Turn(role, tuple(_part(each, f"{where}.parts[{number}]") for number, each in enumerate(parts)))


def _part(value: JsonValue, where: str) -> Part:
    given = _fields(value, _PART, where)
    signature = _bytes(given.get("thoughtSignature"), f"{where}.thought_signature")
    thought = given.get("thought") is True
    if "inlineData" in given:
        blob = _fields(given["inlineData"], _BLOB, f"{where}.inline_data")
        content = _bytes(blob.get("data"), f"{where}.inline_data.data")
        mime = _text(blob.get("mimeType"), f"{where}.inline_data.mime_type")
        return Part(mime=mime or "", content=content or b"", signature=signature, thought=thought)
    if "text" in given:
        return Part(text=_text(given["text"], f"{where}.text"), signature=signature, thought=thought)
    raise Refusal(
        f"* GenerateContentRequest.{where}.data: required oneof field 'data' must have one initialized field"
    )


def _list(value: JsonValue, where: str) -> list[JsonValue]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise Refusal(f"Invalid value at '{where}': a list is wanted")


def _text(value: JsonValue, where: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Refusal(f"Invalid value at '{where}' (TYPE_STRING), {json.dumps(value)[:100]}")


def _whole(value: JsonValue, where: str) -> int | None:
    if value is None or (
        isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
    ):
        return value
    raise Refusal(f"Invalid value at '{where}' (TYPE_INT32), {json.dumps(value)[:100]}")


def _bytes(value: JsonValue, where: str) -> bytes | None:
    text = _text(value, where)
    if text is None:
        return None
    standard = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refusal(
            f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed for \"{text[:60]}\""
        ) from exc


def _modalities(value: JsonValue) -> tuple[str, ...]:
    names = _list(value, "generation_config.response_modalities")
    for number, name in enumerate(names):
        if name not in ("TEXT", "IMAGE"):
            raise Refusal(
                f"Invalid value at 'generation_config.response_modalities[{number}]', {json.dumps(name)}"
            )
    return tuple(str(name) for name in names)


def _output_mime(value: JsonValue) -> str | None:
    if value is None:
        return None
    where = "generation_config.image_config.image_output_options"
    return _text(
        _fields(value, {"mimeType", "compressionQuality"}, where).get("mimeType"), f"{where}.mime_type"
    )
