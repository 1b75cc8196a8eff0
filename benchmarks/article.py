"""The article's loop: every picture decoded in full, encoded alone by torch, all rows inserted at the end."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pymilvus import MilvusClient

from benchmarks.vit import vision_tower

# What the package `clip` does to a picture, in PIL and torch alone.
MEAN = torch.tensor((0.48145466, 0.4578275, 0.40821073)).view(3, 1, 1)
STD = torch.tensor((0.26862954, 0.26130258, 0.27577711)).view(3, 1, 1)
SIDE = 224


def preprocess(image: Image.Image) -> torch.Tensor:
    """Return a picture as CLIP wants it: short side to 224 (bicubic), centre, 0 to 1, normalised."""
    short = min(image.size)
    width, height = (int(SIDE * side / short) for side in image.size)
    small = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = round((width - SIDE) / 2), round((height - SIDE) / 2)
    square = small.crop((left, top, left + SIDE, top + SIDE)).convert("RGB")
    pixels = torch.from_numpy(np.array(square)).permute(2, 0, 1).float().div(255)
    return pixels.sub(MEAN).div(STD)


@torch.no_grad()
def encode(model, path: Path) -> list[float]:
    """Return the unit vector of a picture file."""
    features = model(pixel_values=preprocess(Image.open(path)).unsqueeze(0)).image_embeds
    return (features / features.norm(dim=-1, keepdim=True)).squeeze(0).tolist()


def main(pictures: Path, warm: Path, folder: Path) -> dict[str, object]:
    """Measure the loop over a folder of JPEG files; model and collection are there before."""
    model = vision_tower()
    client = MilvusClient(str(folder / "article.db"))
    client.create_collection(
        "pictures", dimension=512, metric_type="COSINE", auto_id=True, enable_dynamic_field=True
    )
    encode(model, next(warm.glob("*.jpg")))
    wall, cpu = time.perf_counter(), time.process_time()
    rows = [{"vector": encode(model, path), "filepath": str(path)} for path in sorted(pictures.glob("*.jpg"))]
    client.insert("pictures", rows)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    client.close()
    return {
        "pictures": len(rows),
        "wall_s": wall,
        "cpu_s": cpu,
        "vectors": [row["vector"] for row in rows[:4]],
    }


if __name__ == "__main__":
    options = {name: Path(value) for name, value in json.loads(sys.argv[1]).items()}
    print(json.dumps(main(**options)))
