"""Vectors of tiny models against what transformers computed from the same weights; see training/export_canonical.py."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from musaic.config import EmbedSettings
from musaic.embed import load_embedder

HERE = Path(__file__).parent / "canonical"
PICTURES = sorted((HERE / "pictures").glob("*.png"))


@pytest.mark.parametrize("model", ["clip-immich", "clip-transformers", "siglip-transformers"])
@pytest.mark.parametrize("kind", ["picture", "text"])
def test_vectors_are_those_of_transformers(model: str, kind: str, tmp_path: Path) -> None:
    wanted = json.loads((HERE / f"{model}.json").read_text())
    embedder = load_embedder(EmbedSettings(model=str(HERE / model)), cache=tmp_path).embedder

    if kind == "picture":
        ours = embedder.embed_pictures([Image.open(file) for file in PICTURES])
    else:
        ours = embedder.embed_texts(wanted["texts"])
    theirs = np.array(wanted[f"{kind}_vectors"], np.float32)

    assert len(ours) == 6
    assert (ours * theirs).sum(1).min() > 0.9999
    # What all inputs share says little; what tells them apart has to agree as well.
    ours, theirs = ours - theirs.mean(0), theirs - theirs.mean(0)
    assert (
        (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    ).min() > 0.9999
