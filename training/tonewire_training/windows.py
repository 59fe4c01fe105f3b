"""Long texts: cut into windows that the encoder can take, never shortened."""

from __future__ import annotations

from dataclasses import replace

from .examples import Example
from .tokens import Pieces

WINDOW = 254
"""Most pieces of a window, [CLS] and [SEP] not counted. Training texts have at most 200."""


def windows(example: Example, pieces: Pieces) -> list[tuple[Example, Pieces]]:
    """Windows of whole words; a target or place goes to the window in which it begins."""
    last = len(pieces) - 1
    if last - 1 <= WINDOW:
        return [(example, pieces)]
    cuts = [1]
    while last - cuts[-1] > WINDOW:
        cut = cuts[-1] + WINDOW
        while cut > cuts[-1] + 1 and not pieces.word_start[cut]:
            cut -= 1
        cuts.append(cut)
    cuts.append(last)
    result = []
    for first, end in zip(cuts, cuts[1:]):
        begins = 0 if first == 1 else pieces.offsets[first][0]
        ends = pieces.offsets[end][0] if end < last else len(example.text) + 1
        inside = lambda spans: [span for span in spans if begins <= span[0] < ends]
        kept = [0, *range(first, end), last]
        window = Pieces(*([column[i] for i in kept] for column in
                          (pieces.ids, pieces.shapes, pieces.offsets, pieces.word_start)))
        result.append((replace(example, targets=inside(example.targets), places=inside(example.places)), window))
    return result
