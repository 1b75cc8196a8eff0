"""What is said where a library was built with another encoder than the one that is to answer, by its cause."""

import shlex

from musaic.config import EmbedSettings, Settings
from musaic.encoder.origin import Name, Origins
from musaic.errors import ModelMismatchError
from musaic.schemas import Fingerprint


def mismatch(
    built_with: Fingerprint,
    configured: Fingerprint | None,
    *,
    settings: Settings,
    origins: Origins,
    own: bool,
    place: str | None,
) -> ModelMismatchError:
    """Return the error that names both encoders, and the way out that fits.

    Args:
        built_with: The library's.
        configured: The other one; None where it was not loaded.
        settings: Name the other one.
        origins: Where they came from.
        own: Whether they name what the library was built with, so that its files must have changed.
        place: The folder of the library's encoder, where it has one.
    """
    wanted = settings.embed
    return ModelMismatchError(
        collection=settings.store.collection,
        built_with=words(built_with),
        configured=_named(wanted) if configured is None else words(configured),
        way_out=_way_out(built_with, wanted, origins, own=own, place=place),
    )


def words(fingerprint: Fingerprint) -> str:
    """Return what an encoder is, for people."""
    short = f"{fingerprint.revision[:12]}, weights {fingerprint.weights_sha256[:8]}"
    return f"{fingerprint.model!r} ({fingerprint.precision}, {short})"


def _named(wanted: EmbedSettings) -> str:
    model = "its own" if wanted.model == "auto" else repr(wanted.model)
    return model if wanted.precision is None else f"{model} ({wanted.precision})"


def _way_out(
    built_with: Fingerprint, wanted: EmbedSettings, origins: Origins, *, own: bool, place: str | None
) -> str:
    named: list[Name] = [] if own else ["model"]
    if wanted.precision not in (None, built_with.precision):
        named.append("precision")
    command = _reindex(built_with, wanted, place)
    if named:
        away = " and ".join(origins.without(name) for name in named)
        return f"{away} to use what it was built with, or run `{command}` to build it anew"
    if built_with.revision == "bundled":
        return f"this version of Musaic brings other weights: run `{command}` to build the library anew with them"
    where = f"in {place} " if place else ""
    return (
        f"the files {where}have changed: put the old ones back, or run `{command}` to build the library anew"
    )


def _reindex(built_with: Fingerprint, wanted: EmbedSettings, place: str | None) -> str:
    own = place if place and built_with.revision == "local" else built_with.model
    model = own if wanted.model == "auto" else wanted.model
    precision = [] if wanted.precision is None else ["--precision", wanted.precision]
    return shlex.join(["musaic", "reindex", "--model", model, *precision])
