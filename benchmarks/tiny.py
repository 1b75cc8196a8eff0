"""A model that costs next to nothing, for what does not depend on the model; its vectors are as long as ViT-B/32's."""

from pathlib import Path

from benchmarks.work import WORK, made_once


def tiny_folder() -> Path:
    """Return the folder of the tiny model: 224 pixels in, 512 numbers out."""
    from musaic.embed.testing import tiny_model

    return made_once(WORK / "tiny", lambda folder: tiny_model(folder, dim=512, image_size=224))
