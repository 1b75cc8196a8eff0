"""What came back, on disk: ``outputs/<id>/`` holds the model's bytes untouched, a sidecar, and a copy to hand on."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musaic.errors import ExportError
from musaic.export import sign, write_export, write_sidecar
from musaic.generate.base import Attachment, Pictured
from musaic.making.blobs import write_turns, write_whole
from musaic.schemas import Record
from musaic.verify import Examined, examine

_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/heic": ".heic",
}
_TURNS = "turns.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A checked answer on disk.

    Attributes:
        examined: What the checks found.
        path: The model's bytes.
        content: The same, in memory.
    """

    examined: Examined
    path: Path
    content: bytes


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


def keep(library: Path, generation: str, answer: Pictured, *, ratio: str, sent: Sequence[Attachment]) -> Kept:
    """Check what came and write it: the last good picture as ``picture``, others beside it.

    Bytes that are no picture are kept too, as ``answer.bin``: they may have been paid for.
    """
    references = [(each.number, each.content) for each in sent]
    checked = [(examine(each, ratio=ratio, references=references), each) for each in answer.pictures]
    best = next((pair for pair in reversed(checked) if pair[0].state == "picture"), checked[-1])
    folder = folder_of(library, generation)
    for number, (examined, content) in enumerate(checked, 1):
        if content is not best[1] and examined.state == "picture":
            write_whole(folder / f"also-{number}{_ending(examined)}", content)
    path = folder / (f"picture{_ending(best[0])}" if best[0].state == "picture" else "answer.bin")
    write_whole(path, best[1])
    if answer.turns:
        write_turns(library, turns_of(library, generation), answer.turns)
    return Kept(best[0], path, best[1])


def _ending(examined: Examined) -> str:
    return _ENDINGS.get(examined.mime or "", ".img")


def export(
    record: Record, library: Path, *, sent: Sequence[Attachment], signer: Signer | None
) -> Path | None:
    """Write the copy to hand on, marked as generated, and signed where there is a signer; None without a picture."""
    if record.path is None:
        return None
    picture = Path(record.path)
    target = folder_of(library, record.id) / f"export{picture.suffix}"
    if signer is None:
        return write_export(picture, target, record=record)
    return sign(
        picture,
        target,
        record=record,
        references=[(each.asset_id, each.content, each.mime) for each in sent],
        certificate=signer.certificate,
        key=signer.key,
    )


def note_down(record: Record, library: Path) -> None:
    """Write the sidecar."""
    write_sidecar(record, folder_of(library, record.id) / "record.json")


def hand_out(record: Record, out: Path) -> Path | None:
    """Copy a picture to the folder that the user named, under a name that says what it is.

    Raises:
        ExportError: It cannot be written.
    """
    source = record.export_path or record.path
    if source is None:
        return None
    words = re.sub(r"[^\w]+", "-", " ".join([*record.values.values(), record.prompt]).lower()).strip("-_")
    target = out / f"{words[:48].rstrip('-') or 'picture'}-{record.id}{Path(source).suffix}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as exc:
        raise ExportError(f"{target} cannot be written ({exc.strerror or exc}); name another --out") from exc
    return target
