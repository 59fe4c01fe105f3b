"""Whole articles with quotes: sentence scores put together, direct quotes linked to sources and scored."""

from __future__ import annotations

from pathlib import Path

from .decode import tagged_spans
from .examples import Example
from .predict import Predictor
from .prepare import polnear_articles
from .quote_links import LinkedQuote, Span, link_quotes
from .sentences import split_sentences
from .tasks import QUOTE_PARTS


def article_quotes(text: str, predictor: Predictor, start_costs: dict[str, float]) -> list[LinkedQuote]:
    sentences = split_sentences(text)
    parts: dict[str, list[Span]] = {part: [] for part in QUOTE_PARTS}
    scores = predictor.predict([Example(text[s:e], "polnear") for s, e in sentences])
    for (first, _), s in zip(sentences, scores):
        for layer, part in enumerate(QUOTE_PARTS):
            found = tagged_spans(s.pieces, s.quotes[:, layer], start_costs[part])
            parts[part] += [(start + first, end + first) for start, end, _ in found]
    return link_quotes(text, sentences, parts["source"], parts["cue"])


def direct_quote_score(folder: Path, predictor: Predictor, start_costs: dict[str, float]) -> dict:
    """Share of the gold direct quotes (a content fragment that begins with a quote mark and has a source) whose
    linked source overlaps the gold source (`right`), or is exactly it (`exact`)."""
    count, right, exact = 0, 0, 0
    for _, text, _, attributions in polnear_articles(folder):
        linked = article_quotes(text, predictor, start_costs)
        for attribution in attributions:
            for start, end in attribution["content"]:
                if text[start] not in "\"“" or not attribution["source"]:
                    continue
                count += 1
                source = next((q.source for q in linked if q.span[0] < end and q.span[1] > start), None)
                if source:
                    right += any(s < source[1] and e > source[0] for s, e in attribution["source"])
                    exact += source in attribution["source"]
    return {"n": count, "right": right / max(count, 1), "exact": exact / max(count, 1)}
