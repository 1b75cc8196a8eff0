"""References as they leave the house: checked, without private metadata, kept as evidence."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from musaic import media
from musaic.errors import PlanError
from musaic.generate.base import Attachment
from musaic.making.blobs import keep_blob
from musaic.media.outgoing import outgoing
from musaic.media.spoken import spoken_name
from musaic.schemas import ImageModel, Reference, Sent

# Reading picks the type by content; a picture above this is scaled down before it is sent.
_LEAST_BYTES = 100_000


def attach(
    references: Sequence[Reference], *, model: ImageModel, folder: Path | None
) -> tuple[Attachment, ...]:
    """Return references as they are sent, and keep each one's bytes in the library's outputs.

    Args:
        references: In order; their files are only read.
        model: Says which types and sizes it takes.
        folder: The library folder; None keeps nothing.

    Raises:
        PlanError: A reference's file is not there.
        MediaError: A reference cannot be read.
    """
    # One more may follow: the first ratio of a picture goes along with the others.
    share = model.request_bytes // (len(references) + 1)
    most_bytes = max(_LEAST_BYTES, min(model.reference_bytes, share))
    return tuple(_attachment(each, model, folder, most_bytes) for each in references)


def _attachment(reference: Reference, model: ImageModel, folder: Path | None, most_bytes: int) -> Attachment:
    path = Path(reference.path)
    if not os.path.isfile(path):  # noqa: PTH113  Path.is_file raises for names that no file can have
        raise PlanError(
            f"image {reference.number}, {reference.path}, is not there now; is the drive mounted? "
            "If it has moved, run `musaic ingest` on its new folder"
        )
    sent = outgoing(path, input_types=model.input_types, most_bytes=most_bytes)
    return Attachment(
        number=reference.number,
        role=reference.role,
        asset_id=reference.asset_id,
        mime=sent.mime,
        content=sent.content,
        sha256=hashlib.sha256(sent.content).hexdigest()
        if folder is None
        else keep_blob(folder, sent.content),
        changed=sent.changed,
        name=spoken_name(reference.path),
    )


def sent_of(attachment: Attachment) -> Sent:
    """Return what the record says of an attachment."""
    return Sent(
        number=attachment.number,
        role=attachment.role,
        asset_id=attachment.asset_id,
        mime=attachment.mime,
        size_bytes=len(attachment.content),
        sha256=attachment.sha256,
        changed=attachment.changed,
    )


def asset_id_of(content: bytes) -> str:
    """Return the asset id of a file's bytes."""
    return media.content_id(hashlib.sha256(content).hexdigest())
