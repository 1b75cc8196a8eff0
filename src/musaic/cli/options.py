"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated, Literal

import typer

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        envvar="MUSAIC_LIBRARY",
        help="The library folder, or the folder that holds it. Default: .musaic here or above.",
    ),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="Encoder: an id from `musaic models`, or a model folder.")
]
PrecisionOption = Annotated[
    Literal["fp32", "int8"] | None,
    typer.Option(
        "--precision",
        help="int8 is faster; recorded with the library. Default: the library's own, fp32 for a new one.",
    ),
]
ProviderOption = Annotated[
    Literal["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "openvino"] | None,
    typer.Option("--provider", help="ONNX Runtime provider. Default: the best installed."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=16384, help="Most hits to print.")]
OffsetOption = Annotated[
    int, typer.Option("--offset", min=0, max=16383, help="How many of the best to pass over.")
]
WhereOption = Annotated[
    str | None,
    typer.Option("--where", help="Only assets that fit, e.g. 'width > 800 and mime == \"image/png\"'."),
]


def embed_flags(
    model: str | None, precision: str | None = None, provider: str | None = None
) -> dict[str, object]:
    """Return the flags that were given, as settings."""
    given = {"model": model, "precision": precision, "provider": provider}
    return {name: value for name, value in given.items() if value is not None}
