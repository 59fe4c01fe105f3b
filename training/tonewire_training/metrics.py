"""Scores: span F1, macro F1 and expected calibration error, all as fractions."""

from __future__ import annotations

from collections import Counter
from typing import Hashable, Iterable, Sequence

import numpy as np


def f1(right: int, predicted: int, gold: int) -> dict[str, float]:
    precision, recall = right / max(predicted, 1), right / max(gold, 1)
    return {"p": precision, "r": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9)}


def span_scores(gold: Iterable[set[tuple]], predicted: Iterable[set[tuple]]) -> dict[str, dict[str, float]]:
    """Exact spans `(start, end, label)` per text; micro over all, and per label."""
    counts: dict[Hashable, Counter] = {}
    for expected, found in zip(gold, predicted):
        for name, spans in (("gold", expected), ("predicted", found), ("right", expected & found)):
            for span in spans:
                for key in ("micro", span[2]):
                    counts.setdefault(key, Counter())[name] += 1
    return {str(k): f1(c["right"], c["predicted"], c["gold"]) for k, c in counts.items()}


def macro_f1(gold: Sequence[int], predicted: Sequence[int], classes: int = 3) -> float:
    scores = []
    for c in range(classes):
        right = sum(g == p == c for g, p in zip(gold, predicted))
        scores.append(f1(right, sum(p == c for p in predicted), sum(g == c for g in gold))["f1"])
    return float(np.mean(scores))


def accuracy(gold: Sequence[int], predicted: Sequence[int]) -> float:
    return float(np.mean([g == p for g, p in zip(gold, predicted)]))


def calibration_error(probabilities: np.ndarray, gold: Sequence[int], bins: int = 10) -> float:
    """Expected calibration error of the top class over equal-width bins."""
    confidence, predicted = probabilities.max(1), probabilities.argmax(1)
    right = predicted == np.asarray(gold)
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[bin_of == b].mean() - confidence[bin_of == b].mean()) * (bin_of == b).mean()
            for b in range(bins) if (bin_of == b).any()]
    return float(sum(gaps))
