"""Records of made-up generations, and pictures that a model could have made."""

import io
from typing import Any

from PIL import Image

from musaic.schemas import Record, Reference

GENERATION = "g-0123456789ab"


def a_record(*references: tuple[str, str], **others: Any) -> Record:
    """Return a record with references, each an asset id and a role."""
    named = tuple(
        Reference(number=number, asset_id=asset_id, path=f"/private/shoot-{number}/kaede.png", role=role)
        for number, (asset_id, role) in enumerate(references, 1)
    )
    known: dict[str, Any] = {
        "id": GENERATION, "run": "r-1", "created_at": 1_795_000_000.0, "prompt": "secret launch: a red cape ✂",
        "sent_prompt": "Make a picture: secret launch", "recipe": "promo", "engine": "gemini",
        "model": "gemini-nano-banana-2.1", "ratio": "1:1", "size": "1K", "references": named, "state": "picture",
    }  # fmt: skip
    return Record(**{**known, **others})


def a_picture(kind: str, *, mode: str = "RGB", **options: Any) -> bytes:
    """Return a noisy picture, 61 by 40; `kind` as Pillow names formats."""
    file = io.BytesIO()
    drawn = Image.effect_noise((61, 40), 80).convert(mode)
    if mode == "RGBA":
        drawn.putalpha(Image.linear_gradient("L").resize(drawn.size))
    drawn.save(file, kind, **options)
    return file.getvalue()
