"""What stands under the pictures of a contact sheet."""

from musaic.schemas import Hit


def label_of(hit: Hit, *, scores: bool) -> tuple[str, str]:
    """Return the name of a hit, which for all pictures made here is `picture` and so says nothing, and a line below."""
    from musaic.media.spoken import spoken_name

    made = hit.kind == "generated"
    name = str(hit.metadata.get("prompt") or "") if made else spoken_name(hit.path)
    below = ([f"{hit.cosine:.3f}"] if scores and hit.cosine is not None else []) + (
        ["made here"] if made else []
    )
    return name, ", ".join(below)
