"""Step 2b: the weighted mean of checkpoints of one run ("soup"); shares are chosen on the development files.

`python -m tonewire_training.average RUN_A/epoch0.pt:0.6 RUN_B/epoch2.pt:0.4 --out FINAL.pt`
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", help="FILE:SHARE; the shares add up to 1")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    parts = [(torch.load(name), float(share)) for name, _, share in (c.rpartition(":") for c in arguments.checkpoints)]
    torch.save({key: sum(share * state[key] for state, share in parts) for key in parts[0][0]}, arguments.out)


if __name__ == "__main__":
    main()
