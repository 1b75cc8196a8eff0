"""From settings to an encoder."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from musaic.config import EmbedSettings
from musaic.embed.base import ClosedVocabulary, Understood
from musaic.embed.cache import combined_sha256, file_sha256, keep_verdict, known_verdict, user_cache
from musaic.embed.folder import MADE_INT8, ModelFolder, Stored, read_folder
from musaic.embed.hub import Hub, OnDownload, check_blob
from musaic.embed.models import BEST, MODELS, STARTER, ModelSpec, model_spec
from musaic.embed.onnx import OnnxEmbedder, Running, TowerName, vector_length
from musaic.embed.providers import choose_provider, cores
from musaic.embed.quantize import quantized
from musaic.embed.selftest import COLOURS, NEEDED, colours_found
from musaic.errors import ModelFilesError, ModelWiringError, UnknownWordsError
from musaic.home import expanded
from musaic.schemas import Fingerprint

Ask = Callable[[str], bool]
"""Asked a question that is answered with yes or no."""


@dataclass(frozen=True)
class Loaded:
    """An encoder, and what the user should be told of it, in whole sentences."""

    embedder: OnnxEmbedder
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What ``auto`` became, and what the user should be told of it."""

    model: str
    notices: tuple[str, ...] = ()


def resolve_auto(*, ask: Ask | None = None, hub: Hub | None = None, precision: Stored = "fp32") -> Choice:
    """Return the encoder of a new library: ``vit-b-32`` where it can be had, else the starter.

    Args:
        ask: Asked once, with the size, whether the weights may be downloaded; None: nobody can be asked, and nothing
            is downloaded.
        hub: Where weights come from.
        precision: Which of several published weights.
    """
    hub, best = hub or Hub(), MODELS[BEST]
    if hub.local(best, precision=precision) is not None:
        return Choice(best.id)
    if ask is not None and hub.answers(best) and ask(_question(best)):
        return Choice(best.id)
    notice = (
        "using the small bundled encoder (starter), which knows a few hundred words of clothing and products only; "
        f"`musaic reindex --model {best.id}` changes to one that knows any English word"
    )
    return Choice(STARTER, (notice,))


def _question(spec: ModelSpec) -> str:
    size = f"{spec.size_bytes / 1e6:.0f} MB"
    return f"Download the encoder {spec.id} ({size}, once)? Without it the small bundled one is used."


def is_downloaded(
    spec: ModelSpec, *, precision: Stored = "fp32", revision: str | None = None, hub: Hub | None = None
) -> bool:
    """Return whether an encoder can be used without a network.

    Args:
        spec: Of the table.
        precision: Which of several published weights.
        revision: Commit of the hub's repository; None: any.
        hub: Where weights come from.
    """
    if spec.repository is None:
        return True
    return (hub or Hub()).local(spec, precision=precision, revision=revision) is not None


def fetch(spec: ModelSpec, *, on_download: OnDownload | None = None, hub: Hub | None = None) -> Path:
    """Return the folder of an encoder's files, and download what of them is not on this machine.

    Raises:
        HubError: They cannot be fetched.
        ConfigError: ``HF_ENDPOINT`` is no address.
    """
    return (
        starter_folder() if spec.repository is None else (hub or Hub()).fetch(spec, on_download=on_download)
    )


def starter_folder() -> Path:
    """Return the folder of the bundled encoder."""
    return Path(__file__).parent / "starter"


def load_embedder(
    settings: EmbedSettings,
    *,
    revision: str | None = None,
    callers: int | None = None,
    ask: Ask | None = None,
    on_download: OnDownload | None = None,
    hub: Hub | None = None,
    cache: Path | None = None,
) -> Loaded:
    """Return the encoder that the settings name: a row of the table, a model folder, or ``auto``.

    Args:
        settings: Model, precision (unset: fp32), provider, threads.
        revision: Commit of the hub's repository, as a library remembers it; None: what is on this machine, else the
            newest. Of no account for a folder.
        callers: How many threads will encode pictures at once; they share `settings.threads`. None: all of them.
        ask: See `resolve_auto`.
        on_download: Told how a download goes.
        hub: Where weights come from.
        cache: For hashes, verdicts and int8 graphs; None: the user's cache folder.

    Raises:
        UnknownModelError: Neither a row of the table nor a folder.
        ModelFilesError: The model's files are missing or broken.
        ModelWiringError: A model of the table fails the self-test.
        HubError: Weights could not be fetched.
        ConfigError: The named provider is not installed, or ``HF_ENDPOINT`` is no address.
        ExtraMissingError: Precision int8 without its optional package.
    """
    from musaic.embed.runtime import onnxruntime

    provider = choose_provider(settings.provider, available=onnxruntime.get_available_providers())
    hub, cache = hub or Hub(), cache or user_cache()
    precision = settings.precision or "fp32"
    choice = Choice(settings.model)
    if settings.model == "auto":
        choice = resolve_auto(ask=ask, hub=hub, precision=precision)
    source = _locate(choice.model, precision, revision, hub, on_download)
    threads = settings.threads or cores()
    running = Running(
        provider, max(1, threads // (callers or threads)), threads, must=settings.provider != "auto"
    )
    return _build(source, precision, running, choice.notices, cache)


@dataclass(frozen=True)
class _Source:
    name: str
    revision: str
    folder: ModelFolder
    in_table: bool

    @property
    def bundled(self) -> bool:
        return self.in_table and self.name == STARTER


def _locate(
    model: str, precision: Stored, revision: str | None, hub: Hub, tell: OnDownload | None
) -> _Source:
    if model == STARTER:
        return _Source(STARTER, "bundled", read_folder(starter_folder()), in_table=True)
    if model not in MODELS and (Path(model).is_dir() or "/" in model or "\\" in model):
        folder = expanded(model).resolve()
        return _Source(folder.name, "local", read_folder(folder, precision=precision), in_table=False)
    spec = model_spec(model)
    folder = hub.fetch(spec, precision=precision, revision=revision, on_download=tell)
    return _Source(spec.id, folder.name, read_folder(folder, precision=precision), in_table=True)


def _build(
    source: _Source, wanted: Stored, running: Running, notices: tuple[str, ...], cache: Path
) -> Loaded:
    folder = source.folder
    weights = combined_sha256(_checked_hashes(folder, cache))
    made_int8 = wanted == "int8" and folder.stored == "fp32" and not source.bundled
    precision = MADE_INT8 if made_int8 else folder.stored
    if folder.stored != wanted and not made_int8:
        notices += (f"{source.name} has no {wanted} weights; using {folder.stored}",)
    fingerprint = Fingerprint(
        model=source.name, revision=source.revision, precision=precision, dim=folder.dim or vector_length(folder),
        weights_sha256=weights,
    )  # fmt: skip

    def graph(tower: TowerName) -> Path:
        own = folder.vision if tower == "vision" else folder.text
        return quantized(own, name=f"{weights}-{tower}", cache=cache) if made_int8 else own

    closed = starter_vocabulary() if source.bundled else None
    embedder = OnnxEmbedder(folder, fingerprint, running=running, graph=graph, closed=closed)
    notices += _tested(embedder, source, cache)
    return Loaded(embedder, notices + embedder.warnings)


def _checked_hashes(folder: ModelFolder, cache: Path) -> list[str]:
    hashes = []
    for file in folder.weight_files():
        try:
            hashes.append(file_sha256(file, cache=cache))
        except OSError as exc:
            raise ModelFilesError(f"{file.name} cannot be read ({exc.strerror})", folder=file.parent) from exc
        check_blob(file, hashes[-1])
    return hashes


def _tested(embedder: OnnxEmbedder, source: _Source, cache: Path) -> tuple[str, ...]:
    """Run the self-test once for these files; refuse a model of the table that fails, warn of another."""
    key = _verdict_key(embedder.fingerprint, source.folder, cache)
    passed = known_verdict(key, cache=cache)
    if passed is None:
        passed = colours_found(embedder) >= NEEDED
        keep_verdict(key, passed, cache=cache)
    if passed:
        return ()
    reason = f"of {len(COLOURS)} plain colours fewer than {NEEDED} are nearest to their own names"
    if source.in_table:
        raise ModelWiringError(
            f"{reason}; its files are not those they should be, fetch them again", model=source.name
        )
    return (
        f"the model in {source.folder.path} failed the self-test ({reason}); its answers may mean nothing",
    )


def _verdict_key(fingerprint: Fingerprint, folder: ModelFolder, cache: Path) -> str:
    rules = f"{folder.preprocessing} {folder.rules.canonicalise} {folder.rules.context_length} {folder.rules.pad_token}"
    words = file_sha256(folder.rules.tokenizer, cache=cache)
    parts = (fingerprint.weights_sha256, fingerprint.precision, words, rules)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def starter_vocabulary() -> ClosedVocabulary:
    """Return what the bundled encoder was taught."""
    from musaic.embed.starter.words import WordList

    return ClosedVocabulary(WordList.load().kinds, _understood_by_starter)


def _understood_by_starter(query: str) -> Understood:
    from musaic.embed.starter.reading import understood
    from musaic.embed.starter.words import WordList

    made = understood(query)
    if not made.text:
        near = WordList.load().near(made.unknown)
        raise UnknownWordsError(query=query, model=STARTER, near=near, excluded=made.excluded)
    return made
