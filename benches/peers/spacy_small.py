"""Peer: spaCy's small English pipeline, entities only (`tok2vec` and `ner`), in batches as spaCy advises.

With `--model en_core_web_sm` the published pipeline is read, where it is installed. Without it an untrained pipeline of the
same shape is made, which does the same arithmetic for each token; its entities mean nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import spacy
from spacy.language import Language

from corpus import bodies

EMBEDDED = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY", "IS_SPACE"]
LABELS = ["CARDINAL", "DATE", "EVENT", "FAC", "GPE", "LANGUAGE", "LAW", "LOC", "MONEY", "NORP", "ORDINAL", "ORG", "PERCENT",
          "PERSON", "PRODUCT", "QUANTITY", "TIME", "WORK_OF_ART"]
SHAPE = {"model": {
    "@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "extra_state_tokens": False,
    "hidden_width": 64, "maxout_pieces": 2, "use_upper": True,
    "tok2vec": {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {"@architectures": "spacy.MultiHashEmbed.v2", "width": 96, "attrs": EMBEDDED,
                  "rows": [5000, 1000, 2500, 2500, 50, 50], "include_static_vectors": False},
        "encode": {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 96, "depth": 4, "window_size": 1,
                   "maxout_pieces": 3},
    },
}}


def pipeline(name: str | None) -> Language:
    if name:
        return spacy.load(name, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    untrained = spacy.blank("en")
    recogniser = untrained.add_pipe("ner", config=SHAPE)
    for label in LABELS:
        recogniser.add_label(label)
    untrained.initialize()
    return untrained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    found = sum(len(document.ents) for document in pipeline(arguments.model).pipe(bodies(arguments.corpus, arguments.limit)))
    print(found, "entities")


if __name__ == "__main__":
    main()
