"""Random changes to pictures that leave their traits true: crop, turn, mirror, light, erased patches."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.model import MEAN, STD


def augmented(pictures: Tensor, size_px: int, rng: torch.Generator, *, photo: bool) -> Tensor:
    """Return changed copies of pictures: 0 to 1, shape ``(n, 3, size_px, size_px)``.

    Args:
        pictures: uint8, shape ``(n, px, px, 3)``.
        size_px: Size of the result.
        rng: On the CPU, whatever the pictures' device.
        photo: Photos are few, and are changed much more than drawings.
    """
    x = pictures.permute(0, 3, 1, 2).float().div_(255)
    while x.shape[-1] >= 1.8 * size_px:
        x = functional.avg_pool2d(x, 2)
    matrix = _crops(len(x), rng, photo=photo).to(x.device)
    where = functional.affine_grid(matrix, [len(x), 3, size_px, size_px], align_corners=False)
    x = functional.grid_sample(x, where, padding_mode="reflection", align_corners=False)
    x = _relit(x, rng, 0.34 if photo else 0.14)
    return (_erased(x, rng) if photo else x).clamp_(0, 1)


def _uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return torch.rand(count, generator=rng) * (high - low) + low


def _crops(count: int, rng: torch.Generator, *, photo: bool) -> Tensor:
    """Affine maps from the result to the picture, both -1 to 1, shape ``(count, 2, 3)``."""
    scale = _uniform(count, 0.62, 1.1, rng) if photo else _uniform(count, 0.82, 1.12, rng)
    stretch = 0.25 if photo else 0.1
    scale_y = scale * (1 + _uniform(count, -stretch, stretch, rng))
    turn = torch.randn(count, generator=rng) * (0.14 if photo else 0.05)
    mirror = (torch.rand(count, generator=rng) < 0.5).float() * 2 - 1
    shift_x = _uniform(count, -1, 1, rng) * (1 - scale).clamp(min=0.04)
    shift_y = _uniform(count, -1, 1, rng) * (1 - scale_y).clamp(min=0.04)
    cos, sin = turn.cos(), turn.sin()
    first = torch.stack([scale * cos * mirror, -scale_y * sin, shift_x], 1)
    return torch.stack([first, torch.stack([scale * sin * mirror, scale_y * cos, shift_y], 1)], 1)


def _relit(x: Tensor, rng: torch.Generator, amount: float) -> Tensor:
    count, device = len(x), x.device
    contrast, gain = (1 + _uniform(count, -amount / 2, amount / 2, rng).view(-1, 1, 1, 1) for _ in range(2))
    tint = gain * (1 + torch.randn(count, 3, 1, 1, generator=rng) * 0.015)
    return ((x - 0.5) * contrast.to(device) + 0.5) * tint.to(device)


def _erased(x: Tensor, rng: torch.Generator, share: float = 0.4) -> Tensor:
    size = x.shape[-1]
    for index in (torch.rand(len(x), generator=rng) < share).nonzero().ravel().tolist():
        height, width = torch.randint(size // 8, size // 3 + 1, (2,), generator=rng).tolist()
        top = int(torch.randint(size - height, (1,), generator=rng))
        left = int(torch.randint(size - width, (1,), generator=rng))
        x[index, :, top : top + height, left : left + width] = torch.rand(3, 1, 1, generator=rng).to(x.device)
    return x


def recoloured(x: Tensor, chosen: Tensor, rng: torch.Generator) -> Tensor:
    """Mix the chosen pictures' colour channels at random, which leaves only shape to go by."""
    mix = torch.rand(len(x), 3, 3, generator=rng)
    mix = (mix / mix.sum(2, keepdim=True)).to(x.device)
    grey = x.mean(1, keepdim=True)
    vivid = torch.einsum("nij,njhw->nihw", mix, x)
    vivid = grey + (vivid - grey) * 2
    return torch.where(chosen.view(-1, 1, 1, 1), vivid.clamp(0, 1), x)


def pasted(x: Tensor, rng: torch.Generator, *, share: float = 0.5) -> tuple[Tensor, Tensor, Tensor]:
    """Paste a rectangle of another picture of the batch into some of them.

    Returns:
        The pictures; the index of the other picture, ``(n,)``; the part of each that is its own, ``(n,)``.

    Source:
        CutMix: Yun et al., ICCV 2019.
    """
    count, size = len(x), x.shape[-1]
    partner = torch.randperm(count, generator=rng)
    side = torch.sqrt(_uniform(count, 0.1, 0.4, rng)) * (torch.rand(count, generator=rng) < share)
    result, own = x.clone(), torch.ones(count)
    for index, fraction in enumerate(side.tolist()):
        length = math.floor(fraction * size)
        if length:
            top, left = torch.randint(size - length + 1, (2,), generator=rng).tolist()
            region = (slice(None), slice(top, top + length), slice(left, left + length))
            result[index][region] = x[int(partner[index])][region]
            own[index] = 1 - (length / size) ** 2
    return result, partner, own


def normalised(x: Tensor) -> Tensor:
    """Return pictures with the towers' mean and deviation taken out."""
    mean, std = (torch.tensor(value, device=x.device).view(1, 3, 1, 1) for value in (MEAN, STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)
