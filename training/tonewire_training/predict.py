"""Runs a model over examples and collects raw scores; the f32 model and the int8 reference share this shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch

from .batches import batches_of_like_length, collate, encode
from .examples import Example
from .model import TonewireModel
from .tokens import Pieces, PieceTokenizer
from .windows import windows


@dataclass
class Scores:
    """Raw logits of one text."""

    pieces: Pieces
    entities: np.ndarray                  # [pieces, entity tags]
    quotes: np.ndarray                    # [pieces, parts, 3]
    sentiments: list[np.ndarray] = field(default_factory=list)  # per target of the example
    readings: list[np.ndarray] = field(default_factory=list)    # per place of the example


class Predictor(Protocol):
    def predict(self, examples: list[Example]) -> list[Scores]: ...


class FloatPredictor:
    """The trained network in f32 (or bf16 when `fast`, for a quick look between epochs)."""

    def __init__(self, model: TonewireModel, tokenizer: PieceTokenizer, fast: bool = False) -> None:
        self.model, self.tokenizer, self.fast = model.eval(), tokenizer, fast

    @torch.inference_mode()
    def predict(self, examples: list[Example]) -> list[Scores]:
        encoded = encode(self.tokenizer, examples)
        cut = [windows(example, pieces) for example, pieces in encoded]
        found: dict[int, Scores] = {}
        for batch in batches_of_like_length([window for group in cut for window in group], 6000):
            for (_, pieces), scores in zip(batch, self._predict_batch(batch)):
                found[id(pieces)] = scores
        return [joined(example, pieces, group, [found[id(window)] for _, window in group])
                for (example, pieces), group in zip(encoded, cut)]

    def _predict_batch(self, items: list[tuple[Example, Pieces]]) -> list[Scores]:
        batch = collate(items)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
            hidden = self.model.encode(batch.ids, batch.shapes, batch.real)
        entities, quotes = self.model.tag_logits(hidden)
        if len(batch.mention_text):
            features = self.model.mention_features(hidden, batch.real, batch.mention_text, batch.mention_pieces)
            mention_logits = iter(zip(*(logits.numpy() for logits in self.model.mention_logits(features))))
        results = []
        for row, (example, pieces) in enumerate(items):
            n = len(pieces)
            scores = Scores(pieces, entities[row, :n].numpy(), quotes[row, :n].numpy())
            scores.sentiments = [next(mention_logits)[0] for _ in example.targets]
            scores.readings = [next(mention_logits)[1] for _ in example.places]
            results.append(scores)
        return results


def joined(example: Example, pieces: Pieces, group: list[tuple[Example, Pieces]], found: list[Scores]) -> Scores:
    """Puts the scores of a text's windows together again."""
    if len(found) == 1:
        return found[0]
    inner = lambda name: np.concatenate(
        [getattr(found[0], name)[:1], *(getattr(s, name)[1:-1] for s in found), getattr(found[-1], name)[-1:]])
    by_span = lambda name, labels: {span: logit for (window, _), s in zip(group, found)
                                    for span, logit in zip(getattr(window, labels), getattr(s, name))}
    sentiments, readings = by_span("sentiments", "targets"), by_span("readings", "places")
    return Scores(pieces, inner("entities"), inner("quotes"), [sentiments[t] for t in example.targets],
                  [readings[p] for p in example.places])
