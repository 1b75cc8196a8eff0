"""Engines by name: which is configured, and how it is opened."""

from collections.abc import Mapping
from difflib import get_close_matches

from musaic.config import GenerateSettings
from musaic.errors import UnknownEngineError
from musaic.generate.base import Generator
from musaic.schemas import ImageModel, Plan

ENGINES = ("gemini", "openai-images", "moodboard")


def choose_engine(settings: GenerateSettings) -> str:
    """Return the engine that the settings name, or that is configured.

    An `OPENAI_API_KEY` alone chooses nothing: it lies about on many machines for other programs, and this costs
    money.

    Raises:
        UnknownEngineError: There is none of this name, or what it needs is not set.
    """
    if settings.engine == "auto":
        return _configured(settings)
    if settings.engine not in ENGINES:
        near = get_close_matches(settings.engine, ENGINES, n=1)
        raise UnknownEngineError(
            f"no engine {settings.engine!r}; use {', '.join(ENGINES)}, or auto"
            + (f"; did you mean {near[0]}?" if near else "")
        )
    _check(settings)
    return settings.engine


def _configured(settings: GenerateSettings) -> str:
    if _has_gemini(settings):
        return "gemini"
    return "openai-images" if settings.openai.base_url else "moodboard"


def _has_gemini(settings: GenerateSettings) -> bool:
    return settings.gemini.api_key is not None or bool(settings.gemini.vertex and settings.gemini.project)


def _check(settings: GenerateSettings) -> None:
    if settings.engine == "gemini" and not _has_gemini(settings):
        raise UnknownEngineError(
            "the gemini engine needs a key: set GEMINI_API_KEY, or generate.gemini.vertex and .project for Vertex AI; "
            "`--engine moodboard` makes a draft without one"
        )
    if settings.engine == "openai-images" and not (settings.openai.api_key or settings.openai.base_url):
        raise UnknownEngineError(
            "the openai-images engine needs OPENAI_API_KEY, or generate.openai.base_url for a server of your own; "
            "`--engine moodboard` makes a draft without one"
        )


def open_engine(name: str, settings: GenerateSettings, models: Mapping[str, ImageModel]) -> Generator:
    """Return an engine, ready to be asked.

    Args:
        name: From `choose_engine`.
        settings: Keys, addresses, deadline.
        models: The table of image models.

    Raises:
        ExtraMissingError: It needs an optional package.
    """
    if name == "gemini":
        from musaic.generate.gemini import GeminiGenerator

        return GeminiGenerator(settings.gemini, models=models, deadline_s=settings.deadline_s)
    if name == "openai-images":
        from musaic.generate.openai_images import OpenaiImagesGenerator

        return OpenaiImagesGenerator(settings.openai, models=models, deadline_s=settings.deadline_s)
    from musaic.generate.moodboard import MoodboardGenerator

    return MoodboardGenerator()


def size_notes(plan: Plan) -> tuple[str, ...]:
    """Return what an engine asks for in place of a ratio and size that its model does not have."""
    if plan.engine != "openai-images":
        return ()
    from musaic.generate.openai_images.sizes import asked_size

    notes = (asked_size(plan.model, ratio=shot.ratio, size=shot.size).note for shot in plan.shots)
    return tuple(dict.fromkeys(note for note in notes if note))
