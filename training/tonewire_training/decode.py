"""Tag logits to spans: the best valid BIO sequence over words."""

from __future__ import annotations

import numpy as np

from .tasks import ENTITY_KINDS
from .tokens import Pieces


def best_tags(scores: np.ndarray, start_cost: float = 0.0) -> list[int]:
    """Viterbi over `[words, tags]`, tags ordered O, B-1, I-1, B-2, I-2, ...; I-x may only follow B-x or I-x.

    `start_cost` is taken off for every span that is opened: it keeps long spans in one piece. Of equal scores the lower
    tag index wins.
    """
    words, tags = scores.shape
    if words == 0:
        return []
    begins = np.arange(tags) % 2 == 1
    step = np.zeros((tags, tags), dtype=np.float32)
    for tag in range(2, tags, 2):
        step[:, tag] = -np.inf
        step[[tag - 1, tag], tag] = 0.0
    step[:, begins] = -start_cost
    total = scores[0].astype(np.float32).copy()
    total[2::2] = -np.inf
    total[begins] -= start_cost
    origin = np.zeros((words, tags), dtype=np.int64)
    for word in range(1, words):
        candidates = total[:, None] + step
        origin[word] = candidates.argmax(0)
        total = candidates.max(0) + scores[word]
    path = [int(total.argmax())]
    for word in range(words - 1, 0, -1):
        path.append(int(origin[word, path[-1]]))
    return path[::-1]


def tagged_spans(pieces: Pieces, logits: np.ndarray, start_cost: float = 0.0) -> list[tuple[int, int, int]]:
    """Spans `(start, end, kind)` from logits per piece; only a word's first piece is looked at.

    A span ends with the last piece of its last word.
    """
    words = [i for i, starts in enumerate(pieces.word_start) if starts]
    if not words:
        return []
    word_ends = [pieces.offsets[following - 1][1] for following in words[1:] + [len(pieces) - 1]]
    spans: list[tuple[int, int, int]] = []
    for word, tag in enumerate(best_tags(logits[words], start_cost)):
        if tag % 2 == 1:
            spans.append((pieces.offsets[words[word]][0], word_ends[word], tag // 2))
        elif tag > 0:
            start, _, kind = spans[-1]
            spans[-1] = (start, word_ends[word], kind)
    return spans


def entity_spans(pieces: Pieces, logits: np.ndarray) -> list[tuple[int, int, str]]:
    return [(start, end, ENTITY_KINDS[kind]) for start, end, kind in tagged_spans(pieces, logits)]
