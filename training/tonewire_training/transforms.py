"""Text transforms that real input shows; scoring on transformed copies tells what each costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable

from .augment import insert, possessive, upper_case
from .examples import Example

Transform = Callable[[Example], Example]


def same_length(change: Callable[[str], str]) -> Transform:
    return lambda example: replace(example, text=change(example.text))


def curly_quotes(text: str) -> str:
    opened, letters = False, []
    for c in text:
        if c == '"':
            letters.append("”" if opened else "“")
            opened = not opened
        else:
            letters.append("’" if c == "'" else c)
    return "".join(letters)


def straight_quotes(text: str) -> str:
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def wrap(text: str) -> str:
    """Breaks lines at the last blank before column 80."""
    letters, line_start = list(text), 0
    while len(letters) - line_start > 80:
        blank = text.rfind(" ", line_start, line_start + 80)
        if blank < 0:
            break
        letters[blank] = "\n"
        line_start = blank + 1
    return "".join(letters)


def soft_hyphens(example: Example) -> Example:
    """A soft hyphen in the middle of every word of 7 letters or more."""
    at, start = {}, None
    for i, c in enumerate(example.text + " "):
        if c.isalpha():
            start = i if start is None else start
        elif start is not None:
            if i - start >= 7:
                at[(start + i) // 2] = "\u00ad"
            start = None
    return insert(example, at)


TRANSFORMS: dict[str, Transform] = {
    "caps": same_length(upper_case),
    "curly quotes": same_length(curly_quotes),
    "straight quotes": same_length(straight_quotes),
    "wrap at 80": same_length(wrap),
    "no-break spaces": same_length(lambda text: text.replace(" ", "\u00a0")),
    "possessive": possessive,
    "soft hyphens": soft_hyphens,
}
