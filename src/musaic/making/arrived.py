"""What came, on disk: raw before anything else is done with it, then checked, and under its name.

The raw bytes, ``answer-1.bin`` and so on, are there only between the two. Whoever finds them later finds what a
process left that was killed in between, and goes on from there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, count, repeat
from pathlib import Path

from musaic.errors import LibraryError
from musaic.generate.base import Attachment, Pictured
from musaic.making.blobs import read_blob, sync_folder, write_turns, write_whole
from musaic.making.save import folder_of, turns_of
from musaic.schemas import Finding, Record, Sent
from musaic.verify import Examined, examine

_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/heic": ".heic",
}
_RAW = re.compile(r"answer(?:-(\d{1,4}))?\.bin")
# Another process may be at the same answer: what has moved from under one name is under the next.
_LOOKS = 5


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
class _Raw:
    """A picture of an answer that nobody has looked at: its number, file, bytes, and what the service calls it."""

    number: int
    path: Path
    content: bytes
    label: str | None = None


def keep(library: Path, record: Record, answer: Pictured, *, sent: Sequence[Attachment] = ()) -> Kept:
    """Write what came, then check it: the last good one is the ``picture``, others lie beside it.

    Bytes that are no picture are kept too, as ``answer.bin`` or ``also-1.bin``: they may have been paid for.

    Args:
        library: The library folder.
        record: As it was sent.
        answer: With at least one picture.
        sent: Those of the pictures in `record.sent` that are in memory.

    Raises:
        LibraryError: It cannot be written.
    """
    folder = folder_of(library, record.id)
    labels = chain(answer.labels, repeat(None))
    raws = [
        _Raw(number, folder / f"answer-{number}.bin", content, label)
        for (number, content), label in zip(enumerate(answer.pictures, 1), labels, strict=False)
    ]
    for raw in reversed(raws):  # the best is the last
        write_whole(raw.path, raw.content)
    noted = [Finding(check="engine", severity="warning", message=note) for note in answer.notes]
    trouble = _keep_turns(library, record.id, answer)
    kept = _named(raws, folder, record, pictures_sent(library, record, sent))
    return replace(
        kept, examined=replace(kept.examined, findings=(*kept.examined.findings, *noted, *trouble))
    )


def keep_body(library: Path, record: Record, came: bytes) -> Path:
    """Keep an answer as it came, whose pictures could not all be read: it may have been paid for.

    Raises:
        LibraryError: It cannot be written.
    """
    folder = folder_of(library, record.id)
    names = (folder / f"answer-{number}.txt" for number in count(1))
    path = next(each for each in names if not each.exists())
    write_whole(path, came)
    return path


def left_behind(library: Path, record: Record) -> Kept | None:
    """Return what had come for a process that is gone, checked and under its name; None where nothing had.

    Raises:
        LibraryError: It is there, and cannot be read or given its name.
    """
    folder = folder_of(library, record.id)
    try:
        for _ in range(_LOOKS):
            kept = _look(library, folder, record)
            if kept is not None:
                return kept
    except OSError as exc:
        raise LibraryError(
            f"what came for {record.id} cannot be read ({exc.strerror or exc}); see to {folder}"
        ) from exc
    return None


def pictures_sent(
    library: Path, record: Record, at_hand: Sequence[Attachment] = ()
) -> list[tuple[int, bytes]]:
    """Return number and bytes of each picture that was sent, also of those in a conversation.

    One that is not on disk any more is left out.
    """
    known = {each.sha256: each.content for each in at_hand}
    found = ((each, known.get(each.sha256) or _kept_content(library, record, each)) for each in record.sent)
    return [(each.number, content) for each, content in found if content]


def _kept_content(library: Path, record: Record, sent: Sent) -> bytes | None:
    try:
        return read_blob(library, sent.sha256)
    except (OSError, ValueError):
        pass
    # A service may spell its picture in a way in which a conversation does not keep it apart.
    parent = folder_of(library, record.parent or record.id)
    for path in parent.glob("picture.*"):
        content = _read(path)
        if content is not None and sha256(content).hexdigest() == sent.sha256:
            return content
    return None


def _look(library: Path, folder: Path, record: Record) -> Kept | None:
    path = next(iter(sorted(folder.glob("picture.*"))), None)
    if path is not None and (content := _read(path)) is not None:
        sent = pictures_sent(library, record)
        return Kept(_examined(content, record, sent), path, content)
    raws = list(_raws(folder))
    return _named(raws, folder, record, pictures_sent(library, record)) if raws else None


def _examined(
    content: bytes, record: Record, sent: Sequence[tuple[int, bytes]], *, said: str | None = None
) -> Examined:
    return examine(content, ratio=record.ratio, size=record.size, references=sent, said=said)


def _raws(folder: Path) -> Iterator[_Raw]:
    """Yield the pictures of an answer that lie raw, in order."""
    numbered = ((match, path) for path in folder.glob("answer*.bin") if (match := _RAW.fullmatch(path.name)))
    for number, path in sorted((int(match[1] or 0), path) for match, path in numbered):
        content = _read(path)
        if content is not None:
            yield _Raw(number, path, content)


def _read(path: Path) -> bytes | None:
    """Return a file's bytes; None where there is none now."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _named(raws: Sequence[_Raw], folder: Path, record: Record, sent: Sequence[tuple[int, bytes]]) -> Kept:
    """Check an answer's pictures and give each its name."""
    checked = [(raw, _examined(raw.content, record, sent, said=raw.label)) for raw in raws]
    best, examined = next((pair for pair in reversed(checked) if pair[1].state == "picture"), checked[-1])
    notes = [note for raw, found in checked if raw is not best and (note := _aside(raw, found, best, folder))]
    # Last of all: while this name is not there, whoever comes later does the same again.
    path = folder / (f"picture{_ending(examined)}" if examined.state == "picture" else "answer.bin")
    _rename(best.path, path)
    if examined.state == "malformed":
        notes.append(_note(f"what came is kept as it came, in {path}"))
    return Kept(replace(examined, findings=(*examined.findings, *notes)), path, best.content)


def _aside(raw: _Raw, found: Examined, best: _Raw, folder: Path) -> Finding | None:
    """Put a picture beside the best one, for it was paid for too; say so of one that is none."""
    if raw.content == best.content:
        raw.path.unlink(missing_ok=True)
        return None
    path = folder / f"also-{raw.number}{'.bin' if found.state == 'malformed' else _ending(found)}"
    _rename(raw.path, path)
    if found.state != "malformed":
        return None
    return _note(f"of picture {raw.number} of the answer, {found.reason}; it is kept as it came, in {path}")


def _note(message: str) -> Finding:
    return Finding(check="answer", severity="note", message=message)


def _rename(path: Path, target: Path) -> None:
    try:
        path.replace(target)
        sync_folder(target.parent)
    except OSError as exc:
        if isinstance(exc, FileNotFoundError) and target.is_file():  # another process was quicker
            return
        raise LibraryError(
            f"{target} cannot be written ({exc.strerror or exc}); free space or fix its rights"
        ) from exc


def _ending(examined: Examined) -> str:
    return _ENDINGS.get(examined.mime or "", ".img")


def _keep_turns(library: Path, generation: str, answer: Pictured) -> list[Finding]:
    """Keep the conversation; a picture stands without it, since refining can go on from the picture alone."""
    try:
        if answer.turns:
            write_turns(library, turns_of(library, generation), answer.turns)
    except (LibraryError, ValueError, TypeError, RecursionError) as exc:
        message = f"its conversation could not be kept: {exc}"
        return [Finding(check="saving", severity="warning", message=message)]
    return []
