"""The shapes that flow between stages: one shape for the library, `--json`, and every surface.

All models are frozen and hold no methods that do work.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Kind = Literal["image", "video", "generated"]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fingerprint(_Shape):
    """Which encoder made the vectors of a library; two libraries mix only when these are equal."""

    model: str = Field(description="Id in the table of models, or the folder's name.")
    revision: str = Field(
        description="Resolved revision of the weights; `bundled` or `local` where there is none."
    )
    precision: Literal["fp32", "fp16", "int8"]
    weights_sha256: str = Field(description="Hex digest over the weight files of both towers.")
    dim: int = Field(gt=0)


class Asset(_Shape):
    """A picture of the library: one row of the store, without its vector."""

    id: str = Field(description="Row id; a picture's is its asset_id.")
    asset_id: str = Field(description="First 32 hex digits of the SHA-256 of the file's bytes.")
    kind: Kind = "image"
    filename: str
    folder: str = Field(description="Absolute folder of the first path.")
    paths: tuple[str, ...] = Field(description="Every absolute path with these bytes, sorted.")
    mime: str
    size_bytes: int
    width: int = Field(description="Pixels, after orientation.")
    height: int
    captured_at: int | None = Field(default=None, description="Seconds since 1970, from EXIF.")
    modified_at: int = Field(description="Seconds since 1970.")
    ingested_at: int = Field(description="Seconds since 1970.")
    tags: tuple[str, ...] = ()
    metadata: dict[str, JsonValue] = {}


class Hit(_Shape):
    """A search result. `score` orders one list; `cosine` compares across lists."""

    asset_id: str
    path: str
    kind: Kind
    score: float
    cosine: float = Field(ge=-1.001, le=1.001)
    start_s: float | None = None
    metadata: dict[str, JsonValue] = {}


class FileEvent(_Shape):
    """One file that was not ingested, and why."""

    event: Literal["failed", "skipped"]
    path: str
    reason: str


class ProgressEvent(_Shape):
    """How far a run is. `total` grows while folders are still being scanned."""

    event: Literal["progress"] = "progress"
    done: int
    total: int
    failed: int
    rate_per_s: float
    seconds_left: float | None
    scanning: bool


class DoneEvent(_Shape):
    """The sum of a run; always its last event."""

    event: Literal["done"] = "done"
    added: int
    updated: int
    unchanged: int
    failed: int
    skipped: int
    vanished: int = 0
    pruned: int = 0
    interrupted: bool = False
    seconds: float


Progress = Annotated[FileEvent | ProgressEvent | DoneEvent, Field(discriminator="event")]
