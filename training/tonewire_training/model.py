"""The network: a 6-layer BERT encoder with case shapes, and heads that score everything in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from .tasks import ENTITY_TAGS, PLACE_READINGS, QUOTE_PARTS, QUOTE_TAGS, SENTIMENT_SOURCES, SENTIMENTS
from .tokens import CASE_SHAPES

DISTANCE_BUCKETS = 13
"""Signed distance of a piece to a mention: 6 inside, 0-5 before it (far to near), 7-12 behind it (near to far)."""


@dataclass
class Architecture:
    layers: int = 6
    width: int = 384
    heads: int = 12
    feed_forward: int = 1536
    vocabulary: int = 30522
    positions: int = 512
    layer_norm_eps: float = 1e-12
    context_heads: int = 6


class EncoderLayer(nn.Module):
    """Post-norm transformer layer, as in BERT."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.heads = a.heads
        self.query_key_value = nn.Linear(a.width, 3 * a.width)
        self.attention_out = nn.Linear(a.width, a.width)
        self.attention_norm = nn.LayerNorm(a.width, eps=a.layer_norm_eps)
        self.expand = nn.Linear(a.width, a.feed_forward)
        self.contract = nn.Linear(a.feed_forward, a.width)
        self.feed_forward_norm = nn.LayerNorm(a.width, eps=a.layer_norm_eps)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden: Tensor, real: Tensor) -> Tensor:
        texts, length, width = hidden.shape
        split = self.query_key_value(hidden).view(texts, length, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=real[:, None, None, :])
        attended = attended.transpose(1, 2).reshape(texts, length, width)
        hidden = self.attention_norm(hidden + self.dropout(self.attention_out(attended)))
        return self.feed_forward_norm(hidden + self.dropout(self.contract(F.gelu(self.expand(hidden)))))


class Encoder(nn.Module):
    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.words = nn.Embedding(a.vocabulary, a.width)
        self.positions = nn.Embedding(a.positions, a.width)
        self.shapes = nn.Embedding(len(CASE_SHAPES), a.width)
        nn.init.normal_(self.shapes.weight, std=0.01)
        self.norm = nn.LayerNorm(a.width, eps=a.layer_norm_eps)
        self.dropout = nn.Dropout(0.1)
        self.layers = nn.ModuleList(EncoderLayer(a) for _ in range(a.layers))

    def forward(self, ids: Tensor, shapes: Tensor, real: Tensor) -> Tensor:
        positions = self.positions.weight[:ids.shape[1]]
        hidden = self.dropout(self.norm(self.words(ids) + positions + self.shapes(shapes)))
        for layer in self.layers:
            hidden = layer(hidden, real)
        return hidden


class MentionContext(nn.Module):
    """Attention from a mention over its sentence: each of several mentions reads the words that concern it."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.heads = a.context_heads
        self.query = nn.Linear(2 * a.width, a.width)
        self.key_value = nn.Linear(a.width, 2 * a.width)
        self.distance = nn.Embedding(DISTANCE_BUCKETS, a.context_heads)
        nn.init.zeros_(self.distance.weight)

    def forward(self, mention: Tensor, hidden: Tensor, mention_text: Tensor, blocked: Tensor, buckets: Tensor) -> Tensor:
        mentions, (_, length, width) = mention.shape[0], hidden.shape
        query = self.query(mention).view(mentions, self.heads, 1, -1)
        key, value = self.key_value(hidden).view(-1, length, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = (query * key[mention_text]).sum(-1) / (width // self.heads) ** 0.5
        scores = scores + self.distance(buckets).transpose(1, 2)
        weights = scores.masked_fill(blocked[:, None], float("-inf")).softmax(-1)
        return torch.einsum("mhl,mhld->mhd", weights, value[mention_text]).reshape(mentions, width)


def distance_buckets(mention_pieces: Tensor) -> Tensor:
    """Bucket of every piece: 6 inside the mention's first to last piece, else by distance 1, 2, 3-4, 5-8, 9-16, 17+."""
    length = mention_pieces.shape[1]
    index = torch.arange(length)
    first = mention_pieces.float().argmax(1, keepdim=True)
    last = length - 1 - mention_pieces.flip(1).float().argmax(1, keepdim=True)
    steps = torch.tensor([1, 2, 4, 8, 16])
    before = torch.bucketize(first - index, steps)
    behind = torch.bucketize(index - last, steps)
    return torch.where(index < first, 5 - before, torch.where(index > last, 7 + behind, 6))


class TonewireModel(nn.Module):
    def __init__(self, architecture: Architecture | None = None) -> None:
        super().__init__()
        a = architecture or Architecture()
        self.architecture = a
        self.encoder = Encoder(a)
        self.tags = nn.Linear(a.width, len(ENTITY_TAGS) + len(QUOTE_PARTS) * len(QUOTE_TAGS))
        self.context = MentionContext(a)
        self.sentiment_hidden = nn.Linear(4 * a.width, a.width)
        self.sentiment_out = nn.Linear(a.width, len(SENTIMENTS))
        self.sentiment_source_bias = nn.Parameter(torch.zeros(len(SENTIMENT_SOURCES), len(SENTIMENTS)))
        self.reading_out = nn.Linear(4 * a.width, len(PLACE_READINGS))
        self.dropout = nn.Dropout(0.1)

    def encode(self, ids: Tensor, shapes: Tensor, real: Tensor) -> Tensor:
        return self.encoder(ids, shapes, real).float()

    def tag_logits(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Entity tags `[.., 11]` and quote tags `[.., part, 3]` of every piece."""
        logits = self.tags(self.dropout(hidden))
        entities, quotes = logits.split([len(ENTITY_TAGS), len(QUOTE_PARTS) * len(QUOTE_TAGS)], dim=-1)
        return entities, quotes.unflatten(-1, (len(QUOTE_PARTS), len(QUOTE_TAGS)))

    def mention_features(self, hidden: Tensor, real: Tensor, mention_text: Tensor, mention_pieces: Tensor) -> Tensor:
        """Per mention: mean and max of its pieces, mean of the whole text ([CLS] and [SEP] included), context."""
        own = hidden[mention_text]
        inside = mention_pieces[..., None]
        mean = (own * inside).sum(1) / inside.sum(1)
        highest = own.masked_fill(~inside, float("-inf")).amax(1)
        sentence = (hidden * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        mention = torch.cat([mean, highest], -1)
        context = self.context(mention, hidden, mention_text, ~real[mention_text], distance_buckets(mention_pieces))
        return torch.cat([mention, sentence[mention_text], context], -1)

    def mention_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Sentiment `[mentions, 3]` and reading of a place `[mentions, 2]`."""
        features = self.dropout(features)
        hidden = self.dropout(F.gelu(self.sentiment_hidden(features)))
        return self.sentiment_out(hidden), self.reading_out(features)


def load_pretrained(model: TonewireModel, path: Path) -> None:
    """Fills the encoder from a BERT checkpoint; the token-type row 0 is folded into the positions."""
    weights = load_file(path)
    encoder = model.encoder
    with torch.no_grad():
        encoder.words.weight.copy_(weights["embeddings.word_embeddings.weight"])
        encoder.positions.weight.copy_(weights["embeddings.position_embeddings.weight"]
                                       + weights["embeddings.token_type_embeddings.weight"][0])
        _copy(encoder.norm, weights, ["embeddings.LayerNorm"])
        for i, layer in enumerate(encoder.layers):
            root = f"encoder.layer.{i}"
            _copy(layer.query_key_value, weights, [f"{root}.attention.self.{n}" for n in ("query", "key", "value")])
            _copy(layer.attention_out, weights, [f"{root}.attention.output.dense"])
            _copy(layer.attention_norm, weights, [f"{root}.attention.output.LayerNorm"])
            _copy(layer.expand, weights, [f"{root}.intermediate.dense"])
            _copy(layer.contract, weights, [f"{root}.output.dense"])
            _copy(layer.feed_forward_norm, weights, [f"{root}.output.LayerNorm"])


def _copy(module: nn.Linear | nn.LayerNorm, weights: dict[str, Tensor], names: list[str]) -> None:
    module.weight.copy_(torch.cat([weights[f"{name}.weight"] for name in names]))
    module.bias.copy_(torch.cat([weights[f"{name}.bias"] for name in names]))
