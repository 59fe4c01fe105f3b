"""The training example: one text with whatever labels its data set gives."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterable


@dataclass
class Example:
    """All spans are code-point offsets `[start, end)` into `text`; None means "not annotated here"."""

    text: str
    source: str
    entities: list[tuple[int, int, list[str]]] | None = None
    targets: list[tuple[int, int, str]] = field(default_factory=list)
    places: list[tuple[int, int, str]] = field(default_factory=list)
    quotes: dict[str, list[tuple[int, int]]] | None = None
    document: str | None = None
    soft_labels: list[list[float]] = field(default_factory=list)
    """A teacher's probability of each class of `tasks.SENTIMENTS`, per target; empty where no teacher read the text."""


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as out:
        for example in examples:
            out.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")


def read_examples(path: Path) -> list[Example]:
    with path.open() as lines:
        examples = [Example(**json.loads(line)) for line in lines]
    for example in examples:
        example.targets = [tuple(target) for target in example.targets]
        example.places = [tuple(place) for place in example.places]
    return examples
