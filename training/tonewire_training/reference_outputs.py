"""Step 6: scores sentences written for the project with the exported model, for the Rust test to compare.

`python -m tonewire_training.reference_outputs --models ../models --sentences reference_sentences.json \
    --out ../tests/data/model/reference_outputs.json`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from .batches import pieces_of_span
from .decode import entity_spans, tagged_spans
from .reference import QuantisedModel, softmax
from .tasks import QUOTE_PARTS
from .tokens import PieceTokenizer


def described(text: str, mentions: list[str], model: QuantisedModel, tokenizer: PieceTokenizer) -> dict:
    """Everything the model says of one sentence; logits rounded to 4 decimals, probabilities to 5."""
    calibration = model.metadata["calibration"]
    pieces = tokenizer.encode(text)
    hidden = model.hidden([pieces])[0]
    entities, quotes = model.tag_logits(hidden)
    result = {
        "text": text, "ids": pieces.ids, "offsets": pieces.offsets, "case_shapes": pieces.shapes,
        "word_start": pieces.word_start,
        "entity_logits": rounded(entities, 4), "quote_logits": rounded(quotes, 4),
        "entities": [{"start": s, "end": e, "kind": kind} for s, e, kind in entity_spans(pieces, entities)],
        "quotes": {part: [[s, e] for s, e, _ in
                          tagged_spans(pieces, quotes[:, layer], calibration["quote_start_costs"][part])]
                   for layer, part in enumerate(QUOTE_PARTS)},
        "mentions": [],
    }
    spans = [(text.index(mention), text.index(mention) + len(mention)) for mention in mentions]
    if spans:
        inside = [pieces_of_span(pieces, *span) for span in spans]
        sentiments, readings = model.mention_logits(hidden, inside)
        for (start, end), own, sentiment, reading in zip(spans, inside, sentiments, readings):
            result["mentions"].append({
                "start": start, "end": end, "pieces": own,
                "sentiment_logits": rounded(sentiment, 4), "reading_logits": rounded(reading, 4),
                "sentiment": rounded(softmax(sentiment / calibration["sentiment_temperature"]), 5),
                "reading": rounded(softmax(reading / calibration["place_temperature"]), 5),
            })
    return result


def rounded(values: np.ndarray, digits: int) -> list:
    return np.round(values.astype(np.float64), digits).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--sentences", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = QuantisedModel(arguments.models / "tonewire.safetensors")
    tokenizer = PieceTokenizer(arguments.models / "tokenizer.json")
    sentences = json.loads(arguments.sentences.read_text())
    outputs = [described(s["text"], s["mentions"], model, tokenizer) for s in sentences]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(output, ensure_ascii=False, separators=(",", ":")) for output in outputs)
    arguments.out.write_text(f'{{"offsets":"codepoints","model_version":"{model.metadata["version"]}","outputs":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
