"""Engines by name: which is configured, and how it is opened."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec

from musaic.config import GenerateSettings
from musaic.errors import ExtraMissingError, UnknownEngineError
from musaic.generate.base import Generator
from musaic.schemas import ImageModel, Plan

ENGINES = ("gemini", "openai-images", "moodboard")
# Packages that do not come with Musaic itself: whose they are, and the extra that brings them.
_PACKAGES = {"openai": ("openai-images", "openai")}


def choose_engine(settings: GenerateSettings) -> str:
    """Return the engine that the settings name, or else the one that is configured.

    One that is named need not be configured: what it would be asked can be planned without a key, and `check_engine`
    says what is missing before anything is made. An `OPENAI_API_KEY` alone chooses nothing: it lies about on many
    machines for other programs, and this costs money.

    Raises:
        UnknownEngineError: There is none of this name.
    """
    if settings.engine == "auto":
        return _configured(settings)
    if settings.engine not in ENGINES:
        near = get_close_matches(settings.engine, ENGINES, n=1)
        raise UnknownEngineError(
            f"no engine {settings.engine!r}; use {', '.join(ENGINES)}, or auto"
            + (f"; did you mean {near[0]}?" if near else "")
        )
    return settings.engine


def _configured(settings: GenerateSettings) -> str:
    if _has_gemini(settings):
        return "gemini"
    return "openai-images" if settings.openai.base_url else "moodboard"


def _has_gemini(settings: GenerateSettings) -> bool:
    return settings.gemini.api_key is not None or bool(settings.gemini.vertex and settings.gemini.project)


def check_engine(name: str, settings: GenerateSettings, *, parent: str | None = None) -> None:
    """Refuse an engine that cannot be asked for pictures on this machine now.

    Args:
        name: From `choose_engine`.
        settings: Keys and addresses.
        parent: Id of the picture that it is to go on from, which it then has made.

    Raises:
        UnknownEngineError: What it needs is not set.
        ExtraMissingError: It needs an optional package.
    """
    lacking = _lacking(name, settings)
    if lacking is not None:
        made = "" if parent is None else f"{parent} goes on with the engine that made it, and "
        raise UnknownEngineError(f"{made}{lacking}")
    for package, (engine, extra) in _PACKAGES.items():
        if name == engine and find_spec(package) is None:
            raise ExtraMissingError(extra=extra, needed_for=f"the engine {name}")


def _lacking(name: str, settings: GenerateSettings) -> str | None:
    if name == "gemini" and not _has_gemini(settings):
        return (
            "the gemini engine needs a key: set GEMINI_API_KEY, or generate.gemini.vertex and .project for Vertex AI; "
            "generate={'engine': 'moodboard'} makes a draft without one"
        )
    if name == "openai-images" and not (settings.openai.api_key or settings.openai.base_url):
        return (
            "the openai-images engine needs OPENAI_API_KEY, or generate.openai.base_url for a server of your own; "
            "generate={'engine': 'moodboard'} makes a draft without one"
        )
    return None


def engine_notes(name: str, settings: GenerateSettings, *, parent: str | None = None) -> tuple[str, ...]:
    """Return what is missing before an engine can be asked, for a plan that can be made without; see `check_engine`."""
    try:
        check_engine(name, settings, parent=parent)
    except (UnknownEngineError, ExtraMissingError) as exc:
        return (f"this can be planned but not made yet: {exc}",)
    return ()


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
