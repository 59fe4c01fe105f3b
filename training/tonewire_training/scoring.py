"""Scores of a predictor per task, on prepared examples."""

from __future__ import annotations

import numpy as np

from .decode import entity_spans, tagged_spans
from .examples import Example
from .metrics import accuracy, calibration_error, macro_f1, span_scores
from .predict import Scores
from .tasks import PLACE_READINGS, QUOTE_PARTS, SCORED_KINDS, SENTIMENTS


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def entity_score(examples: list[Example], scores: list[Scores]) -> dict:
    """Exact spans of persons, organizations and locations; other kinds are left out on both sides."""
    gold = [{(s, e, k[0]) for s, e, k in x.entities or [] if k[0] in SCORED_KINDS} for x in examples]
    found = [{span for span in entity_spans(s.pieces, s.entities) if span[2] in SCORED_KINDS} for s in scores]
    return span_scores(gold, found)


def sentiment_arrays(examples: list[Example], scores: list[Scores]) -> tuple[np.ndarray, list[int], list[bool]]:
    """Logits, gold classes, and whether the text's targets differ in polarity, for every target."""
    logits = [logit for s in scores for logit in s.sentiments]
    gold = [SENTIMENTS.index(label) for x in examples for _, _, label in x.targets]
    discordant = [len({t[2] for t in x.targets}) > 1 for x in examples for _ in x.targets]
    return np.array(logits), gold, discordant


def sentiment_score(examples: list[Example], scores: list[Scores], temperature: float = 1.0,
                    bias: np.ndarray | None = None) -> dict:
    logits, gold, discordant = sentiment_arrays(examples, scores)
    probabilities = softmax((logits + (0 if bias is None else bias)) / temperature)
    predicted = probabilities.argmax(1)
    pairs = [(g, int(p)) for g, p, d in zip(gold, predicted, discordant) if d]
    return {
        "n": len(gold), "macro_f1": macro_f1(gold, predicted), "accuracy": accuracy(gold, predicted),
        "ece": calibration_error(probabilities, gold),
        "discordant": {"n": len(pairs), "macro_f1": macro_f1(*zip(*pairs)) if pairs else None},
    }


def reading_score(examples: list[Example], scores: list[Scores], temperature: float = 1.0) -> dict:
    logits = np.array([logit for s in scores for logit in s.readings])
    gold = [PLACE_READINGS.index(r) for x in examples for _, _, r in x.places]
    probabilities = softmax(logits / temperature)
    predicted = probabilities.argmax(1)
    sources = [x.source for x in examples for _ in x.places]
    by_source = {s: accuracy(*zip(*[(g, p) for g, p, o in zip(gold, predicted, sources) if o == s]))
                 for s in sorted(set(sources))}
    return {"n": len(gold), "accuracy": accuracy(gold, predicted), "macro_f1": macro_f1(gold, predicted, 2),
            "ece": calibration_error(probabilities, gold), "by_source": by_source}


def quote_score(examples: list[Example], scores: list[Scores], start_costs: dict[str, float] | None = None) -> dict:
    """Exact span F1 per part, and F1 over the words inside the spans."""
    result: dict = {}
    for layer, part in enumerate(QUOTE_PARTS):
        cost = (start_costs or {}).get(part, 0.0)
        gold, found, gold_words, found_words = [], [], [], []
        for example, s in zip(examples, scores):
            spans = [(start, end) for start, end, _ in tagged_spans(s.pieces, s.quotes[:, layer], cost)]
            expected = (example.quotes or {})[part]
            gold.append({(start, end, part) for start, end in expected})
            found.append({(start, end, part) for start, end in spans})
            starts = [o[0] for o, w in zip(s.pieces.offsets, s.pieces.word_start) if w]
            gold_words.append({(c, c, part) for c in starts if any(a <= c < b for a, b in expected)})
            found_words.append({(c, c, part) for c in starts if any(a <= c < b for a, b in spans)})
        result[part] = {"exact": span_scores(gold, found)["micro"]["f1"],
                        "words": span_scores(gold_words, found_words)["micro"]["f1"]}
    return result
