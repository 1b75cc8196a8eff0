"""What came back, on disk: ``outputs/<id>/`` holds the model's bytes untouched, a sidecar, and a copy to hand on."""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from musaic.errors import ExportError, LibraryError, MusaicError
from musaic.export import sign, write_export, write_sidecar
from musaic.making.blobs import read_blob
from musaic.making.records import with_note
from musaic.schemas import Record

_TURNS, _SIDECAR = "turns.json", "record.json"


@dataclass(frozen=True, slots=True)
class Signer:
    """PEM files: the certificate's chain, and its private key."""

    certificate: Path
    key: Path


def folder_of(library: Path, generation: str) -> Path:
    """Return where everything of a generation is."""
    return library / "outputs" / generation


def turns_of(library: Path, generation: str) -> Path:
    """Return where the conversation of a generation is."""
    return folder_of(library, generation) / _TURNS


def exported(record: Record, library: Path, signer: Signer | None) -> Record:
    """Write the copy to hand on, marked as generated, and signed where there is a signer.

    Returns:
        The record with the copy's path. What cannot be done is a finding: the picture itself is safe already.
    """
    if record.path is None:
        return record
    picture = Path(record.path)
    target = folder_of(library, record.id) / f"export{picture.suffix}"
    if signer is not None:
        try:
            return _copied(record, _signed(record, picture, target, library, signer))
        except Exception as exc:
            record = with_note(record, f"the copy to hand on is not signed: {_said(exc)}")
    try:
        return _copied(record, write_export(picture, target, record=record))
    except Exception as exc:
        return with_note(record, f"no copy to hand on could be written: {_said(exc)}")


def _signed(record: Record, picture: Path, target: Path, library: Path, signer: Signer) -> Path:
    return sign(
        picture,
        target,
        record=record,
        references=[(each.asset_id, read_blob(library, each.sha256), each.mime) for each in record.sent],
        certificate=signer.certificate,
        key=signer.key,
    )


def _copied(record: Record, copy: Path) -> Record:
    return record.model_copy(update={"export_path": str(copy)})


def _said(exc: Exception) -> str:
    return str(exc) if isinstance(exc, MusaicError) else f"{type(exc).__name__}: {exc}"


def note_down(record: Record, library: Path) -> None:
    """Write the sidecar.

    Raises:
        LibraryError: It cannot be written.
    """
    folder = folder_of(library, record.id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_sidecar(record, folder / _SIDECAR)
    except OSError as exc:
        raise LibraryError(
            f"{folder} cannot be written ({exc.strerror or exc}); free space or fix its rights"
        ) from exc
    except ExportError as exc:
        raise LibraryError(f"{exc}; free space or fix its rights") from exc


def noted_down(record: Record, library: Path) -> Record:
    """Return a record with all that its sidecar knows besides; the record where there is none."""
    try:
        noted = Record.model_validate_json((folder_of(library, record.id) / _SIDECAR).read_bytes())
    except (OSError, ValueError):
        return record
    if (noted.id, noted.run) != (record.id, record.run):
        return record
    known = {"sent": noted.sent, "sent_prompt": noted.sent_prompt, "references": noted.references}
    return record.model_copy(update=known)


def check_out(out: Path) -> None:
    """Make the folder that the user named for copies, and see that a file can be written there.

    Raises:
        ExportError: It cannot; said before a picture is paid for.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or exc
        raise ExportError(f"{out} is no folder that can be written ({why}); name another out=...") from exc


def hand_out(record: Record, out: Path) -> Path | None:
    """Copy a picture to the folder that the user named, under a name that says what it is.

    Raises:
        ExportError: It cannot be written.
    """
    source = record.export_path or record.path
    if source is None:
        return None
    words = re.sub(r"[^\w]+", "-", " ".join([*record.values.values(), record.prompt]).lower()).strip("-_")
    name = f"{words[:48].rstrip('-') or 'picture'}-{record.ratio.replace(':', 'x')}-{record.id}"
    target = out / f"{name}{Path(source).suffix}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as exc:
        raise ExportError(
            f"{target} cannot be written ({exc.strerror or exc}); name another out=..."
        ) from exc
    return target
