"""Rows: the schema, the limits of a Milvus server, and the way from an `Asset` to a row and back.

The limits are those of a server (2.3 and newer), held on Milvus Lite too, which checks few of them.
Lengths are in bytes of UTF-8, as the server counts them.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from musaic.errors import StoreLimitError
from musaic.filters import UNKNOWN_TIME, decode_text, encode_text
from musaic.schemas import Asset

SCHEMA_VERSION = 1
MAX_DIM = 32_768
MAX_WINDOW = 16_384
"""Most rows that one search can reach: limit + offset."""
MAX_NAME_BYTES = 255
MAX_JSON_BYTES = 65_536
MAX_JSON_DEPTH = 64
MAX_ELEMENTS = 4_096

TEXT_BYTES = {"id": 64, "asset_id": 64, "kind": 16, "filename": 2_048, "folder": 8_192, "mime": 128}
LIST_BYTES = {"paths": 8_192, "tags": 1_024}
INTEGERS = ("size_bytes", "width", "height", "captured_at", "modified_at", "ingested_at")
ASSET_FIELDS = (*TEXT_BYTES, *LIST_BYTES, *INTEGERS, "metadata")

_ID = re.compile(r"[0-9A-Za-z._:#-]+")
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class Row:
    """An asset and its vector, float32, shape ``(dim,)``."""

    asset: Asset
    vector: NDArray[np.float32]


def check_collection_name(name: str, *, most: int = MAX_NAME_BYTES) -> None:
    """Refuse a collection name that a server would refuse.

    Raises:
        StoreLimitError: Not letters, digits and underscores of ASCII, or it starts with a digit, or is too long.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
        raise StoreLimitError(
            f"store.collection {name!r} cannot be used: letters, digits and underscores only, no digit first"
        )
    if len(name) > most:
        raise StoreLimitError(f"store.collection has {len(name)} characters; at most {most} are possible")


def check_dim(dim: int) -> None:
    """Refuse a vector length that a server would refuse."""
    if not 1 <= dim <= MAX_DIM:
        raise StoreLimitError(f"vectors of {dim} numbers cannot be stored; 1 to {MAX_DIM} can")


def check_window(limit: int, offset: int) -> None:
    """Refuse a page that a server would refuse.

    Raises:
        StoreLimitError: `limit` under 1, `offset` under 0, or together over `MAX_WINDOW`.
    """
    if limit < 1 or offset < 0:
        raise StoreLimitError(
            f"limit {limit} with offset {offset} makes no page; limit starts at 1, offset at 0"
        )
    if limit + offset > MAX_WINDOW:
        raise StoreLimitError(
            f"limit {limit} plus offset {offset} is {limit + offset}; one search reaches {MAX_WINDOW} at most"
        )


def check_id(row_id: str) -> str:
    """Return a row id, or refuse one that is empty, too long or not plain ASCII."""
    if not _ID.fullmatch(row_id):
        raise StoreLimitError(f"id {row_id!r} cannot be used: letters, digits and . _ : # - only")
    return _text("id", row_id, most=TEXT_BYTES["id"], row_id=row_id)


def check_vector(vector: NDArray[np.float32], *, dim: int, row_id: str | None = None) -> NDArray[np.float32]:
    """Return a vector as float32, shape ``(dim,)``.

    Raises:
        StoreLimitError: Another shape, NaN, infinity, or all zeros, which has no direction.
    """
    whose = f"vector of {row_id}" if row_id else "query vector"
    array = np.asarray(vector, dtype=np.float32)
    if array.shape != (dim,):
        raise StoreLimitError(f"{whose} has shape {array.shape}; this library's have shape {(dim,)}")
    if not np.isfinite(array).all():
        raise StoreLimitError(f"{whose} holds NaN or infinity")
    if not array.any():
        raise StoreLimitError(f"{whose} is all zeros and has no direction")
    return array


def to_record(row: Row, *, dim: int) -> dict[str, object]:
    """Return what is sent to Milvus for a row.

    Metadata keys without a value (None) are left out: servers differ in what they find for them.

    Raises:
        StoreLimitError: A value that a server would refuse; the message names field, value and limit.
    """
    asset = row.asset
    row_id = check_id(asset.id)
    record: dict[str, object] = {
        name: _text(name, getattr(asset, name), most=most, row_id=row_id) for name, most in TEXT_BYTES.items()
    }
    record |= {
        name: _texts(name, getattr(asset, name), most=most, row_id=row_id)
        for name, most in LIST_BYTES.items()
    }
    record |= {name: _integer(name, getattr(asset, name), row_id=row_id) for name in INTEGERS}
    record["metadata"] = _json(asset.metadata, row_id=row_id)
    record["vector"] = check_vector(row.vector, dim=dim, row_id=row_id)
    return record


def to_asset(record: Mapping[str, Any]) -> Asset:
    """Return the asset of a record that came from Milvus."""
    captured = int(record["captured_at"])
    return Asset(
        **{name: decode_text(record[name]) for name in TEXT_BYTES},
        **{name: tuple(decode_text(text) for text in record[name] or ()) for name in LIST_BYTES},
        **{name: int(record[name]) for name in INTEGERS if name != "captured_at"},
        captured_at=None if captured == UNKNOWN_TIME else captured,
        metadata=_decoded(record["metadata"] or {}),
    )


def to_row(record: Mapping[str, Any]) -> Row:
    """Return the row of a record that came from Milvus with its vector."""
    return Row(asset=to_asset(record), vector=np.asarray(record["vector"], dtype=np.float32))


def _text(name: str, value: str, *, most: int, row_id: str) -> str:
    encoded = encode_text(value)
    size = len(encoded.encode())
    if size > most:
        raise StoreLimitError(f"{name} of {row_id} has {size} bytes; at most {most} fit: {value[:60]!r}…")
    return encoded


def _texts(name: str, values: Sequence[str], *, most: int, row_id: str) -> list[str]:
    if len(values) > MAX_ELEMENTS:
        raise StoreLimitError(f"{name} of {row_id} has {len(values)} entries; at most {MAX_ELEMENTS} fit")
    return [_text(name, value, most=most, row_id=row_id) for value in values]


def _integer(name: str, value: int | None, *, row_id: str) -> int:
    if value is None:
        return UNKNOWN_TIME
    if not -_INT64 <= value < _INT64 or value == UNKNOWN_TIME:
        raise StoreLimitError(f"{name} of {row_id} is {value}, which does not fit into 64 bits")
    return value


def _json(metadata: Mapping[str, JsonValue], *, row_id: str) -> JsonValue:
    encoded = _encoded(dict(metadata), where="metadata", row_id=row_id, depth=0)
    size = len(json.dumps(encoded, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_JSON_BYTES:
        raise StoreLimitError(f"metadata of {row_id} has {size} bytes as JSON; at most {MAX_JSON_BYTES} fit")
    return encoded


def _encoded(value: JsonValue, *, where: str, row_id: str, depth: int) -> JsonValue:
    if depth > MAX_JSON_DEPTH:
        raise StoreLimitError(f"metadata of {row_id} is nested more than {MAX_JSON_DEPTH} deep")
    if isinstance(value, dict):
        pairs = ((_key(key, where, row_id), inner) for key, inner in value.items() if inner is not None)
        return {
            key: _encoded(inner, where=f"{where}.{key}", row_id=row_id, depth=depth + 1)
            for key, inner in pairs
        }
    if isinstance(value, list):
        return [_encoded(inner, where=where, row_id=row_id, depth=depth + 1) for inner in value]
    return _scalar(value, where, row_id)


def _key(key: object, where: str, row_id: str) -> str:
    if not isinstance(key, str):
        raise StoreLimitError(f"{where} of {row_id} has the key {key!r}; keys are texts")
    return encode_text(key)


def _scalar(value: JsonValue, where: str, row_id: str) -> JsonValue:
    if isinstance(value, str):
        return encode_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise StoreLimitError(f"{where} of {row_id} is {value}; JSON has finite numbers only")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise StoreLimitError(f"{where} of {row_id} is {value}, which does not fit into 64 bits")
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {decode_text(key): _decoded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_decoded(inner) for inner in value]
    return decode_text(value) if isinstance(value, str) else value
