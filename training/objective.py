"""What training minimises."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

# Weights of the auxiliary losses: kind, colour, material, trim, setting.
TRAIT_WEIGHTS = (1.0, 0.5, 0.3, 0.6, 0.1)
_IGNORED = -100
_MASKED = -1e4


def matched_loss(logits: Tensor, truth: Tensor, unknown: Tensor) -> Tensor:
    """Return InfoNCE in both directions, where every caption true of a picture is a positive.

    Args:
        logits: Scaled similarities, shape ``(captions, pictures)``.
        truth: How far each caption is true of each picture, 0 to 1, the same shape.
        unknown: Where it cannot be told; such pairs count neither for nor against.
    """
    logits = logits.masked_fill(unknown, _MASKED)
    truth = truth.masked_fill(unknown, 0)
    return (_cross_entropy(logits, truth) + _cross_entropy(logits.T, truth.T)) / 2


def _cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    total = truth.sum(1)
    losses = -(functional.log_softmax(logits, 1) * truth).sum(1) / total.clamp(min=1e-6)
    # A caption that fits no picture of the batch has nothing to be drawn to; it still pushes as a negative.
    return losses[total > 0].mean()


def trait_loss(predictions: Sequence[Tensor], rows: Tensor, own: Tensor) -> Tensor:
    """Return the weighted cross-entropy of the auxiliary heads; unknown traits count for nothing.

    Args:
        predictions: Logits of kind, colour, material, trim (0 is none) and setting.
        rows: Traits, shape ``(n, 5)``.
        own: Weight of each picture, shape ``(n,)``.
    """
    losses = []
    for weight, logits, target in zip(TRAIT_WEIGHTS, predictions, _targets(rows), strict=True):
        each = functional.cross_entropy(
            logits, target, ignore_index=_IGNORED, label_smoothing=0.05, reduction="none"
        )
        known = (target != _IGNORED).float()
        losses.append(weight * (each * known * own).sum() / known.sum().clamp(min=1))
    return torch.stack(losses).sum()


def _targets(rows: Tensor) -> list[Tensor]:
    kind, colour, material, trim, setting = rows.long().unbind(1)
    return [
        kind,
        colour.masked_fill(colour == 13, _IGNORED),
        material.masked_fill(material < 0, _IGNORED),
        (trim + 1).masked_fill(trim == -2, _IGNORED),
        setting.masked_fill(setting < 0, _IGNORED),
    ]
