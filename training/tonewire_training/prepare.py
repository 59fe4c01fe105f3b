"""Step 1: reads the raw data sets and writes uniform JSONL files outside the repository.

`python -m tonewire_training.prepare --data DATA --out PREPARED`
"""

from __future__ import annotations

import argparse
import json
import re
import zlib
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

from .examples import Example, write_examples
from .sentences import split_sentences
from .tasks import ENTITY_MAPS, QUOTE_PARTS

PLACE_TYPES = {
    "Literal": "place", "Literal_Modifier": "place", "Coercion": "place", "Embedded_Literal": "place",
    "Metonymic": "government",
}
"""GeoWebNews types with a clear reading; mixed readings, demonyms and common nouns are left out."""


def held_out(key: str, percent: int) -> bool:
    """A fixed pseudo-random part of the keys, the same on every machine."""
    return zlib.crc32(key.encode()) % 100 < percent


def json_lines(path: Path) -> Iterator[dict]:
    with path.open() as lines:
        for line in lines:
            yield json.loads(line)


def entity_examples(path: Path) -> Iterator[Example]:
    source = path.name.split(".")[0]
    kinds = ENTITY_MAPS[source]
    for record in json_lines(path):
        entities = [(e["start"], e["end"], kinds[e["label"]]) for e in record["entities"] if e["label"] in kinds]
        yield Example(record["text"], source, entities=entities, document=record.get("doc"))


def target_examples(path: Path, source: str) -> Iterator[Example]:
    for record in json_lines(path):
        targets = [(t["start"], t["end"], t["label"]) for t in record["targets"]]
        yield Example(record["text"], source, targets=targets)


def directed_examples(path: Path) -> Iterator[Example]:
    """DSE: the receiver of a directed sentiment is a target; for a neutral pair both are.

    The brackets close before the last letters of a name ("[Los Angele]s"), so spans grow to the word's end.
    """
    for record in json_lines(path):
        parts = re.split(r"[\[\]]", record["bracketed"])
        if len(parts) != 5:
            continue
        text = "".join(parts)
        starts = (len(parts[0]), len(parts[0]) + len(parts[1]) + len(parts[2]))
        spans = [_grow(text, start, start + len(name)) for start, name in zip(starts, (parts[1], parts[3]))]
        label, _, direction = record["label"].partition(" ")
        receivers = {"a->b": spans[1:], "b->a": spans[:1], "": spans}[direction]
        yield Example(text, "dse", targets=[(start, end, label) for start, end in receivers])


def _grow(text: str, start: int, end: int) -> tuple[int, int]:
    while end < len(text) and text[end].isalpha():
        end += 1
    return start, end


def geowebnews_examples(path: Path) -> Iterator[Example]:
    for article in ElementTree.parse(path).getroot():
        text = article.findtext("text") or ""
        places = []
        for toponym in article.iter("toponym"):
            reading = PLACE_TYPES.get(toponym.findtext("type") or "")
            start, end = int(toponym.findtext("start") or 0), int(toponym.findtext("end") or 0)
            if reading and text[start:end].strip():
                places.append((start, end, reading))
        for first, last in split_sentences(text):
            inside = [(s - first, e - first, r) for s, e, r in places if first <= s and e <= last]
            if inside:
                yield Example(text[first:last], "geowebnews", places=inside, document=f"geo{article.get('file')}")


def relocar_examples(path: Path) -> Iterator[Example]:
    for sample in ElementTree.parse(path).getroot():
        before, location = sample.text or "", sample.find("loc")
        if location is None or not location.text:
            continue
        raw = before + location.text + (location.tail or "")
        text = raw.rstrip()
        reading = "government" if location.get("reading") == "met" else "place"
        span = (len(before), len(before) + len(location.text), reading)
        yield Example(text, "relocar", places=[span], document=f"relocar{sample.get('number')}")


def polnear_articles(folder: Path) -> Iterator[tuple[str, str, dict[str, list[tuple[int, int]]], list[dict]]]:
    """Name, text, spans per quote part, and the attributions (part -> spans) of every article.

    Some articles were annotated twice; the first annotator's file, by name, is taken.
    """
    annotation_files = sorted((folder / "attributions").iterdir(), reverse=True)
    annotated = {path.stem.rpartition("_")[0]: path for path in annotation_files}
    for path in sorted((folder / "text").iterdir()):
        text = path.read_text()
        annotations = annotated.get(path.stem)
        if annotations is None:
            continue
        spans: dict[str, tuple[str, list[tuple[int, int]]]] = {}
        attributions: list[dict] = []
        for line in annotations.read_text().split("\n"):
            fields = line.split("\t")
            if line.startswith("T") and len(fields) >= 2:
                part, _, places = fields[1].partition(" ")
                fragments = [tuple(map(int, place.split())) for place in places.split(";")]
                spans[fields[0]] = (part.lower(), fragments)
            elif line.startswith("E") and len(fields) >= 2:
                attribution: dict[str, list[tuple[int, int]]] = {part: [] for part in QUOTE_PARTS}
                for item in fields[1].split():
                    part, fragments = spans.get(item.split(":")[1], ("", []))
                    if part in attribution:
                        attribution[part] += fragments
                attributions.append(attribution)
        parts: dict[str, list[tuple[int, int]]] = {part: [] for part in QUOTE_PARTS}
        for attribution in attributions:
            for part in QUOTE_PARTS:
                parts[part] += attribution[part]
        parts["content"] = outermost(parts["content"])
        yield path.stem, text, {part: sorted(set(found)) for part, found in parts.items()}, attributions


def outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Leaves out spans that lie inside another: the content layer holds only the outer content."""
    distinct = sorted(set(spans), key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int]] = []
    for span in distinct:
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept


def quote_examples(folder: Path, sentences_per_window: int) -> Iterator[Example]:
    """Windows of neighbouring sentences; a span that crosses a window's border is cut there."""
    for name, text, parts, _ in polnear_articles(folder):
        sentences = split_sentences(text)
        for i in range(0, len(sentences), sentences_per_window):
            window = sentences[i:i + sentences_per_window]
            first, last = window[0][0], window[-1][1]
            quotes = {
                part: [(max(s, first) - first, min(e, last) - first) for s, e in found if s < last and e > first]
                for part, found in parts.items()
            }
            yield Example(text[first:last], "polnear", quotes=quotes, document=name)


def prepare(data: Path, out: Path) -> None:
    ner, sentiment = data / "ner", data / "sentiment"
    worldwide = list(entity_examples(ner / "worldwide.train.jsonl"))
    places = list(geowebnews_examples(ner / "metonymy/geowebnews.xml"))
    places += relocar_examples(ner / "metonymy/relocar.train.xml")
    crossner = list(entity_examples(ner / "crossner_politics.dev.jsonl"))
    crossner_dev = crossner[::3]
    files: dict[str, list[Example]] = {
        "train/conllpp": list(entity_examples(ner / "conllpp.train.jsonl")),
        "train/worldwide": [e for e in worldwide if not held_out(e.document or e.text, 5)],
        "train/crossner": list(entity_examples(ner / "crossner_politics.train.jsonl"))
        + [e for i, e in enumerate(crossner) if i % 3],
        "train/newsmtsc": list(target_examples(sentiment / "newsmtsc.train.jsonl", "newsmtsc")),
        "train/rusentne": list(target_examples(sentiment / "rusentne_en.train.jsonl", "rusentne")),
        "train/dse": list(directed_examples(sentiment / "dse.train.jsonl")),
        "train/mams": list(target_examples(sentiment / "mams.train.jsonl", "mams")),
        "train/sentfin": list(target_examples(sentiment / "sentfin.jsonl", "sentfin")),
        "train/finentity": list(target_examples(sentiment / "finentity.jsonl", "finentity")),
        "train/places": [e for e in places if not held_out(e.document or "", 20)],
        "train/polnear_single": list(quote_examples(data / "quotes/polnear/train", 1)),
        "train/polnear_window": list(quote_examples(data / "quotes/polnear/train", 3)),
        "dev/conllpp": list(entity_examples(ner / "conllpp.dev.jsonl")),
        "dev/worldwide_heldout": [e for e in worldwide if held_out(e.document or e.text, 5)],
        "dev/crossner": crossner_dev,
        "dev/newsmtsc_rw": list(target_examples(sentiment / "newsmtsc.rw-dev.jsonl", "newsmtsc")),
        "dev/newsmtsc_mt": list(target_examples(sentiment / "newsmtsc.mt-dev.jsonl", "newsmtsc")),
        "dev/places": [e for e in places if held_out(e.document or "", 20)],
        "dev/polnear": list(quote_examples(data / "quotes/polnear/dev", 1)),
        "test/conllpp": list(entity_examples(ner / "conllpp.test.jsonl")),
        "test/worldwide_dev": list(entity_examples(ner / "worldwide.dev.jsonl")),
        "test/newsmtsc_rw": list(target_examples(sentiment / "newsmtsc.rw-test.jsonl", "newsmtsc")),
        "test/newsmtsc_mt": list(target_examples(sentiment / "newsmtsc.mt-test.jsonl", "newsmtsc")),
    }
    for name, examples in files.items():
        write_examples(out / f"{name}.jsonl", examples)
        print(f"{name}\t{len(examples)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ner/, sentiment/ and quotes/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the prepared files")
    arguments = parser.parse_args()
    prepare(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
