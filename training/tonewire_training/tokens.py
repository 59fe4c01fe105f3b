"""Text to pieces: the exact tokenising that the Rust program repeats.

Steps: replace characters one for one (`CHARACTER_MAP`), then tokenizer.json (BertNormalizer, BertPreTokenizer,
WordPiece). The replacement keeps the number of code points, so piece offsets are code-point offsets into the text
as it was delivered. BertNormalizer itself drops soft hyphens and zero-width characters and turns every kind of
white space, line breaks and no-break spaces included, into a blank; none of these can change a score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

CHARACTER_MAP: dict[str, str] = {
    **{quote: '"' for quote in "“”„‟«»″"},
    **{quote: "'" for quote in "‘’‚‛′`"},
    **{dash: "-" for dash in "‐‑‒–—―−"},
    "…": ".",
}
_TRANSLATION = str.maketrans(CHARACTER_MAP)

CASE_SHAPES: list[str] = ["lower", "title", "initial", "upper", "mixed", "digit", "other", "special"]
"""Case shape of a piece; the index is the row of the case-shape embedding. `special` is for [CLS] and [SEP]."""


def case_shape(piece: str) -> int:
    """Index into `CASE_SHAPES` for the original characters of one piece."""
    upper = sum(c.isupper() for c in piece)
    lower = sum(c.islower() for c in piece)
    if upper == 0:
        if lower > 0:
            return 0
        return 5 if any("0" <= c <= "9" for c in piece) else 6
    if lower == 0:
        return 2 if upper == 1 else 3
    return 1 if upper == 1 and piece[0].isupper() else 4


@dataclass
class Pieces:
    """One tokenised text; all lists have one element per piece, [CLS] first and [SEP] last."""

    ids: list[int]
    shapes: list[int]
    offsets: list[tuple[int, int]]
    word_start: list[bool]

    def __len__(self) -> int:
        return len(self.ids)


class PieceTokenizer:
    """Wraps tokenizer.json without its padding and truncation."""

    def __init__(self, path: Path, mask: str = "[MASK]") -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        vocabulary = self._tokenizer.get_vocab()
        self.vocabulary_size = self._tokenizer.get_vocab_size()
        self.mask_id = vocabulary[mask]
        self._continues = [False] * self.vocabulary_size
        for piece, index in vocabulary.items():
            self._continues[index] = piece.startswith("##")

    def encode_batch(self, texts: list[str]) -> list[Pieces]:
        encodings = self._tokenizer.encode_batch([text.translate(_TRANSLATION) for text in texts])
        return [self._pieces(text, encoding) for text, encoding in zip(texts, encodings)]

    def encode(self, text: str) -> Pieces:
        return self.encode_batch([text])[0]

    def _pieces(self, text: str, encoding) -> Pieces:
        last = len(encoding.ids) - 1
        ids, offsets = encoding.ids, encoding.offsets
        shapes = [case_shape(text[start:end]) for start, end in offsets]
        shapes[0] = shapes[last] = 7
        word_start = [0 < i < last and not self._continues[piece] for i, piece in enumerate(ids)]
        return Pieces(ids, shapes, offsets, word_start)


def write_plain_tokenizer(source: Path, target: Path) -> None:
    """Copies tokenizer.json, leaving out padding and truncation so that nothing is ever cut silently."""
    definition = json.loads(source.read_text())
    definition["padding"] = definition["truncation"] = None
    target.write_text(json.dumps(definition, ensure_ascii=False, separators=(",", ":")))
