"""From a brief to a plan: references in order, prompts in full, one shot a picture, and what it can cost at most.

Pure: nothing here opens a file or a connection. The recipe and the row of the image model are handed in.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import get_args

from musaic.errors import PlanError
from musaic.schemas import Brief, ImageModel, Plan, Recipe, Reference, Role, Shot, Usage

MOST_SHOTS = 200
"""More pictures than this at once are a slip of the keyboard, or want to be asked for in parts."""
MOST_PROMPT = 30_000
"""Characters of a prompt; the shortest limit of the services is 32,000."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_IMAGES = {f"{role}_images": role for role in get_args(Role)}
_RESERVED = {"prompt", "references", "ratio", "number"} | set(_IMAGES)
_SPELLINGS = {"color": "colour"}
_MICRO = Decimal("0.000001")
_MOST_TOKENS = 10_000_000
# So many times its bound a call cannot have cost: the report is wrong then, not the price.
_MOST_TIMES = 100
# What an engine may put around the words of a prompt: the names of turns, a line on what to answer with.
_FRAME_BYTES = 512
# The line before a reference: "Image 14 — role: accessory — asset " and an id, of which 32 digits are usual.
_LINE_BYTES = 128


def make_plan(brief: Brief, *, recipe: Recipe, model: ImageModel, text: str = "", pictures: int = 0) -> Plan:
    """Return what will be sent for a brief: one shot for each word of the grid, variant and ratio.

    Args:
        brief: References in the order in which they are numbered; one that is given twice in one role is sent once.
        recipe: Its pattern takes the prompt, which stands in it word for word.
        model: Its limits hold; a row without sizes or ratios is one that nothing is known of, and checks nothing.
        text: Words that go along besides, as of an earlier conversation; they count for the cost bound.
        pictures: How many pictures go along in that conversation; they count for the cost bound.

    Raises:
        PlanError: A role that the recipe needs is missing, there are too many references, the model does not have
            the ratio or size, or there would be too many shots or words.
    """
    references, dropped = _numbered(brief.references)
    ratios, size = _ratios(brief.ratios, model), _size(brief.size, model)
    _check_roles(references, recipe, most=model.references)
    _check_limits(references, model, ratios=ratios)
    asked, most = brief.variants, model.variants or brief.variants
    brief = brief.model_copy(update={"variants": min(asked, most)})
    grid = _grid(brief, ratios)
    words = _Words(brief.prompt, recipe, references, pictures, len(text.encode()))
    shots = tuple(_shots(grid, words, model=model, ratios=ratios, size=size, variants=brief.variants))
    bounds = [shot.cost_bound_usd for shot in shots]
    return Plan(
        engine=model.engine,
        model=model.id,
        recipe=recipe.name,
        prompt=brief.prompt,
        references=references,
        shots=shots,
        parent=brief.parent,
        cost_bound_usd=_sum(bounds),
        notes=(*dropped, *_notes(model, ratios=ratios, priced=None not in bounds, variants=asked)),
    )


# --- references --------------------------------------------------------------------------------------


def _numbered(given: Sequence[Reference]) -> tuple[tuple[Reference, ...], list[str]]:
    """Number references from 1 and say which were given twice."""
    once: dict[tuple[str, Role], Reference] = {}
    notes = []
    for reference in given:
        if (reference.asset_id, reference.role) in once:
            notes.append(f"{reference.path} is given twice as {reference.role}; it is sent once")
        once.setdefault((reference.asset_id, reference.role), reference)
    numbered = (each.model_copy(update={"number": place}) for place, each in enumerate(once.values(), 1))
    return tuple(numbered), notes


def _check_roles(references: Sequence[Reference], recipe: Recipe, *, most: int) -> None:
    counts = Counter(reference.role for reference in references)
    for need in recipe.roles:
        what = f" ({need.what})" if need.what else ""
        if counts[need.role] < need.least:
            wants = "a picture" if need.least == 1 else f"{need.least} pictures"
            way = f"give {'it' if need.least == 1 else 'each'} with refs=['FILE:{need.role}']"
            found = ", or find it with find=['TEXT']" if need.role == recipe.find_role else ""
            raise PlanError(f"the recipe {recipe.name} needs {wants} as {need.role}{what}; {way}{found}")
        if counts[need.role] > need.most:
            raise PlanError(
                f"the recipe {recipe.name} takes {need.most} as {need.role}{what}, and {counts[need.role]} are given; "
                "leave some out"
                + (", or give them another role with refs=['FILE:ROLE']" if len(references) <= most else "")
            )


def _check_limits(references: Sequence[Reference], model: ImageModel, *, ratios: Sequence[str]) -> None:
    counts = Counter(reference.role for reference in references)
    for role, most in model.references_by_role.items():
        if counts[role] > most:
            raise PlanError(
                f"{model.id} takes {most} references as {role}, and {counts[role]} are given; leave some out"
            )
    if len(references) > model.references:
        raise PlanError(
            f"{model.id} takes {model.references} references, and {len(references)} are given; leave some out"
        )
    if len(ratios) > 1 and len(references) == model.references:
        raise PlanError(
            f"{model.id} takes {model.references} references, all are given, and for several ratios the first picture "
            "is sent as one more; leave one out, or ask for one ratio"
        )


# --- ratios, sizes and the grid ----------------------------------------------------------------------


def _ratios(asked: Sequence[str], model: ImageModel) -> tuple[str, ...]:
    ratios = tuple(dict.fromkeys(ratio.strip() for ratio in asked))
    for ratio in ratios:
        if model.ratios and ratio not in model.ratios:
            raise PlanError(
                f"{model.id} makes no pictures of ratio {ratio}; it has {', '.join(model.ratios)}"
            )
        if not re.fullmatch(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}", ratio):
            raise PlanError(f"{ratio!r} is no ratio; write width:height, as in 16:9")
    return ratios


def _size(asked: str, model: ImageModel) -> str:
    size = asked.strip().upper()
    if model.sizes and size not in model.sizes:
        raise PlanError(f"{model.id} makes no pictures of size {asked}; it has {', '.join(model.sizes)}")
    if not re.fullmatch(r"512|[1-9][0-9]?K", size):
        raise PlanError(f"{asked!r} is no size; write 512, 1K, 2K or 4K")
    return size


def _grid(brief: Brief, ratios: Sequence[str]) -> list[dict[str, str]]:
    """Return the words of every cell of the grid, the last name moving fastest; one empty cell without a grid."""
    columns: dict[str, list[str]] = {}
    for name, values in brief.vary.items():
        columns[name] = list(dict.fromkeys(value.strip() for value in values))
        if not name.strip() or "{" in name or name in _RESERVED:
            raise PlanError(
                f"vary cannot use the name {name!r}; take a word such as colour, setting or light"
            )
        if not columns[name] or "" in columns[name]:
            raise PlanError(f"vary: {name} has an empty value; write vary={{'{name}': ['one', 'two']}}")
    shots = math.prod(len(values) for values in columns.values()) * brief.variants * len(ratios)
    if shots > MOST_SHOTS:
        raise PlanError(
            f"this asks for {shots} pictures, and {MOST_SHOTS} at once are the most; use fewer values of vary, "
            "variants or ratios"
        )
    return [dict(zip(columns, cell, strict=True)) for cell in itertools.product(*columns.values())]


def _shots(
    grid: Sequence[dict[str, str]],
    words: "_Words",
    *,
    model: ImageModel,
    ratios: Sequence[str],
    size: str,
    variants: int,
) -> Iterator[Shot]:
    pictures = itertools.product(grid, range(1, variants + 1))
    for picture, (values, variant) in enumerate(pictures, 1):
        for place, ratio in enumerate(ratios, 1):
            prompt = words.prompt(ratio, values)
            follow = words.follow(ratio, values) if len(ratios) > 1 else None
            yield Shot(
                number=(picture - 1) * len(ratios) + place,
                picture=picture,
                ratio=ratio,
                size=size,
                prompt=prompt,
                follow_prompt=follow,
                values=values,
                variant=variant,
                cost_bound_usd=_shot_bound(model, words, prompts=(prompt, follow or ""), size=size),
            )


# --- words -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Words:
    """What all prompts of a plan are made of.

    Attributes:
        asked: The user's words.
        recipe: Holds the patterns.
        references: Numbered.
        more_pictures: That go along besides.
        more_bytes: Of text that goes along besides.
    """

    asked: str
    recipe: Recipe
    references: tuple[Reference, ...]
    more_pictures: int
    more_bytes: int

    def prompt(self, ratio: str, values: Mapping[str, str]) -> str:
        pattern = self.recipe.pattern
        if "{ratio}" not in pattern:
            pattern += "\n\nCompose the picture for a {ratio} frame."
        return self._filled(pattern, ratio, values)

    def follow(self, ratio: str, values: Mapping[str, str]) -> str:
        more = {"number": str(len(self.references) + 1)}
        return self._filled(self.recipe.follow, ratio, values, more=more)

    def _filled(
        self, pattern: str, ratio: str, values: Mapping[str, str], *, more: Mapping[str, str] | None = None
    ) -> str:
        if "{references}" not in pattern:
            pattern += "\n\n{references}"
        if not self.references:
            # Here and not afterwards, because the user's own blank lines stay.
            pattern = re.sub(r"\n*\{references\}", "", pattern)
        words, left = self._words(values)
        asked = "\n".join([self.asked, *(f"{name}: {value}." for name, value in left.items())])
        about = "\n".join(self._sentence(each, words) for each in self.references)
        words |= {"prompt": asked, "references": about, "ratio": ratio, **(more or {})}
        filled = _put(pattern.strip(), words, recipe=self.recipe)
        if len(filled) > MOST_PROMPT:
            raise PlanError(
                f"the prompt would be {len(filled)} characters long, and {MOST_PROMPT} are the most; write less, or "
                "leave out references"
            )
        return filled

    def _words(self, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the words of the patterns, and those of the grid that no pattern has a place for."""
        texts = (self.recipe.pattern, *self.recipe.sentences.values())
        places = {name for text in texts for name in _PLACEHOLDER.findall(text)}
        words, left = dict(self.recipe.words), {}
        for name, role in _IMAGES.items():
            numbers = [f"image {each.number}" for each in self.references if each.role == role]
            words |= {name: _listed(numbers)} if numbers else {}
        for name, value in values.items():
            place = _SPELLINGS.get(name, name)
            if place in places:
                words[place] = value
            else:
                left[name] = value
        return words, left

    def _sentence(self, reference: Reference, words: Mapping[str, str]) -> str:
        sentence = self.recipe.sentences.get(reference.role, f"Image {{number}} is for the {reference.role}.")
        return _put(sentence.strip(), {**words, "number": str(reference.number)}, recipe=self.recipe)


def _put(pattern: str, words: Mapping[str, str], *, recipe: Recipe) -> str:
    """Put words in the places of a pattern, once: what is put in is not looked at again.

    `str.format` would let a recipe reach into objects, and trip over braces.
    """

    def word(place: re.Match[str]) -> str:
        name = place[1]
        if name in words:
            return words[name]
        if name in _IMAGES:
            raise PlanError(
                f"the recipe {recipe.name} needs a picture as {_IMAGES[name]}; give it with "
                f"refs=['FILE:{_IMAGES[name]}']"
            )
        raise PlanError(
            f"the recipe {recipe.name} needs a word for {name}; give it with vary={{'{name}': ['WORD']}}"
        )

    return _PLACEHOLDER.sub(word, pattern)


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


# --- money -------------------------------------------------------------------------------------------


def call_bound_usd(model: ImageModel, *, prompt_bytes: int, pictures: int, size: str) -> float | None:
    """Return the most that one call for one picture can cost, in US dollars, rounded up to a millionth.

    Args:
        model: With its prices.
        prompt_bytes: Of the words sent, in UTF-8, without the lines before pictures. No token is shorter than a byte.
        pictures: How many are sent.
        size: Of the picture asked for.

    Returns:
        None where a price or a count of tokens that is needed is unknown. It holds whatever the answer is made of,
        two pictures or drafts among it, as long as the service keeps to `most_output_tokens`.
    """
    if model.call_usd is not None:
        return _rounded_up(Decimal(repr(model.call_usd)))
    most, dearest = most_output_tokens(model, size), _dearest_usd(model)
    return _bound(model, prompt_bytes, pictures, answered=(most, dearest))


def empty_bound_usd(model: ImageModel, *, prompt_bytes: int, pictures: int, size: str) -> float | None:
    """Return the most that one call can cost whose answer is words without a picture; see `call_bound_usd`.

    It is what a shot may spend on such an answer. One that costs more all the same, as for drafts, is not asked again,
    so that the shot stays within its bound.
    """
    if model.call_usd is not None:
        return _rounded_up(Decimal(repr(model.call_usd)))
    if _dearest_usd(model) is None:
        return None
    # All that it may write, it may write in words.
    most = most_output_tokens(model, size)
    return _bound(model, prompt_bytes, pictures, answered=(most, model.output_text_usd))


def most_output_tokens(model: ImageModel, size: str) -> int | None:
    """Return how many tokens an answer may have: a picture's, and those of text and thinking; None where unknown."""
    picture = model.tokens_per_picture.get(size)
    return None if picture is None else picture + model.text_tokens


def cost_usd(
    model: ImageModel,
    usage: Usage | None,
    *,
    size: str,  # noqa: ARG001  tokens say it all here; a service may come that prices by size
    bound_usd: float | None = None,
) -> float | None:
    """Return what a call cost by the tokens it reported, in US dollars, to the nearest millionth.

    Args:
        model: With its prices; a flat price a call is the cost, whatever was reported.
        usage: As reported. Of what was sent, words or pictures may be null, for there being none; not both. Of what
            came, words may be null; pictures are 0 where there are none, and null where they are not counted.
        size: Of the picture asked for.
        bound_usd: The most that the call should cost; a hundred times that is not believed.

    Returns:
        None where nothing was reported of what was sent or of pictures that came, nothing that can be
        (`is_plausible`), or a price that is needed is unknown.
    """
    if model.call_usd is not None:
        return float(Decimal(repr(model.call_usd)).quantize(_MICRO, ROUND_HALF_UP))
    if usage is None or not is_plausible(usage) or (usage.input_text is None and usage.input_image is None):
        return None
    if usage.output_image is None:
        return None
    cost = _priced(
        ((usage.input_text or 0) + (usage.input_image or 0), model.input_usd),
        (usage.output_text or 0, model.output_text_usd),
        (usage.output_image or 0, model.output_image_usd),
    )
    if cost is None or (bound_usd and cost > _MOST_TIMES * Decimal(repr(bound_usd))):
        return None
    return float(cost.quantize(_MICRO, ROUND_HALF_UP))


def is_plausible(usage: Usage) -> bool:
    """Return whether one call can have used so many tokens: none less than 0, none more than ten million.

    Example:
        >>> is_plausible(Usage(input_text=12, output_image=1120)), is_plausible(Usage(input_text=10**12))
        (True, False)
    """
    counts = (usage.input_text, usage.input_image, usage.output_text, usage.output_image)
    return all(0 <= count <= _MOST_TOKENS for count in counts if count is not None)


def _dearest_usd(model: ImageModel) -> float | None:
    """Return the price of the dearest output token, a million of them; None where one is unknown."""
    if model.output_text_usd is None or model.output_image_usd is None:
        return None
    return max(model.output_text_usd, model.output_image_usd)


def _bound(
    model: ImageModel, prompt_bytes: int, pictures: int, *, answered: tuple[int | None, float | None]
) -> float | None:
    """Return what a call costs at most whose answer has so many tokens, at so much a million."""
    a_reference = model.tokens_per_reference if pictures else 0
    most, price = answered
    if a_reference is None or most is None or model.input_usd is None:
        return None
    sent = prompt_bytes + _FRAME_BYTES + pictures * (_LINE_BYTES + a_reference)
    cost = _priced((sent, model.input_usd), (most, price))
    return None if cost is None else _rounded_up(cost)


def _priced(*parts: tuple[int, float | None]) -> Decimal | None:
    """Return the price of tokens, each at its price a million; None where one that is needed is unknown."""
    total = Decimal(0)
    for tokens, price in parts:
        if tokens and price is None:
            return None
        # repr: the price as it was written, 7.5 and not the nearest binary fraction.
        total += tokens * Decimal(repr(price or 0)) * _MICRO
    return total


def _shot_bound(model: ImageModel, words: _Words, *, prompts: Sequence[str], size: str) -> float | None:
    """Return the bound of a shot: one call for the picture, and one more that brings none and is asked again."""
    sent = max(len(prompt.encode()) for prompt in prompts) + words.more_bytes
    follows = 1 if prompts[-1] else 0
    pictures = len(words.references) + follows + words.more_pictures
    return _sum(
        [
            call_bound_usd(model, prompt_bytes=sent, pictures=pictures, size=size),
            empty_bound_usd(model, prompt_bytes=sent, pictures=pictures, size=size),
        ]
    )


def _rounded_up(amount: Decimal) -> float:
    return float(amount.quantize(_MICRO, ROUND_CEILING))


def _sum(amounts: Sequence[float | None]) -> float | None:
    known = [Decimal(repr(amount)) for amount in amounts if amount is not None]
    return float(sum(known, Decimal(0))) if len(known) == len(amounts) else None


def _notes(model: ImageModel, *, ratios: Sequence[str], priced: bool, variants: int) -> Iterator[str]:
    if model.variants and variants > model.variants:
        yield f"{model.id} makes {model.variants} variants that differ; they are made, and not {variants}"
    if model.state == "deprecated":
        day = f", and is said to be switched off on {model.retired_on}" if model.retired_on else ""
        way = f"; use generate={{'model': '{model.successor}'}}" if model.successor else ""
        yield f"{model.id} is deprecated by its maker{day}{way}"
    if not model.ratios or not model.sizes:
        yield f"which ratios and sizes {model.id} has is not known, so they are sent unchecked"
    if not priced:
        yield f"the price of {model.id} is not known, so what this costs cannot be bounded"
    if len(ratios) > 1:
        yield f"the picture is made in {ratios[0]} first, and then from that one in {', '.join(ratios[1:])}"
