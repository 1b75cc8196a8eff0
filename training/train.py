"""Train the starter: ``python -m training.train --photos DIR --out DIR``.

Draws the products, reads the photos, trains by steps from one seed, and prints one JSON line every
500 steps. `--resume` goes on from the last checkpoint in `--out`, to the same weights as a run that
never stopped.
"""

import argparse
import copy
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training import augment
from training.batches import Batch, Sampler
from training.captions import LANGUAGES, caption
from training.dataset import UNKNOWN, UNKNOWN_COLOUR, Labelled, draw, read_photos, split_photos
from training.exam import Encoder, Quick, Vectors, catalogue, prepared, trim_triples
from training.model import MEAN, SIZE_PX, STD, ImageTower, TextTower, TraitHeads
from training.objective import matched_loss, trait_loss
from training.tokens import LENGTH, encode, train_tokenizer

CHECKPOINT = "checkpoint.pt"
_SAVE_EVERY, _TELL_EVERY = 250, 500


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, besides the drawings and photos themselves.

    Attributes:
        steps: Batches; the learning rate and picture size follow them, not the clock.
        renders: Drawn products.
        seed: Of drawings, captions, weights and every other choice.
        batch: Pictures in a batch.
        photos: How many of them are photos, where there are photos.
        extra: Captions with one trait changed in each batch.
        rate: Highest learning rate.
        pieces: Size of the tokenizer's vocabulary.
    """

    steps: int = 4500
    renders: int = 60_000
    seed: int = 0
    batch: int = 192
    photos: int = 56
    extra: int = 96
    rate: float = 3e-3
    pieces: int = 3500

    def size_px(self, step: int) -> int:
        """Return the pictures' size: small ones first, which is where most of the speed comes from."""
        done = step / self.steps
        return 64 if done < 0.45 else 96 if done < 0.90 else SIZE_PX

    def learning_rate(self, step: int) -> float:
        """Return the rate: a short warm-up, then half a cosine down to 2 % of the highest."""
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return self.rate * min(1.0, (step + 1) / 150) * (0.02 + 0.98 * cosine)


class Learner:
    """The towers, their running averages, and the optimiser.

    Args:
        recipe: What to do.
        tokenizer: Texts to ids.
        device: Where to compute.
    """

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.tokenizer, self.device = recipe, tokenizer, device
        self.image, self.text = ImageTower(), TextTower(tokenizer.get_vocab_size(), LENGTH)
        self.heads, self.scale = TraitHeads(self.image.features), nn.Parameter(torch.tensor(math.log(12.0)))
        self.all = nn.ModuleList([self.image, self.text, self.heads]).to(device)
        self.scale = nn.Parameter(self.scale.detach().to(device))
        self.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(nn.ModuleList([self.image, self.text])).eval()
        weights = list(self.all.parameters())
        plain = [weight for weight in weights if weight.ndim <= 1] + [self.scale]
        groups = [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": 0.05},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98))

    def step(self, batch: Batch, step: int) -> float:
        """Learn from one batch; return the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate(step)
        self.all.train()
        loss = self._loss(batch, step)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.all.parameters(), 1.0)
        self.optimiser.step()
        self._average(step)
        return loss.item()

    def _loss(self, batch: Batch, step: int) -> Tensor:
        # Chance is drawn on the CPU and by step, so that neither a device nor a resumed run changes it.
        rng = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + step)
        pictures, partner, own = self._pictures(batch, self.recipe.size_px(step), rng)
        ids = torch.from_numpy(encode(self.tokenizer, batch.texts))
        ids = ids[:, : int((ids != 0).sum(1).max())].to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            pooled = self.image.pooled(pictures)
            seen = nn.functional.normalize(self.image.head(pooled).float(), dim=-1)
            said = self.text(ids).float()
            traits = self.heads(pooled)
        fits = torch.from_numpy(batch.fits).to(self.device)
        truth, unknown = (fits == 1).float(), fits == -1
        truth = own * truth + (1 - own) * truth[:, partner]
        unknown = unknown | (unknown[:, partner] & (own < 1))
        logits = said @ seen.T * self.scale.exp().clamp(max=60)
        rows = torch.from_numpy(batch.rows).to(self.device)
        parts = [trait_loss(traits, rows, own), trait_loss(traits, rows[partner], 1 - own)]
        return matched_loss(logits, truth, unknown) + parts[0] + parts[1]

    def _pictures(self, batch: Batch, size_px: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return the pictures, each one's partner of which it holds a patch, and the part that is its own."""
        drawn = augment.augmented(torch.from_numpy(batch.drawn).to(self.device), size_px, rng, photo=False)
        partner, own = torch.arange(len(batch.rows)), torch.ones(len(batch.rows))
        if len(batch.photos):
            photos = augment.augmented(
                torch.from_numpy(batch.photos).to(self.device), size_px, rng, photo=True
            )
            chosen = torch.from_numpy(batch.recoloured).to(self.device)
            photos, other, part = augment.pasted(augment.recoloured(photos, chosen, rng), rng)
            partner[len(drawn) :], own[len(drawn) :] = other + len(drawn), part
            drawn = torch.cat([drawn, photos])
        return augment.normalised(drawn), partner.to(self.device), own.to(self.device)

    @torch.no_grad()
    def _average(self, step: int) -> None:
        share = 1 - min(0.997, (step + 1) / (step + 31))
        live = nn.ModuleList([self.image, self.text])
        for mean, value in zip(self.averaged.parameters(), live.parameters(), strict=True):
            mean.lerp_(value, share)
        for old, new in zip(self.averaged.buffers(), live.buffers(), strict=True):
            if old.is_floating_point():
                old.lerp_(new, share)

    @torch.no_grad()
    def encoder(self) -> Encoder:
        """Return the averaged towers as functions of pictures and texts."""
        image, text = self.averaged

        def pictures(batch: np.ndarray[Any, np.dtype[np.uint8]]) -> Vectors:
            parts = [
                prepared(batch[start : start + 250], SIZE_PX, MEAN, STD)
                for start in range(0, len(batch), 250)
            ]
            return _vectors(image, [torch.from_numpy(part).to(self.device) for part in parts])

        def texts(batch: Sequence[str]) -> Vectors:
            return _vectors(text, [torch.from_numpy(encode(self.tokenizer, batch)).to(self.device)])

        return Encoder(pictures, texts)

    def save(self, file: Path, step: int) -> None:
        """Write everything needed to go on or to export."""
        state = {
            "recipe": asdict(self.recipe),
            "step": step,
            "tokenizer": self.tokenizer.to_str(),
            "all": self.all.state_dict(),
            "scale": self.scale.detach(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)


@torch.no_grad()
def _vectors(tower: nn.Module, parts: Sequence[Tensor]) -> Vectors:
    return cast("Vectors", torch.cat([tower(part) for part in parts]).cpu().numpy())


def load(file: Path, device: torch.device) -> tuple[Learner, int]:
    """Return a saved learner, and the number of steps it has done."""
    state = torch.load(file, map_location=device, weights_only=True)
    learner = Learner(Recipe(**state["recipe"]), Tokenizer.from_str(state["tokenizer"]), device)
    learner.all.load_state_dict(state["all"])
    learner.averaged.load_state_dict(state["averaged"])
    learner.scale.data.copy_(state["scale"])
    learner.optimiser.load_state_dict(state["optimiser"])
    return learner, int(state["step"])


def make_tokenizer(drawings: Labelled, recipe: Recipe, *, texts: int = 12_000) -> Tokenizer:
    """Return a tokenizer made from captions, as many in each language."""
    rng = np.random.default_rng((recipe.seed, 2))
    photos = [[category, UNKNOWN_COLOUR, UNKNOWN, UNKNOWN, UNKNOWN] for category in range(70, 80)]
    rows = [*drawings.rows[rng.integers(len(drawings), size=texts)], *(photos * (texts // 100))]
    captions = [caption(row, rng, language)[0] for language in LANGUAGES for row in rows]
    return train_tokenizer(captions, pieces=recipe.pieces)


def run(learner: Learner, sampler: Sampler, quick: Quick, *, out: Path, start: int = 0) -> None:
    """Train from a step to the last, saving and telling on the way."""
    losses, begun, steps = list[float](), time.monotonic(), learner.recipe.steps
    for step, batch in _ahead(sampler, start, steps):
        losses.append(learner.step(batch, step))
        done = step + 1
        if done % _SAVE_EVERY == 0 or done == steps:
            learner.save(out / CHECKPOINT, done)
        if done % _TELL_EVERY == 0 or done == steps:
            told = {
                "step": done,
                "px": learner.recipe.size_px(step),
                "minutes": round((time.monotonic() - begun) / 60, 1),
            }
            told["loss"] = round(float(np.mean(losses[-100:])), 3)
            print(json.dumps(told | quick.sit(learner.encoder())), flush=True)


def _ahead(sampler: Sampler, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
    """Yield batches, the next one being made while one is learnt from."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(sampler.batch, start)
        for step in range(start, stop):
            batch = coming.result()
            coming = pool.submit(sampler.batch, step + 1)
            yield step, batch


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.train", description="Train the starter encoder."
    )
    parser.add_argument("--photos", type=Path, help="Folder with labels.csv; without it, drawings alone.")
    parser.add_argument("--out", type=Path, required=True, help="Folder for drawings and checkpoints.")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="Batches to learn from.")
    parser.add_argument("--renders", type=int, default=Recipe.renders, help="Products to draw.")
    parser.add_argument("--seed", type=int, default=Recipe.seed, help="Of every choice.")
    parser.add_argument("--resume", action="store_true", help="Go on from the checkpoint in --out.")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    given = _arguments(arguments)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    recipe = Recipe(steps=given.steps, renders=given.renders, seed=given.seed)
    report = lambda count: print(f"{count} of {recipe.renders} drawn", file=sys.stderr)  # noqa: E731
    drawings = draw(given.out, recipe.renders, seed=recipe.seed, report=report)
    learn, apart = split_photos(given.photos) if given.photos else ([], [])
    photos = read_photos(given.photos, learn) if learn else None
    quick = Quick(catalogue(0), trim_triples(0), read_photos(given.photos, apart) if apart else None)
    if given.resume:
        learner, start = load(given.out / CHECKPOINT, device)
        recipe = learner.recipe
    else:
        learner, start = Learner(recipe, make_tokenizer(drawings, recipe), device), 0
    sampler = Sampler(
        drawings, photos, seed=recipe.seed, size=recipe.batch, photo_count=recipe.photos, extra=recipe.extra
    )
    run(learner, sampler, quick, out=given.out, start=start)


if __name__ == "__main__":
    main()
