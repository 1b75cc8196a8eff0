"""What an answer of the API means: a picture, a block, words only, or something broken.

The body is read as it came, not as the SDK types it: the SDK drops `finishMessage` on the Developer
API, warns of finish reasons it does not know, and fails as a whole over one broken picture
(google-genai 2.34 and 3.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from musaic.generate.base import Answer, Blocked, Malformed, NoPicture, Pictured
from musaic.generate.gemini.turns import inline_of, label_of, model_turn, unbase64
from musaic.generate.gemini.words import plain
from musaic.schemas import Usage

Json = Mapping[str, JsonValue]

# Words in a finish reason by which a filter is told from a failure, in names yet to come too.
_FILTERS = ("SAFETY", "PROHIBITED", "BLOCKLIST", "SPII", "MODEL_ARMOR", "JAILBREAK")
_ENDED_WELL = ("", "STOP", "FINISH_REASON_UNSPECIFIED")
_MOST_WORDS = 2000
_MOST_LABEL = 100
# Output that is not told apart, and is less than this, holds no picture: the smallest is published at 747 tokens.
_LEAST_PICTURE = 256


def answer_of(body: Json, *, asked: Sequence[JsonValue], came: bytes = b"") -> Answer:
    """Return what a body means.

    Args:
        body: Of a 200 answer; its texts are clean (`clean_json`).
        asked: The turns that were sent.
        came: The same before it was read; it goes into an answer that has not all of its pictures.
    """
    candidate = _leading(body)
    parts = _parts(candidate)
    answer = _pictured(candidate, parts, asked) or _without(body, candidate, parts)
    return replace(
        answer,
        usage=usage_of(body, pictured=bool(_drawn(parts))),
        model_version=_word(body, "modelVersion"),
        response_id=_word(body, "responseId"),
        came=came if _lacks(answer, body) else b"",
    )


def _lacks(answer: Answer, body: Json) -> bool:
    """Return whether a body may hold more pictures than its answer does, interim drafts of a good one aside."""
    listed = body.get("candidates")
    candidates = [_parts(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if isinstance(answer, Pictured):
        final = [parts[place] for parts in candidates for place in _drawn(parts)]
        return sum(not part.get("thought") for part in final) > len(answer.pictures)
    return not isinstance(answer, Blocked) or any(_drawn(parts) for parts in candidates)


def _pictured(candidate: Json, parts: Sequence[Json], asked: Sequence[JsonValue]) -> Answer | None:
    places = _drawn(parts)
    final = [place for place in places if not parts[place].get("thought")]
    if not final and _finish(candidate) in _ENDED_WELL:
        # Some answers mark their only picture as a thought: Lixpi/lixpi#135.
        final = places[-1:]
    if not final:
        return None
    whole = {place: content for place in final if (content := _content(parts[place]))}
    if not whole:
        return Malformed(reason="the picture's base64 is empty or broken")
    turn = model_turn(parts, chosen=max(whole))
    labels = tuple(_label(parts[place]) for place in whole)
    return Pictured(
        pictures=tuple(whole.values()),
        text=_said(parts),
        turns=(*asked, turn),
        labels=labels if any(labels) else (),
    )


def _without(body: Json, candidate: Json, parts: Sequence[Json]) -> Answer:
    feedback = _mapping(body.get("promptFeedback"))
    blocked = _word(feedback, "blockReason")
    if blocked and not parts:
        words = _word(feedback, "blockReasonMessage") or _hint(blocked)
        return Blocked(what="prompt", reason=_reason(blocked, words, feedback))
    finish, said = _finish(candidate), _said(parts)
    if any(word in finish for word in _FILTERS):
        return Blocked(
            what="output", reason=_reason(finish, _word(candidate, "finishMessage") or said, candidate)
        )
    words = said or _word(candidate, "finishMessage") or ""
    if finish in _ENDED_WELL:
        return NoPicture(reason=words or "the answer is empty")
    return NoPicture(reason=_reason(finish, words, candidate))


def _hint(blocked: str) -> str | None:
    return "often one of the reference pictures, not the words" if blocked == "OTHER" else None


def _reason(code: str, words: str | None, rated: Json) -> str:
    """Return a code with what else is known: the categories that were blocked, and words."""
    ratings = rated.get("safetyRatings")
    categories = [
        plain(str(rating.get("category", ""))).removeprefix("HARM_CATEGORY_").lower().replace("_", " ")
        for rating in (ratings if isinstance(ratings, list) else ())
        if isinstance(rating, dict) and rating.get("blocked") is True
    ]
    named = f"{code} ({', '.join(categories)})" if categories else code
    return f"{named}: {words}" if words else named


def _leading(body: Json) -> Json:
    """Return the first candidate with a picture, else the first."""
    listed = body.get("candidates")
    candidates = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    drawn = (one for one in candidates if _drawn(_parts(one)))
    return next(drawn, candidates[0] if candidates else {})


def _parts(candidate: Json) -> list[Json]:
    parts = _mapping(candidate.get("content")).get("parts")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _drawn(parts: Sequence[Json]) -> list[int]:
    return [place for place, part in enumerate(parts) if inline_of(part) is not None]


def _content(part: Json) -> bytes | None:
    inline = inline_of(part)
    return unbase64(inline.get("data")) if inline is not None else None


def _label(part: Json) -> str | None:
    inline = inline_of(part)
    label = label_of(inline) if inline is not None else None
    return " ".join(label.split())[:_MOST_LABEL] or None if label else None


def _said(parts: Sequence[Json]) -> str:
    """Return what the model wrote, without its thoughts."""
    texts = (part["text"] for part in parts if isinstance(part.get("text"), str) and not part.get("thought"))
    return plain("".join(str(text) for text in texts))[:_MOST_WORDS]


def _finish(candidate: Json) -> str:
    return _word(candidate, "finishReason") or ""


def _word(values: Json, name: str) -> str | None:
    value = values.get(name)
    return plain(value)[:_MOST_WORDS] if isinstance(value, str) and value else None


def _mapping(value: JsonValue) -> Json:
    return value if isinstance(value, dict) else {}


def usage_of(body: Json, *, pictured: bool) -> Usage | None:
    """Return the tokens a body reports, by modality; None where it reports none.

    The service leaves out zeros, and at times the details by modality. Input that is not told apart counts as
    text; output counts as picture where one came and none is said to be one, for that costs more.

    Args:
        body: Of an answer.
        pictured: A picture came. Where no token is left that can be its own, `output_image` is None: what it cost
            is not known then.
    """
    counts = _mapping(body.get("usageMetadata"))
    sent, thoughts = _count(counts, "promptTokenCount"), _count(counts, "thoughtsTokenCount")
    made = _count(counts, "candidatesTokenCount")
    if made is None:
        made = _rest(_count(counts, "totalTokenCount"), sent, thoughts)
    if made is None and sent is not None and not pictured:
        made = 0
    asked = _split(sent, _details(counts, "promptTokensDetails"))
    answered = _details(counts, "candidatesTokensDetails")
    words, image = _drawing(made, answered) if pictured else _writing(made, answered)
    if thoughts is not None:
        words = thoughts + (words or 0)
    usage = Usage(input_text=asked[0], input_image=asked[1], output_text=words, output_image=image)
    return usage if usage != Usage() else None


def _rest(total: int | None, sent: int | None, thoughts: int | None) -> int | None:
    return None if total is None or sent is None else max(total - sent - (thoughts or 0), 0)


def _details(counts: Json, name: str) -> dict[str, int]:
    """Return tokens by modality, the names in capitals."""
    listed = counts.get(name)
    found: dict[str, int] = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and (number := _count(one, "tokenCount")) is not None:
            name = str(one.get("modality", "")).upper()
            found[name] = found.get(name, 0) + number
    return found


def _split(total: int | None, details: Mapping[str, int]) -> tuple[int | None, int | None]:
    """Return the tokens of text, with whatever is no picture, and of pictures; None where it is not said."""
    if not details:
        # Nothing at all is no picture either.
        return total, 0 if total == 0 else None
    image = details.get("IMAGE", 0)
    return max((total or 0) - image, _others(details)), image


def _writing(total: int | None, details: Mapping[str, int]) -> tuple[int | None, int | None]:
    """Split the output of an answer without a picture: what is not said to be one is words."""
    words, image = _split(total, details)
    return words, image if image is not None or words is None else 0


def _drawing(total: int | None, details: Mapping[str, int]) -> tuple[int | None, int | None]:
    """Split the output of an answer with a picture: where none is said to be its own, it is what words leave."""
    if details.get("IMAGE"):
        return _split(total, details)
    words = _others(details)
    left = (total or 0) - words
    if left >= _LEAST_PICTURE:
        return words, left
    return _split(total, details)[0], None


def _others(details: Mapping[str, int]) -> int:
    return sum(number for modality, number in details.items() if modality != "IMAGE")


def _count(values: Json, name: str) -> int | None:
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
