"""The encoder on ONNX Runtime, for any model folder in either layout."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from musaic.config import Provider
from musaic.embed.base import ClosedVocabulary, Understood
from musaic.embed.folder import ModelFolder
from musaic.embed.providers import onnx_names
from musaic.embed.text import TextReader
from musaic.errors import ConfigError, ModelFilesError, ModelWiringError
from musaic.schemas import Fingerprint

if TYPE_CHECKING:
    from musaic.embed.runtime import onnxruntime

Vectors = NDArray[np.float32]
TowerName = Literal["vision", "text"]

_OUTPUTS = ("embedding", "image_embeds", "text_embeds", "pooler_output", "sentence_embedding")
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


@dataclass(frozen=True)
class Running:
    """How the graphs are run.

    Attributes:
        provider: Of ONNX Runtime; never ``auto``.
        vision_threads: For one call; several threads that call with one each beat one call with several,
            as no operator waits for its slowest part.
        text_threads: For one call.
        must: The provider was named, so that another is an error and not a warning.
    """

    provider: Provider = "cpu"
    vision_threads: int = 1
    text_threads: int = 1
    must: bool = False


class Tower:
    """One graph in a session.

    Args:
        graph: The ONNX file.
        running: How to run it.
        threads: For one call.

    Raises:
        ModelFilesError: The graph cannot be loaded, or has no output that is a vector.
        ConfigError: The named provider cannot run it.
    """

    def __init__(self, graph: Path, running: Running, *, threads: int) -> None:
        self._graph = graph
        self._session = _open_session(graph, running, threads)
        self.fell_back = onnx_names(running.provider)[0] not in self._session.get_providers()
        if self.fell_back and running.must:
            raise ConfigError(
                f"provider {running.provider!r} is installed but could not start; try embed={{'provider': 'auto'}}"
            )
        self.inputs = {given.name: given for given in self._session.get_inputs()}
        self._output = self._choose_output()

    @property
    def dim(self) -> int | None:
        """Length of the vectors, where the graph fixes it."""
        axes = {given.name: given.shape for given in self._session.get_outputs()}[self._output]
        return axes[-1] if axes and isinstance(axes[-1], int) else None

    def length(self, name: str) -> int | None:
        """Return the fixed second axis of an input, or None where it is free."""
        axes = self.inputs[name].shape
        return axes[1] if len(axes) > 1 and isinstance(axes[1], int) else None

    def run(self, feeds: dict[str, NDArray[np.generic]]) -> Vectors:
        """Return the raw vectors, one row for each row of the feeds; runs one by one where the batch is fixed at 1."""
        feeds = {name: value.astype(self._type(name), copy=False) for name, value in feeds.items()}
        count = len(next(iter(feeds.values())))
        step = self._batch or max(count, 1)
        parts = [
            self._run({k: v[start : start + step] for k, v in feeds.items()})
            for start in range(0, count, step)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    @cached_property
    def _batch(self) -> int | None:
        fixed = {
            given.shape[0]
            for given in self.inputs.values()
            if given.shape and isinstance(given.shape[0], int)
        }
        if fixed - {1}:
            raise ModelFilesError(
                f"{self._graph.name} takes batches of {fixed} only; export it with a batch of 1 or a free one",
                folder=self._graph.parent,
            )
        return 1 if fixed else None

    def _run(self, feeds: dict[str, NDArray[np.generic]]) -> Vectors:
        try:
            out = np.asarray(self._session.run([self._output], feeds)[0], np.float32)
        except Exception as exc:  # each of ONNX Runtime's errors derives from Exception only
            raise ModelFilesError(
                f"{self._graph.name} failed while running: {exc}", folder=self._graph.parent
            ) from exc
        if out.ndim != 2 or len(out) != len(next(iter(feeds.values()))):
            raise ModelFilesError(
                f"{self._graph.name} gave shape {out.shape}, not one vector each", folder=self._graph.parent
            )
        return out

    def _type(self, name: str) -> type[np.generic]:
        kind = self.inputs[name].type
        if kind not in _TYPES:
            raise ModelFilesError(
                f"{self._graph.name}: input {name} is of type {kind}", folder=self._graph.parent
            )
        return _TYPES[kind]

    def _choose_output(self) -> str:
        outputs = {str(given.name): given for given in self._session.get_outputs()}
        for name in _OUTPUTS:
            if name in outputs:
                return name
        flat = [name for name, given in outputs.items() if len(given.shape or ()) == 2]
        if len(flat) == 1:
            return flat[0]
        raise ModelFilesError(
            f"{self._graph.name} has no output that is a vector: {', '.join(outputs)}",
            folder=self._graph.parent,
        )


def vector_length(folder: ModelFolder) -> int:
    """Return the length of a model's vectors from its text tower, for configs that do not tell it.

    Raises:
        ModelFilesError: The tower cannot be loaded or run.
    """
    tower = Tower(folder.text, Running(), threads=1)
    return (
        tower.dim
        or tower.run({name: np.ones((1, tower.length(name) or 8)) for name in tower.inputs}).shape[1]
    )


def _open_session(graph: Path, running: Running, threads: int) -> "onnxruntime.InferenceSession":
    from musaic.embed.runtime import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin while they wait take the cores from the decoding threads.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=onnx_names(running.provider))
    except Exception as exc:  # each of ONNX Runtime's errors derives from Exception only
        raise ModelFilesError(
            f"{graph.name} cannot be loaded, it is broken or cut off ({exc}); delete {graph.resolve()} "
            "and copy or fetch it again",
            folder=graph.parent,
        ) from exc


class OnnxEmbedder:
    """Turns pictures and words into L2-normalised float32 vectors; see `musaic.embed.base.Embedder`.

    A tower is loaded when it is first needed: a search by words never loads the vision tower. Thread-safe.

    Args:
        folder: The model.
        fingerprint: What the library remembers of it.
        running: How the graphs are run.
        graph: Gives the file to run for a tower, at the time it is loaded; None: the folder's own.
        closed: What the model was taught; None: an open vocabulary.
        warnings: What the user should know about this model; shown by the caller, and added to.
    """

    def __init__(
        self,
        folder: ModelFolder,
        fingerprint: Fingerprint,
        *,
        running: Running | None = None,
        graph: Callable[[TowerName], Path] | None = None,
        closed: ClosedVocabulary | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        self._folder, self._fingerprint = folder, fingerprint
        self._running = running or Running()
        self._graph = graph or (lambda tower: folder.vision if tower == "vision" else folder.text)
        self._closed = closed
        self._warnings = list(warnings)
        self._lock = threading.Lock()
        self._vision_tower: Tower | None = None
        self._text_tower: tuple[Tower, TextReader, str] | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """What made the vectors."""
        return self._fingerprint

    @property
    def image_size(self) -> int:
        """Side of the square the vision tower sees, in pixels."""
        return self._folder.preprocessing.side

    @property
    def provider(self) -> Provider:
        """What the graphs run on."""
        return self._running.provider

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences the user should see once; more can come when a tower is first used."""
        return tuple(self._warnings)

    def prepare(self, picture: Image.Image) -> Vectors:
        """Return a picture as the vision tower wants it, shape ``(3, image_size, image_size)``."""
        return self._folder.preprocessing.pixels(picture)

    def embed_prepared(self, pixels: Vectors) -> Vectors:
        """Return unit vectors, shape ``(n, dim)``, of prepared pictures, shape ``(n, 3, size, size)``.

        Raises:
            ModelFilesError: The vision tower cannot be loaded or run.
            ModelWiringError: It gives vectors that cannot be used.
        """
        if not len(pixels):
            return np.empty((0, self._fingerprint.dim), np.float32)
        tower = self._vision()
        return self._unit(tower.run({next(iter(tower.inputs)): pixels}), "vision")

    def embed_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors, shape ``(n, dim)``."""
        if not pictures:
            return np.empty((0, self._fingerprint.dim), np.float32)
        return self.embed_prepared(np.stack([self.prepare(picture) for picture in pictures]))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape ``(n, dim)``.

        Raises:
            ModelFilesError: The text tower or its tokenizer cannot be loaded or run.
            ModelWiringError: It gives vectors that cannot be used.
        """
        if not texts:
            return np.empty((0, self._fingerprint.dim), np.float32)
        tower, reader, name = self._text()
        found = reader.read(texts)
        known = {name: found.ids, "attention_mask": found.mask, "token_type_ids": np.zeros_like(found.ids)}
        feeds: dict[str, NDArray[np.generic]] = {wanted: known[wanted] for wanted in tower.inputs}
        return self._unit(tower.run(feeds), "text")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of all kinds of thing that a closed vocabulary tells apart; see `Embedder`."""
        return self._closed.kinds if self._closed else ()

    def understand(self, text: str) -> Understood:
        """Return what is made of a query; see `Embedder`."""
        return self._closed.understand(text) if self._closed else Understood(text)

    def _vision(self) -> Tower:
        with self._lock:
            if self._vision_tower is None:
                tower = self._open("vision", self._running.vision_threads)
                if len(tower.inputs) != 1:
                    raise self._unfit("vision", f"its inputs are {', '.join(tower.inputs)}, not one picture")
                self._vision_tower = tower
            return self._vision_tower

    def _text(self) -> tuple[Tower, TextReader, str]:
        with self._lock:
            if self._text_tower is None:
                tower = self._open("text", self._running.text_threads)
                wanted = [name for name in tower.inputs if name not in ("attention_mask", "token_type_ids")]
                if len(wanted) != 1:
                    raise self._unfit(
                        "text", f"its inputs are {', '.join(tower.inputs)}, not token ids and a mask"
                    )
                reader = TextReader(self._folder.rules, tower.length(wanted[0]))
                self._text_tower = tower, reader, wanted[0]
            return self._text_tower

    def _open(self, name: TowerName, threads: int) -> Tower:
        tower = Tower(self._graph(name), self._running, threads=threads)
        if tower.fell_back:
            self._warnings.append(
                f"ONNX Runtime could not start {self._running.provider} for the {name} tower and uses the CPU; "
                "name embed={'provider': 'cpu'} to leave this warning out"
            )
        return tower

    def _unfit(self, tower: str, reason: str) -> ModelFilesError:
        return ModelFilesError(f"the {tower} tower cannot be used: {reason}", folder=self._folder.path)

    def _unit(self, raw: Vectors, tower: TowerName) -> Vectors:
        model, dim = self._fingerprint.model, self._fingerprint.dim
        if raw.shape[1] != dim:
            raise ModelWiringError(f"its {tower} tower gives {raw.shape[1]} numbers, not {dim}", model=model)
        # A norm in float32 overflows for values above 1e19, which float16 graphs do not reach but broken ones do.
        norms = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
        if not (np.isfinite(norms).all() and norms.all()):
            raise ModelWiringError(
                f"its {tower} tower gives vectors that are zero or not numbers", model=model
            )
        return np.asarray(raw / norms, np.float32)
