"""Step 2: trains all tasks together and keeps the averaged weights after every epoch.

`python -m tonewire_training.train --prepared PREPARED --pretrained FOLDER --out RUN --seed 1`
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from copy import deepcopy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from .batches import UNLABELLED, Batch, batches_of_like_length, collate, encode
from .examples import Example, read_examples
from .model import TonewireModel, load_pretrained
from .predict import FloatPredictor
from .rounding import imitate_int8
from .scoring import entity_score, quote_score, reading_score, sentiment_score
from .tokens import PieceTokenizer

MIXES: dict[str, dict[str, int]] = {
    "all": {
        "newsmtsc": 7758, "rusentne": 2162, "dse": 2000, "mams": 800, "sentfin": 1000, "finentity": 500,
        "conllpp": 6000, "worldwide": 5000, "crossner": 1120, "places": 1598, "polnear_single": 3500,
        "polnear_window": 500,
    },
    "finish": {
        "newsmtsc": 7758, "rusentne": 1500, "dse": 800, "mams": 500, "sentfin": 500, "finentity": 300,
        "conllpp": 11000, "worldwide": 9000, "crossner": 560, "places": 800, "polnear_single": 2500,
        "polnear_window": 200,
    },
    "distil": {
        "soft_labels": 18000, "dse": 600, "mams": 500, "sentfin": 400, "finentity": 300,
        "conllpp": 9500, "worldwide": 6000, "crossner": 560, "places": 800, "polnear_single": 2500,
        "polnear_window": 200,
    },
    "sentiment": {
        "soft_labels": 17400, "dse": 300, "mams": 500, "conllpp": 3500, "worldwide": 3000, "crossner": 280, "places": 400,
        "polnear_single": 800, "polnear_window": 50,
    },
}
"""Texts drawn per epoch and training file; more than there are means that some come twice. `finish` gives entities more
room: after two epochs of `all` they were further from their goal than sentiment and places. `distil` is like it, with the
texts that the teacher labelled in place of NewsMTSC and RuSentNE and of a part of the entities' texts. `sentiment` is a last
round on the teacher's labels with just enough of the rest to keep it."""

PIECES_PER_BATCH = 2048
LONGEST = 200


def batch_loss(model: TonewireModel, batch: Batch) -> Tensor:
    """Sum of the tasks' losses, each over a constant so that a batch with few labels counts little."""
    with torch.autocast("cpu", torch.bfloat16):
        hidden = model.encode(batch.ids, batch.shapes, batch.real)
    entities, quotes = model.tag_logits(hidden)
    loss = quotes.sum() * 0.0
    annotated = batch.entity_allowed.any(-1)
    if annotated.any():
        logits, allowed = entities[annotated], batch.entity_allowed[annotated]
        right = logits.masked_fill(~allowed, float("-inf")).logsumexp(-1)
        loss = loss + (logits.logsumexp(-1) - right).sum() / 250
    if (batch.quote_tags != UNLABELLED).any():
        loss = loss + F.cross_entropy(quotes.flatten(0, 2), batch.quote_tags.flatten(), ignore_index=UNLABELLED,
                                      reduction="sum") / 900
    if len(batch.mention_text):
        features = model.mention_features(hidden, batch.real, batch.mention_text, batch.mention_pieces)
        sentiments, readings = model.mention_logits(features)
        known = batch.sentiments != UNLABELLED
        if known.any():
            source = batch.sentiment_sources[known]
            bias = model.sentiment_source_bias[source] * (source > 0)[:, None]
            losses = F.cross_entropy(sentiments[known] + bias, batch.sentiment_targets[known], reduction="none")
            loss = loss + (losses * batch.sentiment_weights[known]).sum() / 12
        if (~known).any():
            loss = loss + F.cross_entropy(readings[~known], batch.readings[~known], label_smoothing=0.1,
                                          reduction="sum") / 16
    return loss


def draw_epoch(training: dict[str, list[Example]], mix: dict[str, int], chance: random.Random) -> list[Example]:
    drawn: list[Example] = []
    for name, amount in mix.items():
        pool = training[name]
        whole, rest = divmod(amount, len(pool))
        drawn += pool * whole + chance.sample(pool, rest)
    return drawn


def development_figures(model: TonewireModel, tokenizer: PieceTokenizer, prepared: Path) -> dict[str, float]:
    """The figures by which a checkpoint is chosen; development files only."""
    predictor = FloatPredictor(model, tokenizer, fast=True)
    examples = {name: read_examples(prepared / f"dev/{name}.jsonl") for name in
                ("conllpp", "worldwide_heldout", "crossner", "newsmtsc_rw", "newsmtsc_mt", "places", "polnear")}
    scores = {name: predictor.predict(found) for name, found in examples.items()}
    figures = {f"entities/{name}": entity_score(examples[name], scores[name])["micro"]["f1"]
               for name in ("conllpp", "worldwide_heldout", "crossner")}
    both = examples["newsmtsc_rw"] + examples["newsmtsc_mt"]
    figures |= {f"sentiment/{name}": sentiment_score(examples[name], scores[name])["macro_f1"]
                for name in ("newsmtsc_rw", "newsmtsc_mt")}
    figures["sentiment/both"] = sentiment_score(both, scores["newsmtsc_rw"] + scores["newsmtsc_mt"])["macro_f1"]
    figures["places"] = reading_score(examples["places"], scores["places"])["accuracy"]
    for part, found in quote_score(examples["polnear"], scores["polnear"]).items():
        figures[f"quotes/{part}"] = found["exact"]
    return figures


def optimizer_for(model: TonewireModel, encoder_rate: float, head_rate: float,
                  layer_decay: float = 1.0) -> torch.optim.AdamW:
    """AdamW with a rate for the encoder, lower for lower layers by `layer_decay`, and one for the new parts."""
    depth = len(model.encoder.layers)
    groups = []
    for name, parameter in model.named_parameters():
        if not name.startswith("encoder.") or name.startswith("encoder.shapes"):
            rate = head_rate
        elif name.startswith("encoder.layers."):
            rate = encoder_rate * layer_decay ** (depth - 1 - int(name.split(".")[2]))
        else:
            rate = encoder_rate * layer_decay ** depth
        groups.append({"params": [parameter], "lr": rate, "weight_decay": 0.01 if parameter.dim() > 1 else 0.0})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    chance = random.Random(arguments.seed)
    tokenizer = PieceTokenizer(arguments.pretrained / "tokenizer.json")
    model = TonewireModel()
    load_pretrained(model, arguments.pretrained / "model.safetensors")
    if arguments.start:
        model.load_state_dict(torch.load(arguments.start))
    if arguments.int8:
        imitate_int8(model)
    mix = MIXES[arguments.mix]
    training = {name: read_examples(arguments.prepared / f"train/{name}.jsonl") for name in mix if name != "soft_labels"}
    if "soft_labels" in mix:
        training["soft_labels"] = read_examples(arguments.soft_labels)
    optimizer = optimizer_for(model, arguments.encoder_rate, arguments.head_rate, arguments.layer_decay)
    average = deepcopy(model).eval()
    arguments.out.mkdir(parents=True, exist_ok=True)
    log = (arguments.out / "log.jsonl").open("a")
    begun, step, total_steps = time.time(), 0, 0
    for epoch in range(arguments.epochs):
        encoded = encode(tokenizer, draw_epoch(training, mix, chance), chance, LONGEST)
        batches = batches_of_like_length(encoded, PIECES_PER_BATCH, chance)[:arguments.steps_per_epoch]
        total_steps = total_steps or arguments.epochs * len(batches)
        running = 0.0
        model.train()
        for batch_items in batches:
            progress = max(step / total_steps, (time.time() - begun) / 60 / arguments.minutes)
            if progress >= 1:
                break
            factor = rate_factor(step, progress, arguments.warm_up)
            loss = batch_loss(model, collate(batch_items, tokenizer.mask_id, chance))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for group in optimizer.param_groups:
                group.setdefault("base", group["lr"])
                group["lr"] = group["base"] * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            running = 0.99 * running + 0.01 * loss.item()
            if step % 5 == 0:
                update_average(average, model, min(0.98, step / (step + 50)))
            if step % 100 == 0:
                print(f"epoch {epoch} step {step}/{total_steps} loss {running:.3f} {time.time() - begun:.0f} s", flush=True)
        record = {"epoch": epoch, "step": step, "minutes": round((time.time() - begun) / 60, 1)}
        record |= {k: round(v, 4) for k, v in development_figures(average, tokenizer, arguments.prepared).items()}
        print(json.dumps(record), file=log, flush=True)
        print(record, flush=True)
        torch.save(average.state_dict(), arguments.out / f"epoch{epoch}.pt")
        if progress >= 1:
            break


def rate_factor(step: int, progress: float, warm_up: int) -> float:
    """Warm-up over some steps, and a cosine down to 2 %."""
    return min(1.0, (step + 1) / warm_up) * max(0.02, 0.5 + 0.5 * math.cos(math.pi * progress))


@torch.no_grad()
def update_average(average: TonewireModel, model: TonewireModel, decay: float) -> None:
    """Exponential moving average of the weights, one step."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--pretrained", type=Path, required=True, help="folder with model.safetensors, tokenizer.json")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints and the log")
    parser.add_argument("--start", type=Path, help="checkpoint to continue from")
    parser.add_argument("--soft-labels", type=Path, help="the teacher's file (step 2t), for --mix distil")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end the schedule by then (busy machines)")
    parser.add_argument("--steps-per-epoch", type=int, help="cut every epoch short")
    parser.add_argument("--int8", action="store_true", help="train with the rounding of the exported model")
    parser.add_argument("--mix", choices=list(MIXES), default="all")
    parser.add_argument("--warm-up", type=int, default=200, help="steps")
    parser.add_argument("--encoder-rate", type=float, default=1.2e-4)
    parser.add_argument("--head-rate", type=float, default=5e-4)
    parser.add_argument("--layer-decay", type=float, default=1.0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
