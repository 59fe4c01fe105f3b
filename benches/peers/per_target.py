"""Peer: a transformer of RoBERTa-base size, one pass for each (sentence, target), as the NewsSentiment package does.

The weights are random: the time does not depend on them, and the published ones cannot be had everywhere. What is left out
favours this peer: no search for names (tonewire's are taken), no tokenizer (the pieces are counted from the characters),
and batches of eight sentences of like length, where the package reads one after the other.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

WIDTH, LAYERS, HEADS, VOCABULARY = 768, 12, 12, 50265
CHARACTERS_PER_PIECE = 4.4
"""Of RoBERTa's tokenizer on English news."""
BATCH = 8


class PerTarget(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.sentiment = nn.Linear(WIDTH, 3)

    def forward(self, pieces: Tensor) -> Tensor:
        return self.sentiment(self.encoder(self.words(pieces))[:, 0])


def lengths(article: list[tuple[str, int]]) -> list[int]:
    """Pieces of every pass: one for each target of each sentence, with the marks of begin and end."""
    return sorted(min(512, 2 + round(len(sentence) / CHARACTERS_PER_PIECE)) for sentence, targets in article for _ in range(targets))


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=Path, required=True, help="what `corpus.sentences_with_targets` gives, as JSON")
    parser.add_argument("--limit", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = PerTarget().eval()
    passes = 0
    for article in json.loads(arguments.targets.read_text())[:arguments.limit]:
        of_article = lengths(article)
        for start in range(0, len(of_article), BATCH):
            batch = of_article[start:start + BATCH]
            model(torch.randint(VOCABULARY, (len(batch), batch[-1])))
        passes += len(of_article)
    print(passes, "passes")


if __name__ == "__main__":
    main()
