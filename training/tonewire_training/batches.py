"""Examples to tensors: labels per piece and per mention, and batches of texts of like length."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from .augment import vary
from .examples import Example
from .tasks import (ENTITY_TAGS, PLACE_READINGS, QUOTE_PARTS, SENTIMENT_SOURCES, SENTIMENT_WEIGHTS, SENTIMENTS,
                    tag_index)
from .tokens import Pieces, PieceTokenizer

UNLABELLED = -100
MENTION_MASK_SHARE = 0.08
"""Share of training mentions whose name is masked, so that a name alone does not decide its sentiment."""
PIECE_MASK_SHARE = 0.04
TEACHER_WEIGHT = 0.8
"""Weight of a sentiment that only the teacher gave. Its classes are those of NewsMTSC, so it takes no source's bias."""


@dataclass
class Batch:
    ids: Tensor                # [texts, length]
    shapes: Tensor             # [texts, length]
    real: Tensor               # [texts, length] bool, false on padding
    entity_allowed: Tensor     # [texts, length, tags] bool: tags that count as right; all false = not annotated
    quote_tags: Tensor         # [texts, length, parts] index of O/B/I, or UNLABELLED
    mention_text: Tensor       # [mentions] row of the text
    mention_pieces: Tensor     # [mentions, length] bool
    sentiments: Tensor         # [mentions] or UNLABELLED
    sentiment_targets: Tensor  # [mentions, classes] what training wants: smoothed label, teacher, or their mean
    sentiment_weights: Tensor  # [mentions]
    sentiment_sources: Tensor  # [mentions]
    readings: Tensor           # [mentions] or UNLABELLED


def pieces_of_span(pieces: Pieces, start: int, end: int) -> list[int]:
    """Pieces that overlap the span, [CLS] and [SEP] never; a span without any gets the nearest piece."""
    inner = range(1, len(pieces) - 1)
    found = [i for i in inner if pieces.offsets[i][0] < end and pieces.offsets[i][1] > start]
    if found or len(pieces) <= 2:
        return found or [0]
    return [min(inner, key=lambda i: abs(pieces.offsets[i][0] - start))]


def words_of_span(pieces: Pieces, start: int, end: int) -> list[int]:
    """First pieces of the words that begin inside the span."""
    return [i for i in range(len(pieces)) if pieces.word_start[i] and start <= pieces.offsets[i][0] < end]


def collate(encoded: list[tuple[Example, Pieces]], mask_id: int | None = None,
            chance: random.Random | None = None) -> Batch:
    """Builds one batch; with `mask_id` and `chance` some pieces are masked (training only)."""
    length = max(len(pieces) for _, pieces in encoded)
    texts = len(encoded)
    ids = torch.zeros(texts, length, dtype=torch.long)
    shapes = torch.full((texts, length), 7)
    real = torch.zeros(texts, length, dtype=torch.bool)
    allowed = torch.zeros(texts, length, len(ENTITY_TAGS), dtype=torch.bool)
    quotes = torch.full((texts, length, len(QUOTE_PARTS)), UNLABELLED)
    mentions: list[tuple[int, list[int], int, float, int, int]] = []
    wanted: list[list[float]] = []
    for row, (example, pieces) in enumerate(encoded):
        ids[row, :len(pieces)] = torch.tensor(pieces.ids)
        shapes[row, :len(pieces)] = torch.tensor(pieces.shapes)
        real[row, :len(pieces)] = True
        words = torch.tensor([i for i in range(len(pieces)) if pieces.word_start[i]], dtype=torch.long)
        if example.entities is not None:
            allowed[row, words, 0] = True
            _label_entities(allowed[row], example, pieces)
        if example.quotes is not None:
            quotes[row, words] = 0
            for layer, part in enumerate(QUOTE_PARTS):
                for start, end in example.quotes[part]:
                    inside = words_of_span(pieces, start, end)
                    quotes[row, inside, layer] = 2
                    quotes[row, inside[:1], layer] = 1
        for index, (start, end, label) in enumerate(example.targets):
            own = example.source in SENTIMENT_SOURCES and not (example.soft_labels and example.source != "newsmtsc")
            source = SENTIMENT_SOURCES.index(example.source) if own else 0
            weight = SENTIMENT_WEIGHTS[example.source] if own else TEACHER_WEIGHT
            mentions.append((row, pieces_of_span(pieces, start, end), SENTIMENTS.index(label), weight, source, UNLABELLED))
            wanted.append(_wanted(label if own else None, example.soft_labels[index] if example.soft_labels else None))
        for start, end, reading in example.places:
            mentions.append((row, pieces_of_span(pieces, start, end), UNLABELLED, 0.0, 0,
                             PLACE_READINGS.index(reading)))
            wanted.append([0.0] * len(SENTIMENTS))
    mention_pieces = torch.zeros(len(mentions), length, dtype=torch.bool)
    for index, mention in enumerate(mentions):
        mention_pieces[index, mention[1]] = True
        if chance is not None and mask_id is not None and chance.random() < MENTION_MASK_SHARE:
            ids[mention[0], mention[1]] = mask_id
    if chance is not None and mask_id is not None:
        masked = torch.rand(ids.shape) < PIECE_MASK_SHARE
        ids[masked & real & (ids != 101) & (ids != 102)] = mask_id
    column = lambda i, kind: torch.tensor([mention[i] for mention in mentions], dtype=kind)
    return Batch(ids, shapes, real, allowed, quotes, column(0, torch.long), mention_pieces, column(2, torch.long),
                 torch.tensor(wanted).reshape(-1, len(SENTIMENTS)), column(3, torch.float), column(4, torch.long), column(5, torch.long))


def _wanted(label: str | None, soft: list[float] | None) -> list[float]:
    """The label smoothed by .1, the teacher's probabilities, or the mean of both."""
    if label is None:
        return soft or [0.0] * len(SENTIMENTS)
    smoothed = [0.1 / len(SENTIMENTS) + 0.9 * (kind == label) for kind in SENTIMENTS]
    return smoothed if soft is None else [(a + b) / 2 for a, b in zip(smoothed, soft)]


def _label_entities(allowed: Tensor, example: Example, pieces: Pieces) -> None:
    for start, end, kinds in example.entities or []:
        for position, piece in enumerate(words_of_span(pieces, start, end)):
            allowed[piece] = False
            for kind in kinds:
                allowed[piece, tag_index(kind, inside=position > 0)] = True


def encode(tokenizer: PieceTokenizer, examples: list[Example], chance: random.Random | None = None,
           longest: int | None = None) -> list[tuple[Example, Pieces]]:
    """Tokenises; with `chance` letter case and possessives are varied; texts of more than `longest` pieces are left out."""
    if chance:
        examples = [vary(example, chance) for example in examples]
    encoded = zip(examples, tokenizer.encode_batch([e.text for e in examples]))
    return [(e, p) for e, p in encoded if longest is None or len(p) <= longest]


def batches_of_like_length(encoded: list[tuple[Example, Pieces]], pieces_per_batch: int,
                           chance: random.Random | None = None) -> list[list[tuple[Example, Pieces]]]:
    """Cuts into batches of about `pieces_per_batch`, padding included; shuffled when `chance` is given."""
    order = list(encoded)
    if chance:
        chance.shuffle(order)
    pool = 1500 if chance else max(1, len(order))
    batches: list[list[tuple[Example, Pieces]]] = []
    for i in range(0, len(order), pool):
        batch: list[tuple[Example, Pieces]] = []
        for item in sorted(order[i:i + pool], key=lambda item: len(item[1])):
            if batch and len(item[1]) * (len(batch) + 1) > pieces_per_batch:
                batches.append(batch)
                batch = []
            batch.append(item)
        batches.append(batch)
    if chance:
        chance.shuffle(batches)
    return [batch for batch in batches if batch]
