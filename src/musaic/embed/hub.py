"""Weights from the model hub: fetched once, resumed where a transfer broke off, checked against their hashes.

Files end up in the hub library's own cache (``HF_HOME``), where other programs find them too. That library starts a
broken-off file anew in the next process (seen in huggingface_hub 2.4.0), so the blobs are fetched here, and it only
links them. What the hub answers is not trusted: names, sizes and contents are checked.
"""

import contextlib
import hashlib
import importlib
import logging
import re
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from musaic.disk import holder_of
from musaic.embed.cache import user_cache
from musaic.embed.folder import LAYOUT_FILES, Stored, Suffix, find_variant, has_weights
from musaic.embed.models import ModelSpec
from musaic.errors import ConfigError, HubError, ModelFilesError, MusaicError
from musaic.home import expanded
from musaic.network import misset, without_passwords

if TYPE_CHECKING:
    from filelock import FileLock
    from huggingface_hub.hf_api import RepoSibling

_logger = logging.getLogger("musaic")
OnDownload = Callable[[int, int], None]
"""Told how a download goes: bytes done, bytes in all."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PASSING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_WAIT_S = 0.25
_TELL_AFTER_S = 0.3
_CHUNK_BYTES = 1 << 20
_SIDE_FILES = (".json", ".txt", ".model")


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository. `digest` is a SHA-256 for large files and git's SHA-1 for small ones."""

    name: str
    size: int
    digest: str

    def hasher(self) -> "hashlib._Hash":
        """Return what computes `digest`."""
        if _SHA256.fullmatch(self.digest):
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)


@dataclass(frozen=True)
class Hub:
    """The model hub and the cache of its library.

    Attributes:
        endpoint: Address; None: ``HF_ENDPOINT``, or the public hub.
        cache: Folder; None: ``HF_HUB_CACHE`` or ``HF_HOME``, or the library's own place.
        tries: How often in a row a transfer may get on by no byte before it is given up.
        notify: Told in plain words of another process that is waited for.
    """

    endpoint: str | None = None
    cache: Path | None = None
    tries: int = 5
    notify: Callable[[str], None] = _logger.warning

    def local(
        self, spec: ModelSpec, *, precision: Stored = "fp32", revision: str | None = None
    ) -> Path | None:
        """Return the folder of a model whose weights are on this machine, or None. Asks no network."""
        with contextlib.suppress(OSError):  # what cannot be read is not there
            names = [revision] if revision else self._revisions(spec)
            folders = (self._storage(spec) / "snapshots" / name for name in names)
            return next((each for each in folders if _is_complete(each, spec, precision)), None)
        return None

    def _revisions(self, spec: ModelSpec) -> list[str]:
        """Return the commits on this machine: what ``main`` was when last looked up, then the newest first."""
        main, snapshots = self._storage(spec) / "refs/main", self._storage(spec) / "snapshots"
        first = [main.read_text().strip()] if main.is_file() else []
        if not snapshots.is_dir():
            return first
        rest = sorted(snapshots.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        return [*first, *(path.name for path in rest)]

    def answers(self, spec: ModelSpec, *, timeout_s: float = 3.0) -> bool:
        """Return whether the hub has a model and answers in time. Never raises."""
        from huggingface_hub import HfApi, is_offline_mode

        try:
            if is_offline_mode():
                return False
            HfApi(endpoint=self.endpoint).model_info(_repository(spec), timeout=timeout_s)
        except Exception:  # whatever it is, there is no download to offer
            return False
        return True

    def fetch(
        self,
        spec: ModelSpec,
        *,
        precision: Stored = "fp32",
        revision: str | None = None,
        on_download: OnDownload | None = None,
    ) -> Path:
        """Return the folder of a model, and download what of it is not on this machine.

        Args:
            spec: Of the table, not the bundled one.
            precision: Which of several published weights.
            revision: Commit of the repository; None: what is on this machine, else the newest.
            on_download: Told how it goes.

        Raises:
            HubError: The hub cannot be reached, refuses, or sends something else than it announced.
            ConfigError: ``HF_ENDPOINT`` is no address.
        """
        if (local := self.local(spec, precision=precision, revision=revision)) is not None:
            return local
        with _explained(spec, host=_host_of(self._address())):
            return self._download(
                spec, precision, revision or "main", on_download or (lambda _done, _total: None)
            )

    def _download(self, spec: ModelSpec, precision: Stored, revision: str, tell: OnDownload) -> Path:
        from huggingface_hub import HfApi, hf_hub_download

        repository = _repository(spec)
        api = HfApi(endpoint=self.endpoint, library_name="musaic")
        found = api.model_info(repository, revision=revision, files_metadata=True, timeout=30)
        commit = found.sha or ""
        if not _COMMIT.fullmatch(commit):
            raise HubError(
                f"the hub answered without a commit for {repository}; is HF_ENDPOINT right?", model=spec.id
            )
        files = _chosen([_checked(entry, spec) for entry in found.siblings or []], spec, precision)
        done, total = 0, sum(file.size for file in files)
        tell(0, total)
        for file in files:
            self._fetch_blob(spec, commit, file, lambda part, before=done: tell(before + part, total))  # type: ignore[misc]
            done += file.size
            tell(done, total)
        # The graphs are linked last, so that a folder with both is complete.
        for file in sorted(files, key=lambda each: each.name.endswith(".onnx")):
            hf_hub_download(
                repository, file.name, revision=commit, cache_dir=self._folder(), endpoint=self.endpoint
            )
        return self._storage(spec) / "snapshots" / commit

    def _fetch_blob(
        self, spec: ModelSpec, commit: str, file: RemoteFile, tell: Callable[[int], None]
    ) -> None:
        from filelock import FileLock
        from huggingface_hub import hf_hub_url

        blob = self._storage(spec) / "blobs" / file.digest
        part = blob.with_name(f"{file.digest}.musaic-part")
        blob.parent.mkdir(parents=True, exist_ok=True)
        with self._waiting(FileLock(part.with_suffix(".musaic-lock")), f"{file.name} of {spec.id}"):
            if blob.is_file() and _digest_of(blob, file) == file.digest:
                return
            url = hf_hub_url(_repository(spec), file.name, revision=commit, endpoint=self.endpoint)
            with part.open("ab") as stream:
                _transfer(url, file, stream, tell, tries=self.tries)
            if _digest_of(part, file) != file.digest:
                part.unlink()
                raise HubError(
                    f"what the hub sent for {file.name} of {spec.id} does not match its checksum, and was thrown away; "
                    f"run again, or {_WAYS_OUT}",
                    model=spec.id,
                )
            part.replace(blob)

    @contextlib.contextmanager
    def _waiting(self, lock: "FileLock", what: str) -> Iterator[None]:
        """Hold a lock, and say for whom it is waited if it is not free: a download may take long."""
        from filelock import Timeout

        try:
            lock.acquire(timeout=_TELL_AFTER_S)
        except Timeout:
            holder = holder_of(Path(lock.lock_file))
            self.notify(f"{what} is being fetched by {holder}; waiting until it is done (Ctrl-C ends this)")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _address(self) -> str:
        from huggingface_hub import constants

        return self.endpoint or constants.ENDPOINT

    def _storage(self, spec: ModelSpec) -> Path:
        return self._folder() / f"models--{_repository(spec).replace('/', '--')}"

    def _folder(self) -> Path:
        from huggingface_hub import constants

        folder = expanded(self.cache or constants.HF_HUB_CACHE)
        # A user without a home folder: the library's own place begins with "~", and would be made right here.
        return user_cache() / "hub" if folder.parts[:1] == ("~",) else folder


def check_blob(file: Path, sha256: str) -> None:
    """Compare a file's hash with the name that the hub's cache gave it; other files pass.

    Raises:
        ModelFilesError: The file was changed or damaged after it was fetched.
    """
    blob = file.resolve()
    if blob.parent.name == "blobs" and _SHA256.fullmatch(blob.name) and blob.name != sha256:
        raise ModelFilesError(
            f"{file.name} is damaged, its content does not match its checksum; delete {blob} and run again to fetch it",
            folder=file.parent,
        )


_WAYS_OUT = (
    "copy the model's folder from another machine and name it with embed={'model': 'PATH'}, point HF_ENDPOINT at a hub "
    "that this machine can reach, or use embed={'model': 'starter'}, which is bundled"
)


def _host_of(address: str) -> str:
    """Return the host of a hub, with its port if it is a special one; what else is in an address may be secret.

    Raises:
        ConfigError: It is no address.
    """
    with contextlib.suppress(ValueError):  # brackets that do not close, a port that is none
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        if parts.scheme in ("http", "https") and parts.hostname and not set(address) & set(string.whitespace):
            return f"{parts.hostname}{port}"
    shown = without_passwords(address)
    raise ConfigError(
        f"HF_ENDPOINT is {shown!r}, which is no address of a model hub; it must look like https://hub.example.com, "
        "or be unset"
    )


def _repository(spec: ModelSpec) -> str:
    if spec.repository is None:
        raise ValueError(f"{spec.id} is bundled and on no hub")
    return spec.repository


def _is_complete(folder: Path, spec: ModelSpec, precision: Stored) -> bool:
    if not has_weights(folder, spec.layout, precision):
        return False
    return all((folder / name).is_file() for name in LAYOUT_FILES[spec.layout])


def _checked(entry: "RepoSibling", spec: ModelSpec) -> RemoteFile:
    """Return an entry of the hub's listing, or refuse it: its name becomes a path, its digest a file name."""
    name, size = entry.rfilename, entry.lfs.size if entry.lfs else entry.size
    digest = entry.lfs.sha256 if entry.lfs else entry.blob_id
    shape = _SHA256 if entry.lfs else _COMMIT
    sound = isinstance(size, int) and size >= 0 and isinstance(digest, str) and shape.fullmatch(digest)
    if not sound or not _is_plain(name):
        raise HubError(f"the hub lists a file of {spec.id} that cannot be right: {name!r}", model=spec.id)
    assert isinstance(size, int)
    assert isinstance(digest, str)
    return RemoteFile(name, size, digest)


def _is_plain(name: str) -> bool:
    if not isinstance(name, str) or not name or not name.isprintable() or set(name) & set('\\:*?"<>|'):
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and str(path) == name


def _chosen(files: list[RemoteFile], spec: ModelSpec, precision: Stored) -> list[RemoteFile]:
    names = {file.name for file in files}
    if spec.layout == "immich":
        chosen = [file for file in files if _is_immich(PurePosixPath(file.name))]
    else:
        variant = find_variant(names, precision)
        chosen = [
            file for file in files if variant and _is_transformers(PurePosixPath(file.name), variant[0])
        ]
    missing = [name for name in LAYOUT_FILES[spec.layout] if name not in {file.name for file in chosen}]
    graphs = [file.name for file in chosen if file.name.endswith(".onnx")]
    if missing or len(graphs) != 2:
        raise HubError(
            f"the hub's repository {spec.repository} lacks {', '.join(missing) or 'weights'}", model=spec.id
        )
    return chosen


def _is_immich(path: PurePosixPath) -> bool:
    if str(path) == "config.json":
        return True
    # Deeper folders hold the weights for other machines (fp16/, rknpu/), which are as large again.
    return (
        len(path.parts) == 2
        and path.parts[0] in ("visual", "textual")
        and path.suffix not in (".armnn", ".rknn")
    )


def _is_transformers(path: PurePosixPath, suffix: Suffix) -> bool:
    if len(path.parts) == 1:
        return path.suffix in _SIDE_FILES
    graphs = tuple(f"{tower}_model{suffix}.onnx" for tower in ("vision", "text"))
    # External weights are called model.onnx_data, model.onnx_data_1, ….
    return len(path.parts) == 2 and path.parts[0] == "onnx" and path.name.split("_data")[0] in graphs


def _digest_of(path: Path, file: RemoteFile) -> str:
    hasher = file.hasher()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.hexdigest()


def _transfer(
    url: str, file: RemoteFile, stream: BinaryIO, tell: Callable[[int], None], *, tries: int
) -> None:
    """Append what is missing of a file; try again where the last transfer broke off, while some of them get on."""
    failures = 0
    if stream.seek(0, 2) > file.size:
        stream.truncate(0)
    while (before := stream.seek(0, 2)) < file.size:
        broken: Exception = OSError(
            f"the hub sends no more of {file.name} than {before} of {file.size} bytes"
        )
        try:
            _append(url, file, stream, tell)
        except _passing_errors() as exc:
            broken = exc
        failures = 0 if stream.seek(0, 2) > before else failures + 1
        if failures >= tries or _final_status(broken) is not None:
            raise broken
        if failures:
            time.sleep(_WAIT_S * 2**failures)


def _append(url: str, file: RemoteFile, stream: BinaryIO, tell: Callable[[int], None]) -> None:
    from huggingface_hub import get_session
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        hf_raise_for_status,
    )

    start = stream.seek(0, 2)
    # Compressed answers have no ranges.
    headers = build_hf_headers(library_name="musaic") | {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with get_session().stream("GET", url, headers=headers, timeout=30) as response:
        hf_raise_for_status(response)
        if start and response.status_code != 206:
            start = stream.truncate(0)
        # Chunks of a given size would be filled up in memory, and lost when the line breaks off.
        for chunk in response.iter_bytes():
            start += len(chunk)
            if start > file.size:
                stream.truncate(0)
                raise OSError(f"the hub sent more than the {file.size} bytes it announced for {file.name}")
            stream.write(chunk)
            stream.flush()  # what came is on disk, should this process be killed
            tell(start)


def _passing_errors() -> tuple[type[Exception], ...]:
    """Return the errors that may pass: a line that broke off, an answer that is an error."""
    from huggingface_hub import get_session
    from huggingface_hub.errors import HfHubHTTPError

    # The hub's library changed its client from httpx to httpx2; both call these errors the same.
    client = importlib.import_module(type(get_session()).__module__.split(".")[0])
    return (client.TransportError, HfHubHTTPError)


def _final_status(error: Exception) -> int | None:
    """Return the status that an error came with, if asking again gets the same answer."""
    status: int | None = getattr(getattr(error, "response", None), "status_code", None)
    return None if status in _PASSING_STATUS else status


@contextlib.contextmanager
def _explained(spec: ModelSpec, *, host: str) -> Iterator[None]:
    """Say in one sentence what kept weights from being fetched, and what to do; trying again only where that may help.

    Args:
        spec: What was to be fetched.
        host: Of the hub.
    """
    try:
        yield
    except MusaicError:
        raise
    except Exception as exc:  # the hub's library raises its own, its client's and the system's errors
        raise HubError(f"{_cause(exc, spec, host)} {_WAYS_OUT}", model=spec.id) from exc


def _cause(error: Exception, spec: ModelSpec, host: str) -> str:
    """Return the beginning of a sentence that ends with the ways out."""
    from huggingface_hub import errors

    reason = without_passwords(str(error).splitlines()[0]) if str(error) else type(error).__name__
    if (wrong := misset()) is not None:
        return f"the weights of {spec.id} could not be fetched from {host}: {wrong}, or"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return f"the weights of {spec.id} are not here and HF_HUB_OFFLINE forbids fetching them; unset it, or"
    if isinstance(error, errors.GatedRepoError):
        return f"{spec.repository} at {host} wants an account; set HF_TOKEN, or"
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError)):
        return f"the hub at {host} has no {spec.repository} at this revision;"
    if (status := _final_status(error)) is not None:
        return f"the hub at {host} does not give {spec.repository} (status {status}); is HF_ENDPOINT right? If it is,"
    if isinstance(error, (ValueError, TypeError, KeyError, AttributeError)):
        return f"what answers at {host} is no model hub ({reason}); is HF_ENDPOINT right? If it is,"
    return (
        f"the weights of {spec.id} could not be fetched from {host} ({reason}); what has arrived is kept: run again to "
        "go on, or"
    )
