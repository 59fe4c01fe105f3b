"""Step 2t: trains a teacher for the sentiment toward a target, and lets it label sentences for the student.

The teacher is all-mpnet-base-v2 (12 layers x 768, Apache-2.0), one pass per (sentence, target), the target's pieces
marked by one learned vector. It never ships; its probabilities are what the student learns from beside the labels.

`python -m tonewire_training.teacher --prepared PREPARED --pretrained MPNET --out RUN --seed 1`
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Iterator

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from .batches import Batch, batches_of_like_length, collate, encode
from .decode import entity_spans
from .examples import Example, read_examples
from .metrics import macro_f1
from .model import TonewireModel
from .predict import FloatPredictor
from .tasks import SENTIMENT_SOURCES, SENTIMENTS
from .tokens import PieceTokenizer

WIDTH, LAYERS, HEADS, BUCKETS = 768, 12, 12, 32
TRAINING_TEXTS = {"newsmtsc": 7758, "rusentne": 1500}
SOFT_LABEL_TEXTS = {"newsmtsc": 7758, "rusentne": 2162, "worldwide": 6000, "conllpp": 2500}
"""Texts that the teacher labels; of those with entities only, up to two persons, organizations or places each."""
UNNAMED_TEXTS = 14000
"""Sentences of PolNeAR, whose names an earlier student finds, since nobody annotated them (`--student`)."""


def position_buckets(length: int) -> Tensor:
    """Relative positions in 32 buckets, exact up to 8 and logarithmic up to 128, as in MPNet (and T5)."""
    index = torch.arange(length)
    distance = index[:, None] - index[None, :]
    half, exact = BUCKETS // 2, BUCKETS // 4
    far = distance.abs().clamp(min=1)
    logarithmic = exact + (torch.log(far / exact) / math.log(128 / exact) * (half - exact)).long()
    bucket = torch.where(distance.abs() < exact, distance.abs(), logarithmic.clamp(max=half - 1))
    return bucket + half * (distance < 0)


class TeacherLayer(nn.Module):
    """Post-norm transformer layer with a bias on the attention scores."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attention_out = nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.expand = nn.Linear(WIDTH, 4 * WIDTH)
        self.contract = nn.Linear(4 * WIDTH, WIDTH)
        self.feed_forward_norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        texts, length, _ = hidden.shape
        split = self.query_key_value(hidden).view(texts, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))
        attended = attended.transpose(1, 2).reshape(texts, length, WIDTH)
        hidden = self.attention_norm(hidden + self.dropout(self.attention_out(attended)))
        return self.feed_forward_norm(hidden + self.dropout(self.contract(F.gelu(self.expand(hidden)))))


class Teacher(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30527, WIDTH)
        self.positions = nn.Embedding(512, WIDTH)
        self.mark = nn.Parameter(torch.zeros(WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.dropout = nn.Dropout(0.1)
        self.relative = nn.Embedding(BUCKETS, HEADS)
        self.layers = nn.ModuleList(TeacherLayer() for _ in range(LAYERS))
        self.hidden = nn.Linear(3 * WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, len(SENTIMENTS))
        self.source_bias = nn.Parameter(torch.zeros(len(SENTIMENT_SOURCES), len(SENTIMENTS)))

    def forward(self, batch: Batch) -> Tensor:
        """Logits `[mentions, 3]`; every text of the batch has exactly one target, in order."""
        length = batch.ids.shape[1]
        marked = batch.mention_pieces[..., None]
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.words(batch.ids) + self.positions.weight[:length] + self.mark * marked
            hidden = self.dropout(self.norm(hidden))
            bias = self.relative(position_buckets(length)).permute(2, 0, 1)[None]
            bias = bias.masked_fill(~batch.real[:, None, None, :], float("-inf"))
            for layer in self.layers:
                hidden = layer(hidden, bias)
        hidden = hidden.float()
        mean = (hidden * marked).sum(1) / marked.sum(1)
        highest = hidden.masked_fill(~marked, float("-inf")).amax(1)
        text = (hidden * batch.real[..., None]).sum(1) / batch.real.sum(1, keepdim=True)
        features = self.dropout(torch.cat([mean, highest, text], -1))
        return self.out(self.dropout(F.gelu(self.hidden(features))))


@torch.no_grad()
def load_pretrained(model: Teacher, path: Path) -> None:
    weights = load_file(path)

    def fill(module: nn.Linear | nn.LayerNorm, names: list[str]) -> None:
        module.weight.copy_(torch.cat([weights[f"{name}.weight"] for name in names]))
        module.bias.copy_(torch.cat([weights[f"{name}.bias"] for name in names]))

    model.words.weight.copy_(weights["embeddings.word_embeddings.weight"])
    model.positions.weight.copy_(weights["embeddings.position_embeddings.weight"][2:])
    model.relative.weight.copy_(weights["encoder.relative_attention_bias.weight"])
    fill(model.norm, ["embeddings.LayerNorm"])
    for i, layer in enumerate(model.layers):
        root = f"encoder.layer.{i}"
        fill(layer.query_key_value, [f"{root}.attention.attn.{name}" for name in "qkv"])
        fill(layer.attention_out, [f"{root}.attention.attn.o"])
        fill(layer.attention_norm, [f"{root}.attention.LayerNorm"])
        fill(layer.expand, [f"{root}.intermediate.dense"])
        fill(layer.contract, [f"{root}.output.dense"])
        fill(layer.feed_forward_norm, [f"{root}.output.LayerNorm"])


def one_target_each(examples: list[Example]) -> list[Example]:
    return [Example(e.text, e.source, targets=[target]) for e in examples for target in e.targets]


def predict(model: Teacher, tokenizer: PieceTokenizer, examples: list[Example]) -> dict[int, Tensor]:
    """Logits per index into `examples` (one target each); texts over 200 pieces are left out."""
    model.eval()
    indexed = [replace(e, document=str(i)) for i, e in enumerate(examples)]
    found: dict[int, Tensor] = {}
    with torch.inference_mode():
        for batch in batches_of_like_length(encode(tokenizer, indexed, longest=200), 4000):
            for (example, _), logits in zip(batch, model(collate(batch))):
                found[int(example.document or 0)] = logits
    return found


def development_figure(model: Teacher, tokenizer: PieceTokenizer, prepared: Path) -> dict[str, float]:
    figures, gold, guessed = {}, [], []
    for name in ("newsmtsc_rw", "newsmtsc_mt"):
        examples = one_target_each(read_examples(prepared / f"dev/{name}.jsonl"))
        logits = predict(model, tokenizer, examples)
        right = [SENTIMENTS.index(examples[i].targets[0][2]) for i in logits]
        guess = [int(found.argmax()) for found in logits.values()]
        figures[name] = round(macro_f1(right, guess), 4)
        gold, guessed = gold + right, guessed + guess
    return figures | {"both": round(macro_f1(gold, guessed), 4)}


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    chance = random.Random(arguments.seed)
    tokenizer = PieceTokenizer(arguments.pretrained / "tokenizer.json", "<mask>")
    model = Teacher()
    load_pretrained(model, arguments.pretrained / "model.safetensors")
    model.words.weight.requires_grad_(False)
    heads = [p for n, p in model.named_parameters() if n.split(".")[0] in ("hidden", "out", "mark", "source_bias")]
    body = [p for n, p in model.named_parameters()
            if p.requires_grad and n.split(".")[0] not in ("hidden", "out", "mark", "source_bias")]
    optimizer = torch.optim.AdamW([{"params": body, "lr": 4e-5}, {"params": heads, "lr": 4e-4}], weight_decay=0.01, fused=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    begun, step, total = time.time(), 0, 0
    for epoch in range(arguments.epochs):
        drawn = [e for name, amount in TRAINING_TEXTS.items()
                 for e in chance.sample(read_examples(arguments.prepared / f"train/{name}.jsonl"), amount)]
        batches = batches_of_like_length(encode(tokenizer, one_target_each(drawn), chance, 128), 1536, chance)
        total = total or arguments.epochs * len(batches)
        model.train()
        running = 0.0
        for items in batches:
            factor = min(1.0, (step + 1) / 40) * max(0.02, 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / total)))
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * factor
            batch = collate(items, tokenizer.mask_id, chance)
            logits = model(batch)
            source = batch.sentiment_sources
            logits = logits + model.source_bias[source] * (source > 0)[:, None]
            losses = F.cross_entropy(logits, batch.sentiments, label_smoothing=0.1, reduction="none")
            loss = (losses * batch.sentiment_weights).mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            running = 0.95 * running + 0.05 * loss.item()
            if step % 20 == 0:
                print(f"step {step}/{total} loss {running:.3f} {time.time() - begun:.0f} s", flush=True)
        print(json.dumps({"epoch": epoch, "minutes": (time.time() - begun) / 60}
                         | development_figure(model, tokenizer, arguments.prepared)), flush=True)
        torch.save(model.state_dict(), arguments.out / "teacher.pt")


def mentions_of(example: Example, chance: random.Random) -> list[tuple[int, int, str]]:
    """The targets of a text; where only entities are annotated, up to two of them, labelled by nobody."""
    if example.targets:
        return example.targets
    names = [(s, e, "neutral") for s, e, kinds in example.entities or []
             if kinds[0] in ("person", "organization", "location")]
    return chance.sample(names, min(2, len(names)))


def named_by(student: Path, vocabulary: Path, examples: list[Example], chance: random.Random) -> list[Example]:
    """Sentences with up to two names as targets, found by a student. Its tags are no labels, so they go again."""
    model = TonewireModel()
    model.load_state_dict(torch.load(student))
    found = FloatPredictor(model, PieceTokenizer(vocabulary), fast=True).predict(examples)
    tagged = [replace(e, entities=[(start, end, [kind]) for start, end, kind in entity_spans(s.pieces, s.entities)])
              for e, s in zip(examples, found)]
    return [replace(e, targets=mentions_of(e, chance), entities=None) for e in tagged]


def sources(arguments: argparse.Namespace, chance: random.Random) -> Iterator[list[Example]]:
    """The texts to be labelled, with their targets, one data set after the other."""
    def draw(name: str, amount: int) -> list[Example]:
        pool = [e for e in read_examples(arguments.prepared / f"train/{name}.jsonl") if len(e.text) > 60]
        return chance.sample(pool, min(amount, len(pool)))

    for name, amount in SOFT_LABEL_TEXTS.items():
        yield [replace(e, targets=mentions_of(e, chance)) for e in draw(name, amount)]
    if arguments.student:
        yield named_by(arguments.student, arguments.student_tokenizer, draw("polnear_single", UNNAMED_TEXTS), chance)


def label(arguments: argparse.Namespace) -> None:
    """Writes `soft_labels.jsonl`: texts whose targets have the teacher's probabilities; other labels stay."""
    torch.set_num_threads(arguments.threads)
    chance = random.Random(arguments.seed)
    tokenizer = PieceTokenizer(arguments.pretrained / "tokenizer.json", "<mask>")
    model = Teacher()
    model.load_state_dict(torch.load(arguments.out / "teacher.pt"))
    with (arguments.out / "soft_labels.jsonl").open("w") as out:
        for texts in sources(arguments, chance):
            logits = predict(model, tokenizer, one_target_each(texts))
            place = 0
            for text in texts:
                found = [logits.get(place + i) for i in range(len(text.targets))]
                place += len(found)
                if found and all(f is not None for f in found):
                    soft = [[round(float(p), 4) for p in f.softmax(-1)] for f in found if f is not None]
                    print(json.dumps(asdict(replace(text, soft_labels=soft)), ensure_ascii=False), file=out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--pretrained", type=Path, required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--student", type=Path, help="a checkpoint that finds names in sentences of PolNeAR, to label those too")
    parser.add_argument("--student-tokenizer", type=Path, help="tokenizer.json of that student")
    parser.add_argument("--label-only", action="store_true", help="label with the teacher that OUT already holds")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.label_only:
        train(arguments)
    label(arguments)


if __name__ == "__main__":
    main()
