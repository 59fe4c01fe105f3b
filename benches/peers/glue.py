"""Peer: the glue that one would write: confluent-kafka, entities by spaCy, VADER for the sentence of each, JSON out.

Reads the topic from its beginning, writes one result for each record, and commits after each batch of results. The topic is
filled before: `python glue.py --fill`.
"""

from __future__ import annotations

import argparse
import json
from itertools import islice
from pathlib import Path

from confluent_kafka import Consumer, Producer
from spacy.language import Language
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from spacy_small import pipeline

BATCH = 50


def fill(brokers: str, topic: str, corpus: Path, limit: int) -> None:
    producer = Producer({"bootstrap.servers": brokers})
    with corpus.open("rb") as lines:
        for line in islice(lines, limit):
            producer.produce(topic, line.rstrip(b"\n"))
            producer.poll(0)
    producer.flush()


def enriched(document, analyzer: SentimentIntensityAnalyzer) -> bytes:
    found = [{"name": e.text, "kind": e.label_, "start": e.start_char, "end": e.end_char,
              "sentiment": analyzer.polarity_scores(e.sent.text)["compound"]} for e in document.ents]
    return json.dumps({"entities": found}).encode()


def with_sentences(name: str | None) -> Language:
    found = pipeline(name)
    found.add_pipe("sentencizer", first=True)
    return found


def serve(brokers: str, source: str, target: str, group: str, limit: int, model: str | None) -> int:
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"glue-{group}", "auto.offset.reset": "earliest",
                         "enable.auto.commit": False})
    producer = Producer({"bootstrap.servers": brokers, "enable.idempotence": True})
    read, analyzer, done = with_sentences(model), SentimentIntensityAnalyzer(), 0
    consumer.subscribe([source])
    while done < limit:
        records = [r for r in consumer.consume(min(BATCH, limit - done), timeout=1.0) if not r.error()]
        bodies = (json.loads(record.value())["body"] for record in records)
        for record, document in zip(records, read.pipe(bodies)):
            producer.produce(target, enriched(document, analyzer), key=record.key())
            producer.poll(0)
        producer.flush()
        if records:
            consumer.commit(asynchronous=False)
        done += len(records)
    consumer.close()
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--model")
    parser.add_argument("--group", default="0", help="a new one reads the topic from its beginning")
    parser.add_argument("--fill", type=Path, help="only fill the source from this corpus")
    arguments = parser.parse_args()
    if arguments.fill:
        fill(arguments.brokers, arguments.source, arguments.fill, arguments.limit)
    else:
        print(serve(arguments.brokers, arguments.source, arguments.target, arguments.group, arguments.limit, arguments.model), "records")


if __name__ == "__main__":
    main()
