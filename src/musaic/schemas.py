"""The shapes that flow between stages: one shape for the library, `--json`, and every surface.

All models are frozen and hold no methods that do work.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Kind = Literal["image", "video", "generated"]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fingerprint(_Shape):
    """Which encoder made the vectors of a library; two libraries mix only when these are equal.

    But for the name of a folder (revision `local`), which may be moved.
    """

    model: str = Field(description="Id in the table of models, or the folder's name.")
    revision: str = Field(
        description="Resolved revision of the weights; `bundled` or `local` where there is none."
    )
    precision: Literal["fp32", "fp16", "int8", "int8-7bit"] = Field(
        description="`int8`: published so, or made by Musaic 0.1; `int8-7bit`: made by this version."
    )
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


Order = Literal["newest", "oldest", "name", "largest"]
"""How a listing is ordered: by when a picture was taken or else its file changed, by file name, or in bytes."""


class Hit(_Shape):
    """A search result. `score` orders one list; `cosine` compares across lists. A listing has neither: null."""

    asset_id: str
    path: str
    kind: Kind
    score: float | None
    cosine: float | None = Field(ge=-1.001, le=1.001)
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

# --- making pictures ---------------------------------------------------------------------------------
Role = Literal["subject", "product", "garment", "accessory", "logo", "style", "setting", "base"]
State = Literal[
    "picture", "prompt_blocked", "output_blocked", "no_picture", "malformed", "failed", "cancelled"
]


class Reference(_Shape):
    """An asset given to a generator, with the number and role the prompt speaks of."""

    number: int = Field(ge=1, description="As the prompt says: image 1, image 2, …")
    asset_id: str
    path: str
    role: Role = "product"
    cosine: float | None = Field(default=None, description="To the query that found it; null by hand.")


class Brief(_Shape):
    """What the user wants, with its references found already."""

    prompt: str = Field(min_length=1)
    recipe: str = "promo"
    references: tuple[Reference, ...] = ()
    ratios: tuple[str, ...] = Field(default=("1:1",), min_length=1)
    size: str = Field(default="1K", description="Class of the longer side: 512, 1K, 2K or 4K.")
    variants: int = Field(default=1, ge=1)
    vary: dict[str, tuple[str, ...]] = Field(default={}, description="Words of a grid, by name.")
    parent: str | None = Field(default=None, description="Id of the generation that this goes on from.")


class Shot(_Shape):
    """One picture asked for: one call, if all goes well."""

    number: int = Field(ge=1, description="Place in the plan.")
    picture: int = Field(ge=1, description="Shots of one picture in several ratios share this number.")
    ratio: str
    size: str
    prompt: str = Field(description="In full, as it is sent; the lines before the references are not in it.")
    follow_prompt: str | None = Field(
        default=None,
        description="Sent instead, once an earlier shot of the same picture has come: its result is then the last "
        "reference. Null for a picture of one ratio.",
    )
    values: dict[str, str] = Field(default={}, description="The grid's words of this shot.")
    variant: int = Field(default=1, ge=1)
    cost_bound_usd: float | None = Field(description="Most it can cost; null where the price is unknown.")


class Plan(_Shape):
    """What will be sent: a brief with everything decided."""

    engine: str
    model: str
    recipe: str
    prompt: str = Field(description="The user's words.")
    references: tuple[Reference, ...]
    shots: tuple[Shot, ...] = Field(min_length=1)
    parent: str | None = Field(default=None, description="Id of the generation that this goes on from.")
    conversation: bool = Field(
        default=False,
        description="The parent's conversation is sent, with the references in it, and not these again.",
    )
    cost_bound_usd: float | None = Field(
        description="Of all shots together; null where the price is unknown."
    )
    notes: tuple[str, ...] = Field(default=(), description="Warnings in plain words.")


class Finding(_Shape):
    """What a check has to say of a picture."""

    check: str
    severity: Literal["error", "warning", "note"]
    message: str


class Generation(_Shape):
    """What came back for one picture asked for."""

    id: str = Field(description="`g-` and 12 hex digits, made before anything is sent.")
    path: str | None = Field(description="The model's bytes, untouched; null where there is no picture.")
    state: State
    reason: str | None = Field(description="Why there is no picture, in words; null where there is one.")
    engine: str
    model: str
    references: tuple[Reference, ...]
    findings: tuple[Finding, ...] = ()
    cost_usd: float | None = Field(description="From the reported usage; null where nothing is known.")
    seconds: float


class Sent(_Shape):
    """One picture as it left the house."""

    number: int
    role: Role
    asset_id: str
    mime: str
    size_bytes: int
    sha256: str = Field(description="Of the bytes that were sent.")
    changed: str | None = Field(default=None, description="What was done to the file's bytes, in words.")


class Usage(_Shape):
    """Tokens that a call reported; null where it said nothing."""

    input_text: int | None = None
    input_image: int | None = None
    output_text: int | None = Field(default=None, description="With thinking.")
    output_image: int | None = None


class Call(_Shape):
    """One request of a shot, as it went."""

    sent_at: float = Field(description="Seconds since 1970.")
    seconds: float
    outcome: str = Field(description="A state, or the class of the error.")
    reason: str | None = None
    usage: Usage | None = None
    bound_usd: float | None = Field(
        default=None, description="Most that it could cost; null where that is unknown."
    )
    cost_usd: float | None = None
    billed: Literal["yes", "no", "unknown"]


class Record(_Shape):
    """Everything known of one generation; what the sidecar holds."""

    id: str
    run: str = Field(description="Shared by the generations of one command.")
    created_at: float = Field(description="Seconds since 1970.")
    prompt: str = Field(description="The user's words.")
    sent_prompt: str = Field(description="As it was sent.")
    recipe: str
    engine: str
    model: str
    model_version: str | None = Field(default=None, description="What the service said it was.")
    ratio: str
    size: str
    values: dict[str, str] = {}
    variant: int = 1
    parent: str | None = Field(default=None, description="The generation this went on from.")
    references: tuple[Reference, ...]
    sent: tuple[Sent, ...] = ()
    state: State | Literal["open"] = "open"
    reason: str | None = None
    text: str | None = Field(default=None, description="What the model wrote beside the picture.")
    path: str | None = None
    export_path: str | None = None
    asset_id: str | None = Field(default=None, description="Of the picture that came.")
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    findings: tuple[Finding, ...] = ()
    calls: tuple[Call, ...] = ()
    cost_bound_usd: float | None = None
    cost_usd: float | None = None
    seconds: float | None = None


class Lineage(_Shape):
    """A picture with everything it was made from, and everything made from it, all generations deep."""

    id: str = Field(description="Of an asset, or of a generation.")
    kind: Literal["asset", "generation"]
    path: str | None = None
    role: Role | None = Field(default=None, description="What it was to the picture made from it.")
    prompt: str | None = None
    state: State | Literal["open"] | None = None
    made_from: "tuple[Lineage, ...]" = ()
    made_into: "tuple[Lineage, ...]" = ()
    seen_above: bool = Field(default=False, description="Shown before; its own lines are there.")


class CostLine(_Shape):
    """What was spent under one heading."""

    heading: str = Field(description="A day, a model or a recipe.")
    pictures: int
    calls: int
    cost_usd: float = Field(description="Reported by the services.")
    unconfirmed_usd: float = Field(description="At most, of calls whose answer was lost.")
    unpriced: int = Field(default=0, description="Calls of unknown price, which are in no sum.")


# --- tables ------------------------------------------------------------------------------------------
class ImageModel(_Shape):
    """A row of the table of image models; prices in US dollars."""

    id: str = Field(description="As the service names it.")
    engine: str
    state: Literal["current", "deprecated", "retired"] = "current"
    retired_on: str | None = Field(
        default=None, description="ISO date on which it was or will be switched off."
    )
    successor: str | None = None
    references: int = Field(default=14, ge=0, description="Most references in all.")
    references_by_role: dict[Role, int] = Field(
        default={}, description="Most of a role, where it has its own limit."
    )
    sizes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    input_types: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    reference_bytes: int = Field(default=7_000_000, description="Most bytes of one reference.")
    request_bytes: int = Field(default=70_000_000, description="Most bytes of all references together.")
    input_usd: float | None = Field(
        default=None, ge=0, description="A million input tokens, words or pictures."
    )
    output_text_usd: float | None = Field(
        default=None, ge=0, description="A million tokens of text and thinking."
    )
    output_image_usd: float | None = Field(
        default=None, ge=0, description="A million output tokens of pictures."
    )
    tokens_per_reference: int | None = Field(
        default=None, description="Upper bound of input tokens for a picture."
    )
    tokens_per_picture: dict[str, int] = Field(default={}, description="Output tokens of a picture, by size.")
    text_tokens: int = Field(default=2048, description="Most text and thinking tokens we allow in one call.")
    call_usd: float | None = Field(
        default=None, ge=0, description="A flat price a call instead; 0: costs nothing."
    )
    variants: int | None = Field(
        default=None, ge=1, description="Most pictures of one prompt that differ; null: no two are alike."
    )
    thought_signatures: bool = Field(
        default=False, description="A further turn must carry the earlier signatures."
    )


class RoleNeed(_Shape):
    """How many references of a role a recipe takes."""

    role: Role
    least: int = Field(default=0, ge=0)
    most: int = Field(default=14, ge=0)
    what: str = Field(default="", description="What it should show, for people.")


class Example(_Shape):
    """A use of a recipe: the user's prompt, and what the references would be."""

    prompt: str
    references: tuple[tuple[Role, str], ...] = ()


class Recipe(_Shape):
    """A named prompt pattern with the roles it needs and its defaults."""

    name: str
    title: str = Field(description="What it is for, in a line.")
    description: str = ""
    pattern: str = Field(
        description="The prompt: {prompt} is the user's, {references} the sentences on what each image is for, "
        "{name} a word of `vary` or of `words`."
    )
    follow: str = Field(
        description="The prompt for another ratio of a picture that is there; {ratio}, {number}."
    )
    roles: tuple[RoleNeed, ...]
    find_role: Role = Field(default="product", description="Role of references that were searched for.")
    find_limit: int = Field(
        default=3, ge=0, description="Hits of the prompt itself when no reference is named."
    )
    sentences: dict[Role, str] = Field(
        default={}, description="What is said of a reference, by role; {number}."
    )
    words: dict[str, str] = Field(default={}, description="Default words of the pattern.")
    ratio: str = "1:1"
    size: str = "1K"
    example: Example
