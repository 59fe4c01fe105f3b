"""The articles that every peer reads, and the pairs that a model with one pass per target must read."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import islice
from pathlib import Path
from typing import Iterator

SENTENCE_END = re.compile(r"(?<=[.!?][\"'”’)])\s+|(?<=[.!?])\s+|\n+")


def bodies(path: Path, limit: int) -> Iterator[str]:
    """The bodies of the first `limit` articles; one JSON object with `body` on each line."""
    with path.open() as lines:
        for line in islice(lines, limit):
            yield json.loads(line)["body"]


def sentences(body: str) -> list[str]:
    """A split by punctuation, as most glue does it."""
    return [part for part in SENTENCE_END.split(body) if part.strip()]


def sentences_with_targets(tonewire: Path, path: Path, limit: int) -> list[list[tuple[str, int]]]:
    """Per article: each sentence that names actors, with the number of actors in it.

    The names are those that tonewire found, so that both systems judge the same (sentence, target) pairs.
    """
    with path.open() as lines:
        head = "".join(islice(lines, limit))
    printed = subprocess.run([tonewire, "enrich", "--format", "jsonl", "--output", "jsonl", "-"], input=head, text=True,
                             capture_output=True, check=True).stdout
    articles = []
    for body, line in zip(bodies(path, limit), printed.splitlines(), strict=True):
        actors_of: dict[tuple[int, int], set[str]] = {}
        for actor in json.loads(line)["actors"]:
            for mention in actor["mentions"]:
                if mention["field"] == "body":
                    actors_of.setdefault(tuple(mention["sentence"]), set()).add(actor["id"])
        articles.append([(body[start:end], len(actors)) for (start, end), actors in sorted(actors_of.items())])
    return articles
