"""Text variants that real articles have and the data sets lack; every variant keeps the code-point offsets.

White space, line wraps, no-break spaces, soft hyphens and curly quotes need no variants: tokenising makes them all alike
(see `tokens.py`), and "China 's" gives the same pieces as "China's". Letter case is varied here. A possessive added where the
data has none is not, and costs entity F1 (see the model card).
"""

from __future__ import annotations

import random

CAPS_SHARE, TITLE_SHARE, LOWER_SHARE = 0.08, 0.04, 0.02
"""Share of training texts in capitals, in Title Case, and in small letters."""


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
