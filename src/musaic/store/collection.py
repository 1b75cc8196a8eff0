"""Collections of Milvus: names, schema, index, and the alias that says which one counts.

A library is an alias (`musaic`), which never changes its name, and behind it a collection of one
encoder (`musaic_1a2b3c4d`). The collection itself says which encoder: in its description on a
server; Milvus Lite, embedded or behind an address, drops descriptions and keeps properties.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from musaic.errors import StoreError
from musaic.schemas import Fingerprint
from musaic.store.connection import Connection, is_missing
from musaic.store.rows import INTEGERS, LIST_BYTES, MAX_ELEMENTS, SCHEMA_VERSION, TEXT_BYTES, check_dim

if TYPE_CHECKING:
    from pymilvus import CollectionSchema

_MARK = "musaic"
NAME_SUFFIX_LENGTH = len("_1a2b3c4d_b")


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that Musaic made: its real name, and the encoder of its vectors."""

    name: str
    fingerprint: Fingerprint


def find_collection(connection: Connection, name: str) -> Collection | None:
    """Return the collection that a name or alias leads to, loaded; None if there is none.

    Raises:
        StoreError: There is one, but Musaic did not make it, or another version of Musaic did.
    """
    described = _describe(connection, name)
    if described is None:
        return None
    found = Collection(name=str(described["collection_name"]), fingerprint=_read_mark(described, name))
    with connection.errors():
        connection.client.load_collection(found.name, timeout=connection.timeout_s)
    return found


def make_collection(connection: Connection, name: str, fingerprint: Fingerprint) -> Collection:
    """Return the collection of that name, loaded; made, or completed, if need be.

    Raises:
        StoreLimitError: Vectors of this length cannot be stored.
    """
    check_dim(fingerprint.dim)
    client, timeout_s = connection.client, connection.timeout_s
    with connection.errors():
        if not client.has_collection(name, timeout=timeout_s):
            client.create_collection(
                name,
                schema=_schema(connection, fingerprint),
                consistency_level="Strong",
                timeout=timeout_s,
                **({"properties": {_MARK: _mark(fingerprint)}} if connection.capabilities.lite else {}),
            )
        if not client.list_indexes(name):
            # Milvus Lite has made it when the call returns; waiting would poll after half a second.
            client.create_index(
                name,
                index_params=_index(connection),
                timeout=timeout_s,
                sync=not connection.capabilities.lite,
            )
        client.load_collection(name, timeout=timeout_s)
    return Collection(name=name, fingerprint=fingerprint)


def point_alias(connection: Connection, alias: str, collection: Collection) -> None:
    """Let the alias lead to a collection, in one step that either happened or did not."""
    with connection.errors():
        if _describe(connection, alias) is None:
            connection.client.create_alias(collection.name, alias, timeout=connection.timeout_s)
        else:
            connection.client.alter_alias(collection.name, alias, timeout=connection.timeout_s)


def drop_alias(connection: Connection, alias: str) -> None:
    """Remove the alias, so that its collection can be dropped."""
    with connection.errors():
        connection.client.drop_alias(alias, timeout=connection.timeout_s)


def drop_collections(connection: Connection, names: Sequence[str]) -> None:
    """Drop collections and their rows. No alias may lead to them."""
    for name in names:
        with connection.errors():
            connection.client.drop_collection(name, timeout=connection.timeout_s)


def collection_names(connection: Connection, alias: str) -> list[str]:
    """Return the real names of all collections made for an alias, also those an interrupted rebuild left."""
    with connection.errors():
        names = connection.client.list_collections(timeout=connection.timeout_s)
    return [name for name in names if re.fullmatch(re.escape(alias) + r"_[0-9a-f]{8}(_b)?", name)]


def real_name(alias: str, fingerprint: Fingerprint, *, taken: str | None) -> str:
    """Return the name for the rows of an encoder that is not the one taken."""
    digest = hashlib.sha256(_mark(fingerprint).encode()).hexdigest()[:8]
    name = f"{alias}_{digest}"
    return f"{name}_b" if name == taken else name


def _describe(connection: Connection, name: str) -> dict[str, Any] | None:
    with connection.errors():
        try:
            described: dict[str, Any] = connection.client.describe_collection(
                name, timeout=connection.timeout_s
            )
        except Exception as exc:
            if is_missing(exc):
                return None
            raise
    return described


def _mark(fingerprint: Fingerprint) -> str:
    return json.dumps({"musaic": SCHEMA_VERSION, **fingerprint.model_dump()}, sort_keys=True)


def _read_mark(described: dict[str, Any], name: str) -> Fingerprint:
    text = described.get("description") or described.get("properties", {}).get(_MARK) or ""
    try:
        mark = json.loads(text)
        version = mark.pop("musaic")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise StoreError(
            f"the collection {name!r} was not made by Musaic; give another name in store.collection"
        ) from None
    try:
        if version == SCHEMA_VERSION:
            return Fingerprint.model_validate(mark)
    except ValidationError:
        pass
    raise StoreError(
        f"the collection {name!r} was made by another version of Musaic (schema {version}, this one reads "
        f"{SCHEMA_VERSION}); update Musaic, or give another name in store.collection and ingest again"
    )


def _schema(connection: Connection, fingerprint: Fingerprint) -> "CollectionSchema":
    from pymilvus import DataType

    description = "" if connection.capabilities.lite else _mark(fingerprint)
    schema = connection.client.create_schema(
        auto_id=False, enable_dynamic_field=False, description=description
    )
    for name, most in TEXT_BYTES.items():
        schema.add_field(name, DataType.VARCHAR, is_primary=name == "id", max_length=most)
    for name, most in LIST_BYTES.items():
        schema.add_field(
            name, DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=MAX_ELEMENTS, max_length=most
        )
    for name in INTEGERS:
        schema.add_field(name, DataType.INT64)
    schema.add_field("metadata", DataType.JSON)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=fingerprint.dim)
    return schema


def _index(connection: Connection) -> Any:
    params = connection.client.prepare_index_params()
    if connection.capabilities.lite:
        # Exact. The others of Milvus Lite 3.2 gain little and lose most hits under a narrow filter.
        params.add_index("vector", index_type="FLAT", metric_type="COSINE")
    elif connection.hosted:
        params.add_index("vector", index_type="AUTOINDEX", metric_type="COSINE")
    else:
        params.add_index(
            "vector", index_type="HNSW", metric_type="COSINE", params={"M": 16, "efConstruction": 200}
        )
    return params
