"""Reference of the shipped inference: int8 weights, int8 activations with one scale per piece, f32 elsewhere.

Reads nothing but the exported safetensors file (and tokenizer.json). The Rust program must give the same numbers up to
the rounding of f32 sums; ../README.md, "Arithmetic", writes every step down.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from .batches import encode, pieces_of_span
from .examples import Example
from .predict import Scores, joined
from .tokens import Pieces, PieceTokenizer
from .windows import windows

Array = np.ndarray


def quantise_rows(x: Array) -> tuple[Array, Array]:
    """int8 values (held as f32) and the scale of every row: symmetric, -127 to 127, ties to even."""
    highest = np.abs(x).max(-1, keepdims=True).astype(np.float32)
    inverse = np.divide(np.float32(127), highest, out=np.zeros_like(highest), where=highest > 0)
    return np.rint(x * inverse), highest / np.float32(127)


def integer_product(left: Array, right: Array) -> Array:
    """Exact product of int8 values held as f32: slices of 384 keep every partial sum below 2^24."""
    total = np.zeros((left.shape[0], right.shape[0]), dtype=np.float64)
    for start in range(0, left.shape[1], 384):
        total += left[:, start:start + 384] @ right[:, start:start + 384].T
    return total.astype(np.float32)


def gelu(x: Array) -> Array:
    return (0.5 * x * (1 + torch.erf(torch.from_numpy(x * np.float32(0.5 ** 0.5))).numpy())).astype(np.float32)


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


class QuantisedModel:
    """The exported network."""

    def __init__(self, path: Path) -> None:
        with safe_open(str(path), framework="numpy") as file:
            self.metadata: dict = json.loads(file.metadata()["tonewire"])
            self.weights: dict[str, Array] = {name: file.get_tensor(name) for name in file.keys()}
        for name in self.weights:
            if self.weights[name].dtype == np.int8 and name != "words.weight":
                self.weights[name] = self.weights[name].astype(np.float32)

    def linear(self, name: str, x: Array) -> Array:
        """`acc * (row scale * channel scale) + bias` for int8 weights, a plain f32 product otherwise."""
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        channel_scale = self.weights.get(f"{name}.scale")
        if channel_scale is None:
            return x @ weight.T + bias
        quantised, row_scale = quantise_rows(x)
        return integer_product(quantised, weight) * (row_scale * channel_scale) + bias

    def norm(self, name: str, x: Array) -> Array:
        mean = x.mean(-1, keepdims=True)
        centred = x - mean
        variance = (centred * centred).mean(-1, keepdims=True)
        scaled = centred / np.sqrt(variance + np.float32(self.metadata["layer_norm_eps"]))
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def hidden(self, texts: list[Pieces]) -> list[Array]:
        """Last layer `[pieces, width]` of every text; the texts are laid end to end, without padding."""
        w = self.weights
        ids = np.concatenate([p.ids for p in texts])
        shapes = np.concatenate([p.shapes for p in texts])
        positions = np.concatenate([np.arange(len(p)) for p in texts])
        borders = np.cumsum([0] + [len(p) for p in texts])
        words = w["words.weight"][ids].astype(np.float32) * w["words.scale"][ids][:, None]
        x = self.norm("embedding_norm", words + w["positions.weight"][positions] + w["shapes.weight"][shapes])
        for layer in range(self.metadata["layers"]):
            root = f"layers.{layer}"
            projected = self.linear(f"{root}.query_key_value", x)
            attended = np.concatenate([self.attention(projected[a:b]) for a, b in zip(borders, borders[1:])])
            x = self.norm(f"{root}.attention_norm", x + self.linear(f"{root}.attention_out", attended))
            inner = gelu(self.linear(f"{root}.expand", x))
            x = self.norm(f"{root}.feed_forward_norm", x + self.linear(f"{root}.contract", inner))
        return [x[a:b] for a, b in zip(borders, borders[1:])]

    def attention(self, projected: Array) -> Array:
        """Self-attention of one text; `projected` holds query, key and value side by side."""
        length, width = len(projected), self.metadata["width"]
        heads = self.metadata["heads"]
        query, key, value = projected.reshape(length, 3, heads, width // heads).transpose(1, 2, 0, 3)
        scores = query @ key.transpose(0, 2, 1) * np.float32((width // heads) ** -0.5)
        return (softmax(scores) @ value).transpose(1, 0, 2).reshape(length, width)

    def tag_logits(self, hidden: Array) -> tuple[Array, Array]:
        logits = self.linear("tags", hidden)
        kinds = len(self.metadata["entity_tags"])
        return logits[:, :kinds], logits[:, kinds:].reshape(len(hidden), -1, len(self.metadata["quote_tags"]))

    def mention_logits(self, hidden: Array, mentions: list[list[int]]) -> tuple[Array, Array]:
        """Sentiment and reading logits of the mentions of one text, given by their piece indices."""
        width, heads = self.metadata["width"], self.metadata["context_heads"]
        pooled = np.stack([np.concatenate([hidden[m].mean(0), hidden[m].max(0)]) for m in mentions])
        sentence = np.repeat(hidden.mean(0)[None], len(mentions), 0)
        query = self.linear("context.query", pooled).reshape(-1, heads, 1, width // heads)
        key_value = self.linear("context.key_value", hidden).reshape(len(hidden), 2, heads, width // heads)
        key, value = key_value.transpose(1, 2, 0, 3)
        scores = (query * key).sum(-1) * np.float32((width // heads) ** -0.5)
        buckets = np.stack([distance_buckets(m[0], m[-1], len(hidden)) for m in mentions])
        scores = scores + self.weights["context.distance.weight"][buckets].transpose(0, 2, 1)
        context = np.einsum("mhl,hld->mhd", softmax(scores), value).reshape(len(mentions), width)
        features = np.concatenate([pooled, sentence, context], 1).astype(np.float32)
        inner = gelu(self.linear("sentiment_hidden", features))
        return self.linear("sentiment_out", inner), self.linear("reading_out", features)


def distance_buckets(first: int, last: int, length: int) -> Array:
    """6 inside the mention; before it 5 - b, behind it 7 + b, b = 0..5 for distance 1, 2, 3-4, 5-8, 9-16, 17+."""
    index = np.arange(length)
    bucket = lambda distance: np.searchsorted([1, 2, 4, 8, 16], distance, side="left")
    return np.where(index < first, 5 - bucket(first - index), np.where(index > last, 7 + bucket(index - last), 6))


class ReferencePredictor:
    """Scores examples with the exported model, one text after the other or several end to end."""

    def __init__(self, model: QuantisedModel, tokenizer: PieceTokenizer, texts_at_once: int = 64) -> None:
        self.model, self.tokenizer, self.texts_at_once = model, tokenizer, texts_at_once

    def predict(self, examples: list[Example]) -> list[Scores]:
        encoded = encode(self.tokenizer, examples)
        cut = [windows(example, pieces) for example, pieces in encoded]
        flat = [window for group in cut for window in group]
        scores = [s for i in range(0, len(flat), self.texts_at_once) for s in self._several(flat[i:i + self.texts_at_once])]
        results, cursor = [], 0
        for (example, pieces), group in zip(encoded, cut):
            results.append(joined(example, pieces, group, scores[cursor:cursor + len(group)]))
            cursor += len(group)
        return results

    def _several(self, items: list[tuple[Example, Pieces]]) -> list[Scores]:
        results = []
        for (example, pieces), hidden in zip(items, self.model.hidden([p for _, p in items])):
            scores = Scores(pieces, *self.model.tag_logits(hidden))
            mentions = [pieces_of_span(pieces, s, e) for s, e, _ in example.targets + example.places]
            if mentions:
                sentiments, readings = self.model.mention_logits(hidden, mentions)
                scores.sentiments = list(sentiments[:len(example.targets)])
                scores.readings = list(readings[len(example.targets):])
            results.append(scores)
        return results
