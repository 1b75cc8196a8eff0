"""Signed content credentials (C2PA) for a picture: who made it, how, and from what.

Whoever signs brings a certificate: an ES256 key with its chain, leaf first, whose leaf may sign e-mail or documents.
Without a root that a reader trusts the credentials are valid and say so, but the signer is shown as unknown.
"""

import importlib
import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

from musaic.errors import ExportError, ExtraMissingError
from musaic.export.containers import has_credentials, kind_of
from musaic.export.files import read_file, write_file
from musaic.export.xmp import creator, marked, source_type
from musaic.schemas import Record

_PARENT = "musaic:as-it-came"
# Nothing is fetched while signing, and no small copies of private references are put in.
_SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
}


def sign(
    picture: Path,
    target: Path,
    *,
    record: Record,
    references: Sequence[tuple[str, bytes, str]],
    certificate: Path,
    key: Path,
) -> Path:
    """Write a copy of a picture with XMP and signed content credentials.

    References are ingredients, named by asset id and held by hash alone. Credentials that the model's service put into
    the picture are kept as those of its parent. Any later change of the file, its metadata too, breaks the signature.

    Args:
        picture: As it came from the model: PNG, JPEG or WebP; never written to.
        target: Replaced where it is there.
        record: What is said.
        references: Asset id, bytes as they were sent, and type of each.
        certificate: PEM file, the chain from the leaf up.
        key: PEM file, the leaf's private key on the curve P-256.

    Raises:
        ExtraMissingError: The `c2pa-python` package is not installed.
        ExportError: The picture, certificate or key cannot be used, or the copy cannot be written.
    """
    c2pa = _package()
    if target.exists() and picture.samefile(target):
        raise ExportError(f"{target} is the picture itself, which is never written over")
    content = read_file(picture, what="the picture")
    chain, secret = read_file(certificate, what="the certificate"), read_file(key, what="the key")
    parent = content if has_credentials(content) else None
    try:
        signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain, secret, None))
        with signer, _builder(c2pa, record, references, mime=kind_of(content), parent=parent) as builder:
            signed = BytesIO()
            builder.sign(signer, kind_of(content), BytesIO(marked(content, record)), signed)
    except c2pa.C2paError as exc:
        raise ExportError(f"the content credentials of {picture} cannot be signed: {exc}") from exc
    return write_file(target, signed.getvalue())


def _package() -> ModuleType:
    try:
        return importlib.import_module("c2pa")
    except ImportError as exc:
        raise ExtraMissingError(extra="c2pa", needed_for="signing content credentials") from exc


def _builder(
    package: ModuleType,
    record: Record,
    references: Sequence[tuple[str, bytes, str]],
    *,
    mime: str,
    parent: bytes | None,
) -> Any:
    named = [f"musaic:{asset_id}" for asset_id, _, _ in references]
    manifest = {
        "claim_generator_info": [dict(zip(("name", "version"), creator(), strict=True))],
        "title": record.id,
        "format": mime,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": _actions(record, named, has_parent=parent is not None)},
            }
        ],
    }
    context = package.Context(settings=package.Settings.from_dict(_SETTINGS))
    builder = package.Builder(json.dumps(manifest), context=context)
    for label, (asset_id, content, kind) in zip(named, references, strict=True):
        entry = {"title": asset_id, "relationship": "inputTo", "instance_id": label, "label": label}
        builder.add_ingredient(json.dumps(entry), kind, BytesIO(content))
    if parent is not None:
        entry = {"title": record.id, "relationship": "parentOf", "instance_id": _PARENT, "label": _PARENT}
        builder.add_ingredient(json.dumps(entry), mime, BytesIO(parent))
    return builder


def _actions(record: Record, named: Sequence[str], *, has_parent: bool) -> list[dict[str, Any]]:
    """Return what was done. A picture with credentials was made there, and only opened and described here."""
    made = {
        "digitalSourceType": source_type(record),
        "softwareAgent": {"name": f"{record.engine}: {record.model}"},
    }
    inputs = {"parameters": {"ingredientIds": list(named)}} if named else {}
    if not has_parent:
        return [{"action": "c2pa.created", **made, **inputs}]
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_PARENT]}}
    return [opened, {"action": "c2pa.edited.metadata", **made, **inputs}]
