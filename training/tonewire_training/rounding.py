"""Lets a network learn with the rounding of its shipped form: int8 weights and activations in its large products.

Rounded after training, mt-test lost .8 points (version 1.1). Some steps with the rounding in place, whose gradient passes
straight through (Bengio et al. 2013; Jacob et al. 2018), let the weights settle where it does no harm.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .model import TonewireModel

KEPT_IN_FLOAT = {"tags", "sentiment_out", "reading_out"}
"""Small products that `export` writes in f32."""


def scale_of(rows: Tensor) -> Tensor:
    """Largest magnitude of each row, over 127."""
    return rows.detach().abs().amax(-1, keepdim=True).clamp_min(1e-12) / 127


def rounded(rows: Tensor, scale: Tensor) -> Tensor:
    """Integers -127..127 as floats; the gradient is that of `rows / scale`."""
    exact = rows / scale
    return exact + (exact.round().clamp(-127, 127) - exact).detach()


class RoundedLinear(nn.Linear):
    """`reference.py`'s int8 linear: rows of the input and of the weights in int8, each with a scale."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        of_input, of_weight = scale_of(x), scale_of(self.weight)
        # The integers are exact in bf16 too, so that mixed precision adds no rounding of its own here.
        product = F.linear(rounded(x, of_input), rounded(self.weight, of_weight))
        return product.float() * (of_input * of_weight.squeeze(-1)) + self.bias


class RoundedEmbedding(nn.Embedding):
    def forward(self, ids: Tensor) -> Tensor:
        rows = super().forward(ids)
        scale = scale_of(rows)
        return rounded(rows, scale) * scale


def imitate_int8(model: TonewireModel) -> None:
    """From here on the network computes as its exported form does. Names and shapes of the weights stay."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name not in KEPT_IN_FLOAT:
            module.__class__ = RoundedLinear
    model.encoder.words.__class__ = RoundedEmbedding
