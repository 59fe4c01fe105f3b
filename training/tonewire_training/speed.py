"""The speed of the same network in PyTorch on the articles that `tonewire bench` reads: encoder, tags, no mentions.

`python -m tonewire_training.speed --models ../models --checkpoint FINAL.pt --corpus CORPUS.jsonl --limit 100`
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from torch import nn

from .batches import batches_of_like_length, collate, encode
from .examples import Example
from .model import TonewireModel
from .sentences import split_sentences
from .tokens import PieceTokenizer


def read_corpus(path: Path, limit: int) -> list[list[Example]]:
    """Sentences per article."""
    with path.open() as lines:
        texts = [json.loads(line)["body"] for _, line in zip(range(limit), lines)]
    return [[Example(text[s:e], "corpus") for s, e in split_sentences(text)] for text in texts]


@torch.inference_mode()
def seconds(model: TonewireModel, tokenizer: PieceTokenizer, articles: list[list[Example]], fast: bool) -> float:
    """Time for all articles, each by itself, its sentences in batches of about 8 of like length."""
    begun = time.perf_counter()
    for sentences in articles:
        for items in batches_of_like_length(encode(tokenizer, sentences), 8 * 40):
            batch = collate(items)
            with torch.autocast("cpu", torch.bfloat16, enabled=fast):
                model.tag_logits(model.encode(batch.ids, batch.shapes, batch.real))
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tokenizer = PieceTokenizer(arguments.models / "tokenizer.json")
    model = TonewireModel().eval()
    model.load_state_dict(torch.load(arguments.checkpoint))
    articles = read_corpus(arguments.corpus, arguments.limit)
    quantised = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, torch.qint8)
    for name, network, fast in [("f32", model, False), ("bf16", model, True), ("int8 (dynamic)", quantised, False)]:
        seconds(network, tokenizer, articles[:5], fast)
        print(f"PyTorch {name}: {len(articles) / seconds(network, tokenizer, articles, fast):.1f} articles/s", flush=True)


if __name__ == "__main__":
    main()
