"""Who says a direct quote: quoted segments of an article linked to the source spans that the model tags.

The Rust program follows the same rules (../README.md, "Quotes").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Span = tuple[int, int]

MOST_CHARACTERS = 2500
"""A quote mark that never closes reaches to the paragraph's end, at most this far."""


@dataclass
class LinkedQuote:
    span: Span
    source: Span | None


def quoted_segments(text: str) -> list[Span]:
    """Spans between quote marks, marks included, paragraph by paragraph; an open one ends with its paragraph."""
    segments: list[Span] = []
    for paragraph in re.finditer(r"[^\n]+", text):
        opened: int | None = None
        for mark in re.finditer(r"[\"“”„«»]", paragraph.group()):
            position = paragraph.start() + mark.start()
            if opened is None:
                if mark.group() not in "”»":
                    opened = position
            elif mark.group() not in "“„«":
                segments.append((opened, position + 1))
                opened = None
        if opened is not None and paragraph.end() - opened <= MOST_CHARACTERS:
            segments.append((opened, paragraph.end()))
    return [(s, e) for s, e in segments if len(re.findall(r"\w+", text[s:e])) >= 2]


def link_quotes(text: str, sentences: list[Span], sources: list[Span], cues: list[Span]) -> list[LinkedQuote]:
    """Links every quoted segment to a source outside it.

    The best source stands in a sentence that the quote touches, has a cue close by, and is near the quote; else it is
    the last one since the quote before (`Smith was not convinced.` `"..."`), else the speaker of that quote, none
    further back than the paragraph before.
    """
    segments = quoted_segments(text)
    linked: list[LinkedQuote] = []
    for segment in segments:
        touched = [s for s in sentences if s[0] < segment[1] and s[1] > segment[0]]
        low = min((s[0] for s in touched), default=segment[0])
        high = max((s[1] for s in touched), default=segment[1])
        outside = [s for s in sources if not any(q[0] < s[1] and q[1] > s[0] for q in segments)]
        inside_reach = [s for s in outside if s[0] >= low and s[1] <= high]
        source = min(inside_reach, key=lambda s: _cost(s, segment, cues), default=None)
        if source is None:
            source = _speaker_before(text, segment, outside, linked)
        linked.append(LinkedQuote(segment, source))
    return linked


def _cost(source: Span, segment: Span, cues: list[Span]) -> float:
    distance = segment[0] - source[1] if source[1] <= segment[0] else source[0] - segment[1]
    cue_distance = min((max(c[0] - source[1], source[0] - c[1]) for c in cues), default=200)
    return distance + 3 * min(max(cue_distance, 0), 60)


def _speaker_before(text: str, segment: Span, sources: list[Span], linked: list[LinkedQuote]) -> Span | None:
    """The last source since the quote before this one, at most a paragraph back; else that quote's speaker."""
    previous = linked[-1] if linked else LinkedQuote((0, 0), None)
    near = lambda position: len(re.findall(r"\n+", text[position:segment[0]])) <= 1
    since = [s for s in sources if previous.span[1] <= s[0] and s[1] <= segment[0] and near(s[1])]
    if since:
        return max(since)
    return previous.source if near(previous.span[1]) else None
