"""What is said where a library was built with another encoder than the one that is to answer, by its cause."""

import shlex

from musaic.config import EmbedSettings, Settings
from musaic.embed.folder import Stored
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
        way_out=_anew_in_int8(built_with, wanted, place)
        if configured is not None and _is_older_int8(built_with, configured)
        else _way_out(built_with, wanted, origins, own=own, place=place),
    )


def asked(built_with: Fingerprint) -> Stored:
    """Return the precision to ask for in order to get a library's own."""
    return "int8" if built_with.precision == "int8-7bit" else built_with.precision


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
    if wanted.precision not in (None, asked(built_with)):
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


def _is_older_int8(built_with: Fingerprint, configured: Fingerprint) -> bool:
    precisions = built_with.precision, configured.precision
    return built_with.weights_sha256 == configured.weights_sha256 and precisions == ("int8", "int8-7bit")


def _anew_in_int8(built_with: Fingerprint, wanted: EmbedSettings, place: str | None) -> str:
    command = _reindex(built_with, wanted.model_copy(update={"precision": "int8"}), place)
    return (
        "its int8 vectors come from weights that CPUs multiply differently, which this version does not make any more: "
        f"run `{command}` to build the library anew with those that all multiply alike"
    )


def _reindex(built_with: Fingerprint, wanted: EmbedSettings, place: str | None) -> str:
    own = place if place and built_with.revision == "local" else built_with.model
    model = own if wanted.model == "auto" else wanted.model
    precision = [] if wanted.precision is None else ["--precision", wanted.precision]
    return shlex.join(["musaic", "reindex", "--model", model, *precision])
