"""Text variants that real articles have and the data sets lack: letter case and possessives.

White space, line wraps, no-break spaces, soft hyphens and curly quotes need no variants: tokenising makes them all alike
(see `tokens.py`), and "China 's" gives the same pieces as "China's".
"""

from __future__ import annotations

import random
from dataclasses import replace

from .examples import Example

CAPS_SHARE, TITLE_SHARE, LOWER_SHARE = 0.15, 0.04, 0.02
"""Share of training texts in capitals, in Title Case, and in small letters."""
POSSESSIVE_SHARE = 0.2
"""Share of training texts in which every other name gets a possessive. Without it an added possessive cost 2.5 points."""


def upper_case(text: str) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def lower_case(text: str) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def title_case(text: str) -> str:
    """Capitalises the first letter of every word, like a headline."""
    previous, letters = " ", []
    for c in text:
        starts_word = not previous.isalnum() and previous not in "'’"
        letters.append(c.upper() if starts_word and len(c.upper()) == 1 else c)
        previous = c
    return "".join(letters)


def vary_case(text: str, chance: random.Random) -> str:
    draw = chance.random()
    if draw < CAPS_SHARE:
        return upper_case(text)
    if draw < CAPS_SHARE + TITLE_SHARE:
        return title_case(text)
    if draw < CAPS_SHARE + TITLE_SHARE + LOWER_SHARE:
        return lower_case(text)
    return text


def vary(example: Example, chance: random.Random) -> Example:
    """A training text as it may come: sometimes with possessives, sometimes in another letter case."""
    if chance.random() < POSSESSIVE_SHARE:
        example = possessive(example, chance)
    return replace(example, text=vary_case(example.text, chance))


def insert(example: Example, text_at: dict[int, str]) -> Example:
    """Inserts texts at offsets; a span that ends at an insertion does not take it in."""
    positions = sorted(text_at)
    shift = lambda offset, end: offset + sum(len(text_at[p]) for p in positions if p < offset or (p == offset and not end))
    move = lambda spans: [(shift(s, False), shift(e, True), *rest) for s, e, *rest in spans]
    pieces, last = [], 0
    for position in positions:
        pieces += [example.text[last:position], text_at[position]]
        last = position
    text = "".join(pieces) + example.text[last:]
    entities = None if example.entities is None else move(example.entities)
    quotes = None if example.quotes is None else {part: move(spans) for part, spans in example.quotes.items()}
    return replace(example, text=text, entities=entities, quotes=quotes,
                   targets=move(example.targets), places=move(example.places))


def possessive(example: Example, chance: random.Random | None = None) -> Example:
    """Adds 's to every name that has none and is not followed by an apostrophe; with `chance`, to every other one."""
    spans = list(example.entities or []) + example.targets + example.places
    ends = {span[1] for span in spans}
    inner = lambda end: any(s[0] < end < s[1] for s in spans)
    wanted = [end for end in ends if example.text[end:end + 2].strip()[:1] not in ("'", "’") and not inner(end)]
    if chance:
        wanted = [end for end in sorted(wanted) if chance.random() < 0.5]
    return insert(example, {end: "’s" for end in wanted if example.text[end:end + 1] in (" ", ".", ",")})
