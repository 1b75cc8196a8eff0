"""A model of ViT-B/32's real shape with random weights, for both sides: speed does not depend on the weights.

Run as a module it writes the folders that Musaic reads; the torch side makes the same weights from the same seed.
"""

import json
import sys
import warnings
from pathlib import Path

from benchmarks.work import WORK, made_once, measure

FREE_BATCH, BATCH_OF_1 = "transformers-js", "immich"
_START, _END = 49406, 49407
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def model_folder(layout: str) -> Path:
    """Return the model in transformers.js' layout (free batch) or in Immich's (a batch of 1)."""
    return made_once(WORK / "models", lambda partial: measure("vit", folder=partial)) / layout


def vision_tower(attention: str = "sdpa"):
    """Return CLIPModel's picture side as a torch module, made from one seed."""
    import torch
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    # The defaults of the config are ViT-B/32: 12 layers of 768, patches of 32, 224 pixels, 512 numbers out.
    return CLIPVisionModelWithProjection(CLIPVisionConfig(attn_implementation=attention)).eval()


def _export(folder: Path) -> None:
    import torch
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    class Picture(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tower = vision_tower("eager")

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.tower(pixel_values=pixels).image_embeds

    class Words(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            config = CLIPTextConfig(eos_token_id=_END, bos_token_id=_START, attn_implementation="eager")
            self.tower = CLIPTextModelWithProjection(config).eval()

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.tower(input_ids=ids).text_embeds

    pixels = torch.zeros(2, 3, 224, 224)
    ids = torch.full((2, 77), _END)
    ids[:, 0] = _START
    picture, words = Picture().eval(), Words().eval()
    free, fixed = folder / FREE_BATCH / "onnx", folder / BATCH_OF_1
    _write_graph(picture, pixels, free / "vision_model.onnx", ("pixel_values", "image_embeds"), free=True)
    _write_graph(words, ids, free / "text_model.onnx", ("input_ids", "text_embeds"), free=True)
    _write_graph(picture, pixels[:1], fixed / "visual/model.onnx", ("image", "embedding"), free=False)
    _write_graph(words, ids[:1].int(), fixed / "textual/model.onnx", ("text", "embedding"), free=False)


def _write_graph(tower, example, file: Path, names: tuple[str, str], *, free: bool) -> None:
    import torch

    file.parent.mkdir(parents=True, exist_ok=True)
    axes = {name: {0: "batch"} for name in names} if free else None
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tower, (example,), file, input_names=names[:1], output_names=names[1:], dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )  # fmt: skip


def _configure(folder: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    words = Tokenizer(WordLevel({"<unknown>": 0, "<start>": _START, "<end>": _END}, unk_token="<unknown>"))
    words.pre_tokenizer = Whitespace()
    words.post_processor = TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", _START), ("<end>", _END)]
    )
    square = {"height": 224, "width": 224}
    configs = {
        f"{FREE_BATCH}/config.json": {"model_type": "clip", "projection_dim": 512},
        f"{FREE_BATCH}/preprocessor_config.json": {
            "size": {"shortest_edge": 224}, "do_center_crop": True, "crop_size": square, "resample": 3,
            "image_mean": _MEAN, "image_std": _STD,
        },
        f"{BATCH_OF_1}/config.json": {"embed_dim": 512, "text_cfg": {"context_length": 77}},
        f"{BATCH_OF_1}/visual/preprocess_cfg.json": {
            "size": 224, "mean": _MEAN, "std": _STD, "interpolation": "bicubic", "resize_mode": "shortest",
        },
    }  # fmt: skip
    for name, config in configs.items():
        (folder / name).write_text(json.dumps(config))
    words.save(str(folder / FREE_BATCH / "tokenizer.json"))
    words.save(str(folder / BATCH_OF_1 / "textual/tokenizer.json"))


if __name__ == "__main__":
    target = Path(json.loads(sys.argv[1])["folder"])
    _export(target)
    _configure(target)
    print(json.dumps({"made": str(target)}))
