"""Step 5: scores the f32 checkpoint and the exported int8 model.

`python -m tonewire_training.evaluate --prepared PREPARED --data DATA --models ../models [--checkpoint RUN/epochN.pt] \
    [--split dev|test] [--transforms]`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from .articles import direct_quote_score
from .examples import read_examples
from .model import TonewireModel
from .predict import FloatPredictor, Predictor
from .reference import QuantisedModel, ReferencePredictor
from .scoring import entity_score, quote_score, reading_score, sentiment_score
from .tokens import PieceTokenizer
from .transforms import TRANSFORMS

ENTITY_FILES = {"dev": ["conllpp", "worldwide_heldout", "crossner"], "test": ["conllpp", "worldwide_dev"]}
SENTIMENT_FILES = ["newsmtsc_rw", "newsmtsc_mt"]


def figures(predictor: Predictor, prepared: Path, data: Path | None, split: str, calibration: dict) -> dict:
    read = lambda name, part=split: read_examples(prepared / f"{part}/{name}.jsonl")
    result: dict = {}
    for name in ENTITY_FILES[split]:
        examples = read(name)
        result[f"entities {name}"] = entity_score(examples, predictor.predict(examples))
    for name in SENTIMENT_FILES:
        examples = read(name)
        result[f"sentiment {name}"] = sentiment_score(examples, predictor.predict(examples),
                                                      calibration["sentiment_temperature"])
    places = read("places", "dev")
    result["places dev"] = reading_score(places, predictor.predict(places), calibration["place_temperature"])
    quotes = read("polnear", "dev")
    scores, costs = predictor.predict(quotes), calibration["quote_start_costs"]
    result["quotes polnear dev"] = quote_score(quotes, scores, costs)
    untouched = set(sorted({x.document for x in quotes})[1::2])
    rest = [(x, s) for x, s in zip(quotes, scores) if x.document in untouched]
    result["quotes polnear dev, articles not used for span costs"] = quote_score(*map(list, zip(*rest)), costs)
    if data:
        result["direct quotes polnear dev"] = direct_quote_score(data / "quotes/polnear/dev", predictor, costs)
    return result


def transform_figures(predictor: Predictor, prepared: Path, split: str) -> dict[str, dict[str, float]]:
    """Entity and sentiment F1 on transformed copies."""
    result: dict[str, dict[str, float]] = {}
    for name in [ENTITY_FILES[split][1], *SENTIMENT_FILES]:
        examples = read_examples(prepared / f"{split}/{name}.jsonl")
        result[name] = {}
        for label, transform in {"as given": lambda example: example, **TRANSFORMS}.items():
            changed = [transform(example) for example in examples]
            scores = predictor.predict(changed)
            result[name][label] = (sentiment_score(changed, scores)["macro_f1"] if name in SENTIMENT_FILES
                                   else entity_score(changed, scores)["micro"]["f1"])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="raw data, for the direct quotes of whole articles")
    parser.add_argument("--models", type=Path, required=True, help="folder of the exported files")
    parser.add_argument("--checkpoint", type=Path, help="scores this f32 checkpoint beside the exported model")
    parser.add_argument("--split", choices=["dev", "test"], default="dev")
    parser.add_argument("--transforms", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    tokenizer = PieceTokenizer(arguments.models / "tokenizer.json")
    exported = QuantisedModel(arguments.models / "tonewire.safetensors")
    predictors: dict[str, Predictor] = {"int8": ReferencePredictor(exported, tokenizer)}
    if arguments.checkpoint:
        model = TonewireModel()
        model.load_state_dict(torch.load(arguments.checkpoint))
        predictors["f32"] = FloatPredictor(model, tokenizer)
    calibration = exported.metadata["calibration"]
    for name, predictor in predictors.items():
        found = figures(predictor, arguments.prepared, arguments.data, arguments.split, calibration)
        print(json.dumps({name: rounded(found)}, indent=1), flush=True)
        if arguments.transforms and name == "int8":
            costs = transform_figures(predictor, arguments.prepared, arguments.split)
            print(json.dumps({"transforms": rounded(costs)}, indent=1), flush=True)


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
