"""Step 0: makes a checkpoint of shipped weights, so that training can go on from them where no older checkpoint is left.

The int8 weights become their f32 values, so what rounding took away stays away. Parameters that are not shipped (the
biases of the other sentiment sources) begin at 0. `--keep-layers` makes a shallower student from some of the layers.

`python -m tonewire_training.restore --models ../models --out START.pt [--keep-layers 0 1 3 5]`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file

from .model import Architecture, TonewireModel

ENCODER_PARTS = {"words": "words", "positions": "positions", "shapes": "shapes", "embedding_norm": "norm"}


def parameter_name(tensor: str) -> str:
    """The name in `TonewireModel` of a tensor of the shipped file."""
    root, _, rest = tensor.partition(".")
    if root == "layers":
        return f"encoder.{tensor}"
    return f"encoder.{ENCODER_PARTS[root]}.{rest}" if root in ENCODER_PARTS else tensor


def float_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The shipped tensors by their names in `TonewireModel`, int8 rows times their scales."""
    shipped = load_file(path)
    floats = {}
    for name, tensor in shipped.items():
        if name.endswith(".scale"):
            continue
        if tensor.dtype == torch.int8:
            tensor = tensor.float() * shipped[name.removesuffix("weight") + "scale"][:, None]
        floats[parameter_name(name)] = tensor.float()
    return floats


def without_layers(floats: dict[str, torch.Tensor], kept: list[int]) -> dict[str, torch.Tensor]:
    """The same with the layers `kept` only, counted anew from 0."""
    shallower = {}
    for name, tensor in floats.items():
        parts = name.split(".")
        if parts[:2] == ["encoder", "layers"]:
            if int(parts[2]) not in kept:
                continue
            parts[2] = str(kept.index(int(parts[2])))
        shallower[".".join(parts)] = tensor
    return shallower


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep-layers", type=int, nargs="+")
    arguments = parser.parse_args()
    floats = float_tensors(arguments.models / "tonewire.safetensors")
    layers = Architecture().layers
    if arguments.keep_layers:
        layers = len(arguments.keep_layers)
        floats = without_layers(floats, arguments.keep_layers)
    model = TonewireModel(Architecture(layers=layers))
    missing, unknown = model.load_state_dict(floats, strict=False)
    if unknown or missing != ["sentiment_source_bias"]:
        raise SystemExit(f"not the weights of this network: missing {missing}, unknown {unknown}")
    torch.save(model.state_dict(), arguments.out)


if __name__ == "__main__":
    main()
