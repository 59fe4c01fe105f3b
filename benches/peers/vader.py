"""Peer: VADER, the sentiment of each sentence as a whole by a word list; it knows no targets."""

from __future__ import annotations

import argparse
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from corpus import bodies, sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--limit", type=int, required=True)
    arguments = parser.parse_args()
    analyzer = SentimentIntensityAnalyzer()
    total = sum(analyzer.polarity_scores(sentence)["compound"]
                for body in bodies(arguments.corpus, arguments.limit) for sentence in sentences(body))
    print(round(total, 1), "sum of the scores")


if __name__ == "__main__":
    main()
