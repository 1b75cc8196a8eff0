"""The starter's two towers: a small convolutional net for pictures, a small transformer for words."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

DIM = 256
SIZE_PX = 112
# Of the drawn products and photos together; fixed, so that every run exports the same preprocessing.
MEAN = (0.60, 0.58, 0.56)
STD = (0.27, 0.27, 0.27)
# What the auxiliary heads tell apart: kind, colour, material, trim (0 is none), setting.
TRAITS = (80, 13, 8, 14, 7)


def _convolution(inputs: int, outputs: int, *, size: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Residual(nn.Module):
    """Two 3x3 convolutions, gated by channel (squeeze and excitation), added to their input."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        self.first = _convolution(inputs, outputs, stride=stride)
        self.second = _convolution(outputs, outputs)
        self.gate = nn.Sequential(
            nn.Linear(outputs, outputs // 4), nn.ReLU(), nn.Linear(outputs // 4, outputs), nn.Sigmoid()
        )
        # Starting as the identity is what lets the learning rate be 3e-3 from the first steps.
        nn.init.zeros_(cast("nn.BatchNorm2d", self.second[1]).weight)
        pool = nn.AvgPool2d(2) if stride == 2 else nn.Identity()
        same = inputs == outputs and stride == 1
        self.skip = nn.Identity() if same else nn.Sequential(pool, _convolution(inputs, outputs, size=1))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, inputs, h, w)`` to ``(batch, outputs, h / stride, w / stride)``."""
        y = self.second(functional.relu(self.first(x), inplace=True))
        y = y * self.gate(y.mean((2, 3)))[:, :, None, None]
        return functional.relu(y + self.skip(x), inplace=True)


class ImageTower(nn.Module):
    """Pictures to unit vectors.

    Args:
        widths: Channels of the stem and the three stages.
        depths: Blocks in each stage.
    """

    def __init__(
        self, widths: tuple[int, int, int, int] = (32, 32, 96, 208), depths: tuple[int, int, int] = (1, 2, 2)
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _convolution(3, widths[0], stride=2),
            nn.ReLU(True),
            _convolution(widths[0], widths[1], stride=2),
            nn.ReLU(True),
        )
        blocks, inputs = [], widths[1]
        for stage, (outputs, depth) in enumerate(zip(widths[1:], depths, strict=True)):
            for index in range(depth):
                blocks.append(Residual(inputs, outputs, stride=2 if stage and not index else 1))
                inputs = outputs
        self.body = nn.Sequential(*blocks)
        self.features = 2 * widths[3] + widths[1]
        self.head = nn.Sequential(nn.Linear(self.features, 2 * DIM), nn.ReLU(), nn.Linear(2 * DIM, DIM))

    def pooled(self, pictures: Tensor) -> Tensor:
        """Return the features the head and the auxiliary heads read, float32, shape ``(batch, features)``."""
        low = self.stem(pictures)
        high = self.body(low)
        # The stem's mean keeps the colours, which the deeper layers learn to ignore.
        return torch.cat([high.mean((2, 3)), high.amax((2, 3)), low.mean((2, 3))], 1).float()

    def forward(self, image: Tensor) -> Tensor:
        """Map normalised pictures ``(batch, 3, h, w)`` to unit vectors ``(batch, DIM)``."""
        return functional.normalize(self.head(self.pooled(image)).float(), dim=-1)


class Layer(nn.Module):
    """One pre-norm transformer layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Map ``(batch, length, width)`` to the same shape; `bias` is added to the attention's logits."""
        batch, length, width = x.shape
        heads = self.query_key_value(self.before(x)).reshape(
            batch, length, 3, self.heads, width // self.heads
        )
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        weights = torch.softmax(query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5 + bias, -1)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, length, width))
        return x + cast("Tensor", self.feed(self.between(x)))


class TextTower(nn.Module):
    """Token ids to unit vectors; id 0 is padding.

    Args:
        vocabulary: Number of token ids.
        length: Most tokens of a text.
        width: Channels.
        layers: Transformer layers.
    """

    def __init__(self, vocabulary: int, length: int, *, width: int = 160, layers: int = 2) -> None:
        super().__init__()
        self.length = length
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.position = nn.Parameter(torch.randn(length, width) * 0.02)
        self.body = nn.ModuleList(Layer(width, 4) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, DIM)

    def forward(self, text: Tensor) -> Tensor:
        """Map ids ``(batch, up to length)`` to unit vectors ``(batch, DIM)``."""
        present = (text != 0).float()
        bias = (present - 1)[:, None, None, :] * 1e4
        x = self.embedding(text) + self.position[: text.shape[1]]
        for layer in self.body:
            x = layer(x, bias)
        mean = (self.norm(x).float() * present[:, :, None]).sum(1) / present.sum(1, keepdim=True).clamp(min=1)
        return functional.normalize(self.head(mean).float(), dim=-1)


class TraitHeads(nn.Module):
    """Linear readings of each trait from the pooled features: used in training, thrown away at export."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in TRAITS)

    def forward(self, features: Tensor) -> list[Tensor]:
        """Return one set of float32 logits for each trait."""
        return [head(features).float() for head in self.heads]
