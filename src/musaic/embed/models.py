"""The table of encoders that Musaic knows by name."""

import difflib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from musaic.errors import UnknownModelError

STARTER = "starter"
BEST = "vit-b-32"
"""What ``auto`` takes where it can."""


class ModelSpec(BaseModel):
    """One encoder of the table. What counts for its vectors is read from its own files; this is for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    repository: str | None = Field(description="On the model hub; None: bundled with Musaic.")
    layout: Literal["immich", "transformers.js"]
    dim: int = Field(gt=0, description="Length of the vectors.")
    context_length: int = Field(gt=0, description="Most tokens of a text.")
    languages: tuple[str, ...]
    licence: str
    size_bytes: int = Field(gt=0, description="Of the download in fp32, about.")
    good_for: str
    weak_below: float | None = Field(
        default=None,
        description="Cosine of words and picture below which a hit is nearly always wrong, where that was measured.",
    )


_ROWS = (
    ModelSpec(
        id=STARTER, repository=None, layout="immich", dim=256, context_length=28,
        languages=("en", "es", "it", "ru", "zh"), licence="Apache-2.0", size_bytes=8_000_000,
        good_for="trying Musaic without a download; knows a few hundred words of clothing and products only",
        # The lowest 1 % of right hits: 0.41 of 265 in the demo's catalogue, 0.35 of 430 photos of clothes.
        weak_below=0.25,
    ),
    ModelSpec(
        id=BEST, repository="immich-app/ViT-B-32__laion2b-s34b-b79k", layout="immich", dim=512, context_length=77,
        languages=("en",), licence="MIT", size_bytes=605_000_000,
        good_for="English words on any picture; quick on a laptop",
    ),
    ModelSpec(
        id="vit-b-32-openai", repository="Xenova/clip-vit-base-patch32", layout="transformers.js", dim=512,
        context_length=77, languages=("en",), licence="MIT", size_bytes=606_000_000,
        good_for="repeating results made with OpenAI's first CLIP; vit-b-32 finds more and costs the same",
    ),
    ModelSpec(
        id="siglip2-b-32-256", repository="immich-app/ViT-B-32-SigLIP2-256__webli", layout="immich", dim=768,
        context_length=64, languages=("many",), licence="Apache-2.0", size_bytes=1_510_000_000,
        good_for="better answers in many languages at little more time; three times the memory",
    ),
    ModelSpec(
        id="siglip2-b-16", repository="immich-app/ViT-B-16-SigLIP2__webli", layout="immich", dim=768,
        context_length=64, languages=("many",), licence="Apache-2.0", size_bytes=1_510_000_000,
        good_for="the best answers here, in many languages; two to three times the time",
    ),
    ModelSpec(
        id="xlm-roberta-b-32", repository="immich-app/XLM-Roberta-Base-ViT-B-32__laion5b_s13b_b90k", layout="immich",
        dim=512, context_length=77, languages=("many",), licence="MIT", size_bytes=1_470_000_000,
        good_for="Chinese, Croatian and other languages in which SigLIP is weaker; vit-b-32's speed on pictures",
    ),
)  # fmt: skip

MODELS: Mapping[str, ModelSpec] = MappingProxyType({row.id: row for row in _ROWS})
"""Every encoder by id, the bundled one first."""


def model_spec(model: str) -> ModelSpec:
    """Return a row of the table.

    Raises:
        UnknownModelError: There is no such row; the message lists all, the nearest names first.
    """
    if model in MODELS:
        return MODELS[model]
    near = difflib.get_close_matches(model.lower(), MODELS, n=3, cutoff=0.4)
    raise UnknownModelError(model=model, known=[*near, *(name for name in MODELS if name not in near)])


def words_of(spec: ModelSpec, language: str | None = None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the words a closed-vocabulary encoder was taught: a heading, and the words under it.

    Args:
        spec: Of the table; only the starter has such a list.
        language: Two letters; None for all.

    Raises:
        ValueError: The encoder was not taught this language.
    """
    if spec.id != STARTER:
        return
    from musaic.embed.starter.words import WordList

    words = WordList.load()
    for each in (language,) if language else words.languages:
        for group, listed in words.listing(each).items():
            yield f"{each} {group}", listed
