"""From settings to an encoder."""

from pathlib import Path
from typing import cast

from musaic.config import EmbedSettings
from musaic.embed.cache import combined_sha256, user_cache
from musaic.embed.folder import ModelFolder, read_folder
from musaic.embed.onnx import OnnxEmbedder, Running
from musaic.embed.providers import choose_provider, cores
from musaic.errors import ModelFilesError
from musaic.schemas import Fingerprint


def load_embedder(settings: EmbedSettings, *, cache: Path | None = None, callers: int | None = None) -> OnnxEmbedder:
    import onnxruntime
    folder = read_folder(Path(settings.model))
    sha = combined_sha256(folder.weight_files(), cache=cache or user_cache())
    fp = Fingerprint(model=folder.path.name, revision="local", precision="fp32", weights_sha256=sha, dim=folder.dim or 0)
    threads = settings.threads or cores()
    running = Running("cpu", max(1, threads // (callers or threads)), threads)
    return OnnxEmbedder(folder, fp, running=running)
