"""tonewire and its peers on the same articles, the same machine and one core, as one table.

`python compare.py --tonewire ../../target/release/tonewire --corpus articles.jsonl`

What counts is processor time, not the clock, so other work on the machine disturbs little: each program reads a few
articles and then many, and the difference is the time of the articles between, without start and loading. Rounds go in
turn over all programs, and the middle one of each is told.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from corpus import sentences_with_targets

HERE = Path(__file__).parent
KAFKA = HERE.parent.parent / "deploy/kafka-dev/kafka.sh"
FEW = 5


@dataclass
class Peer:
    name: str
    gives: str
    articles: int
    """How many are read; less for slow programs."""
    command: Callable[[int], list[str]]


@dataclass
class Cost:
    seconds_per_article: float
    peak_mebibytes: float


def run(command: list[str]) -> tuple[float, float]:
    """Processor seconds and peak resident memory in MiB of a program and its threads, all on one core."""
    child = subprocess.Popen(command, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}))
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}:\n{said.decode(errors='replace')[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def cost(peer: Peer) -> Cost:
    few, _ = run(peer.command(FEW))
    many, memory = run(peer.command(peer.articles))
    return Cost((many - few) / (peer.articles - FEW), memory)


def middle(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(c.seconds_per_article for c in costs), max(c.peak_mebibytes for c in costs))


def table(peers: list[Peer], costs: dict[str, list[Cost]]) -> str:
    found = {peer.name: middle(costs[peer.name]) for peer in peers}
    baseline = found[peers[0].name].seconds_per_article
    lines = ["| program | gives | articles/s per core | times as slow | MiB at most |", "|---|---|---|---|---|"]
    for peer in peers:
        own = found[peer.name]
        lines.append(f"| {peer.name} | {peer.gives} | {1 / own.seconds_per_article:.2f} | "
                     f"{own.seconds_per_article / baseline:.2f} | {own.peak_mebibytes:.0f} |")
    return "\n".join(lines)


@contextmanager
def kafka(topics: list[str]) -> Iterator[str]:
    """A node of our own, for the glue."""
    node = subprocess.Popen([KAFKA, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert node.stdin is not None and node.stdout is not None
    try:
        brokers = node.stdout.readline().strip()
        for topic in topics:
            subprocess.run([KAFKA, "topic", "--create", "--topic", topic, "--partitions", "1"], check=True,
                           stdout=subprocess.DEVNULL, env=os.environ | {"KAFKA_TESTS_BROKERS": brokers})
        yield brokers
    finally:
        node.stdin.close()
        node.wait()


def peers_of(arguments: argparse.Namespace, targets: Path, brokers: str | None) -> list[Peer]:
    python, corpus = sys.executable, str(arguments.corpus.resolve())
    spacy_model = ["--model", arguments.spacy_model] if arguments.spacy_model else []
    shape = "" if arguments.spacy_model else ", untrained, of the same shape"
    limit = arguments.limit
    peers = [
        Peer("tonewire", "actors with ids, sentiment toward each, who says it, quotes", limit, lambda n: [
            str(arguments.tonewire.resolve()), "bench", "--corpus", corpus, "--limit", str(n), "--threads", "1"]),
        Peer(f"spaCy small (NER only{shape})", "entities", limit, lambda n: [
            python, "spacy_small.py", "--corpus", corpus, "--limit", str(n), *spacy_model]),
        Peer("VADER", "sentiment of whole sentences", limit, lambda n: [
            python, "vader.py", "--corpus", corpus, "--limit", str(n)]),
        Peer("RoBERTa-base, a pass per (sentence, target)", "sentiment toward given targets", FEW + arguments.slow_limit,
             lambda n: [python, "per_target.py", "--targets", str(targets), "--limit", str(n)]),
    ]
    if brokers:
        count = iter(range(1_000_000))
        peers.append(Peer("confluent-kafka + spaCy small + VADER", "entities, sentiment of their sentences, through Kafka",
                          limit, lambda n: [python, "glue.py", "--brokers", brokers, "--source", "articles", "--target",
                                            "results", "--limit", str(n), *spacy_model, "--group", str(next(count))]))
    return peers


def rounds(arguments: argparse.Namespace, targets: Path, brokers: str | None) -> str:
    peers = peers_of(arguments, targets, brokers)
    costs: dict[str, list[Cost]] = {peer.name: [] for peer in peers}
    for turn in range(arguments.rounds):
        for peer in peers:
            costs[peer.name].append(cost(peer))
            print(f"round {turn + 1}: {peer.name}: {1 / costs[peer.name][-1].seconds_per_article:.2f} articles/s", file=sys.stderr)
    return table(peers, costs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tonewire", type=Path, default=HERE.parent.parent / "target/release/tonewire")
    parser.add_argument("--corpus", type=Path, required=True, help="articles, a JSON object with `body` on each line")
    parser.add_argument("--limit", type=int, default=105, help="articles for each program")
    parser.add_argument("--slow-limit", type=int, default=10, help="articles for the transformer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spacy-model", help="an installed pipeline, such as en_core_web_sm")
    parser.add_argument("--no-kafka", action="store_true", help="leave the glue out, which needs Java and Maven")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        targets = Path(folder) / "targets.json"
        targets.write_text(json.dumps(sentences_with_targets(
            arguments.tonewire, arguments.corpus, FEW + arguments.slow_limit)))
        if arguments.no_kafka:
            print(rounds(arguments, targets, None))
            return
        with kafka(["articles", "results"]) as brokers:
            subprocess.run([sys.executable, "glue.py", "--brokers", brokers, "--source", "articles", "--target", "results",
                            "--limit", str(arguments.limit), "--fill", str(arguments.corpus.resolve())], cwd=HERE, check=True)
            print(rounds(arguments, targets, brokers))


if __name__ == "__main__":
    main()
