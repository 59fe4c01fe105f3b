"""What the model predicts, and how each data set's labels map onto it."""

from __future__ import annotations

ENTITY_KINDS: list[str] = ["person", "organization", "location", "group", "other"]
"""`group`: nationality, religious or political group; `other`: events, products, works and the like."""

ENTITY_TAGS: list[str] = ["O"] + [f"{prefix}-{kind}" for kind in ENTITY_KINDS for prefix in "BI"]
QUOTE_PARTS: list[str] = ["source", "cue", "content"]
QUOTE_TAGS: list[str] = ["O", "B", "I"]
"""Each quote part has its own layer of tags: a source often stands inside the content of an outer quote."""

SENTIMENTS: list[str] = ["negative", "neutral", "positive"]
PLACE_READINGS: list[str] = ["place", "government"]

SENTIMENT_SOURCES: list[str] = ["newsmtsc", "rusentne", "dse", "mams", "sentfin", "finentity"]
SENTIMENT_WEIGHTS: dict[str, float] = {
    "newsmtsc": 1.0, "rusentne": 0.7, "dse": 0.3, "mams": 0.2, "sentfin": 0.15, "finentity": 0.3,
}
"""NewsMTSC is the task; the others help it. Each other source trains with a bias of its own on the logits, so that its
class frequencies (RuSentNE is 72 % neutral) do not leak into the shipped head."""

_CONLL = {"PER": ["person"], "ORG": ["organization"], "LOC": ["location"], "MISC": ["group", "other"]}
_WORLDWIDE = {
    "Person": ["person"], "Organization": ["organization"], "Location": ["location"], "Facility": ["location"],
    "NORP": ["group"], "Misc": ["other"], "Product": ["other"],
}
_CROSSNER = {
    "politician": ["person"], "person": ["person"], "organisation": ["organization"],
    "politicalparty": ["organization"], "country": ["location"], "location": ["location"],
    "election": ["other"], "event": ["other"], "misc": ["group", "other"],
}
ENTITY_MAPS: dict[str, dict[str, list[str]]] = {
    "conllpp": _CONLL, "worldwide": _WORLDWIDE, "crossner_politics": _CROSSNER,
}
"""Several kinds: the data set does not tell them apart, and any of them counts as right in training."""

SCORED_KINDS: list[str] = ["person", "organization", "location"]


def tag_index(kind: str, inside: bool) -> int:
    return 1 + 2 * ENTITY_KINDS.index(kind) + int(inside)
