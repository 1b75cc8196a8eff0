"""Which model makes a picture: the one that is named, the one that made an earlier picture, or an engine's default."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from musaic.config import GenerateSettings
from musaic.generate.engines import choose_engine
from musaic.generate.tables import check_model, default_model
from musaic.schemas import ImageModel, Record

DRAFTING = "moodboard"
"""The engine whose pictures are drafts; they are gone on from by whatever makes pictures now."""


def choose_model(
    settings: GenerateSettings,
    models: Mapping[str, ImageModel],
    *,
    parent: Record | None,
    by_hand: Collection[str],
) -> ImageModel:
    """Return the row of the model that is to make a picture. Whether its engine is configured is asked later.

    Args:
        settings: For new pictures.
        models: The table of image models.
        parent: The picture that is gone on from, which has an engine and a model already; a draft has none to stay
            with.
        by_hand: Which settings were named for this time, and so hold for that picture too.

    Raises:
        UnknownEngineError: There is no such engine, or the model belongs to another.
        RetiredModelError: The model was switched off.
    """
    wanted = settings
    if parent is not None and parent.engine == DRAFTING:
        parent = None
    if parent is not None:
        unset = {"engine": "auto", "model": None}
        wanted = settings.model_copy(update={k: v for k, v in unset.items() if k not in by_hand})
    engine, model = _engine(wanted, models, parent), wanted.model
    if model is None and parent is not None and parent.engine == engine:
        model = parent.model
    today = datetime.now(UTC).date()
    return check_model(model or default_model(str(engine), models), models, today=today, engine=engine)


def _engine(wanted: GenerateSettings, models: Mapping[str, ImageModel], parent: Record | None) -> str | None:
    """Return the engine that is named, or that the named model belongs to, or else the picture's or the usual one.

    None where a model is named of which only its own id can tell the engine.
    """
    if wanted.engine != "auto":
        return choose_engine(wanted)
    if wanted.model is not None and wanted.model in models:
        return models[wanted.model].engine
    usual = wanted if parent is None else wanted.model_copy(update={"engine": parent.engine})
    engine = choose_engine(usual)
    # The moodboard has no models to choose from.
    return None if wanted.model is not None and engine == "moodboard" else engine
