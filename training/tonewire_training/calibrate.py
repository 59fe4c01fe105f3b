"""Step 3: fits temperatures and span costs on the development files.

`python -m tonewire_training.calibrate --prepared PREPARED --pretrained FOLDER --checkpoint RUN/epochN.pt \
    --out RUN/calibration.json`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .examples import Example, read_examples
from .metrics import calibration_error
from .model import TonewireModel
from .predict import FloatPredictor, Scores
from .scoring import quote_score, sentiment_arrays, softmax
from .tasks import PLACE_READINGS, QUOTE_PARTS
from .tokens import PieceTokenizer

TEMPERATURES = np.arange(0.4, 3.01, 0.02)
START_COSTS = np.arange(-1.0, 4.01, 0.5)


def best_temperature(logits: np.ndarray, gold: list[int]) -> float:
    """The temperature of the least negative log-likelihood, where it is surely better than none.

    The checkpoint was chosen on the same files, which makes it look surer there than it is elsewhere: a gain of less
    than two standard errors over a temperature of 1 is no reason to sharpen it.
    """
    rows = np.arange(len(gold))
    losses = [-np.log(softmax(logits / t)[rows, gold] + 1e-9) for t in TEMPERATURES]
    best = int(np.argmin([loss.mean() for loss in losses]))
    gain = -np.log(softmax(logits)[rows, gold] + 1e-9) - losses[best]
    if gain.mean() < 2 * gain.std() / np.sqrt(len(gold)):
        return 1.0
    return round(float(TEMPERATURES[best]), 2)


def best_start_costs(examples: list[Example], scores: list[Scores]) -> dict[str, float]:
    """Per quote part, the cost of opening a span that gives the best exact F1."""
    tables = {cost: quote_score(examples, scores, {part: cost for part in QUOTE_PARTS}) for cost in START_COSTS}
    return {part: float(max(START_COSTS, key=lambda c: tables[c][part]["exact"])) for part in QUOTE_PARTS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--pretrained", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    model = TonewireModel()
    model.load_state_dict(torch.load(arguments.checkpoint))
    predictor = FloatPredictor(model, PieceTokenizer(arguments.pretrained / "tokenizer.json"))
    read = lambda name: read_examples(arguments.prepared / f"dev/{name}.jsonl")

    sentences = read("newsmtsc_rw") + read("newsmtsc_mt")
    logits, gold, _ = sentiment_arrays(sentences, predictor.predict(sentences))
    sentiment = best_temperature(logits, gold)
    places = read("places")
    place_logits = np.array([logit for s in predictor.predict(places) for logit in s.readings])
    place_gold = [PLACE_READINGS.index(r) for x in places for _, _, r in x.places]
    # Every other article only: the figures on the rest stay untouched by the choice.
    sentences_with_quotes = read("polnear")
    articles = set(sorted({x.document for x in sentences_with_quotes})[::2])
    chosen = [x for x in sentences_with_quotes if x.document in articles]
    calibration = {
        "sentiment_temperature": sentiment, "place_temperature": best_temperature(place_logits, place_gold),
        "quote_start_costs": best_start_costs(chosen, predictor.predict(chosen)),
    }
    print("sentiment ECE before", calibration_error(softmax(logits), gold),
          "after", calibration_error(softmax(logits / sentiment), gold))
    print(calibration)
    arguments.out.write_text(json.dumps(calibration, indent=1))


if __name__ == "__main__":
    main()
