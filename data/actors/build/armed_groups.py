"""Armed groups of the petrarch2 dictionary that the curated table does not name. The source has lost the case of the names."""

import re
from pathlib import Path

import tables
from names import fold, slug

HEADER = ["id", "name", "aliases"]
_SMALL = {"of", "the", "for", "and", "in", "to", "de", "la", "del", "di"}
# The dictionary also lists persons; a group has one of these words in its name.
_GROUP_WORDS = {
    "army", "armies", "front", "movement", "brigade", "brigades", "party", "group", "groups", "organization", "militia", "militias", "force", "forces",
    "jihad", "league", "guard", "guards", "cells", "battalion", "battalions", "commando", "commandos", "mujahideen", "mujahedin", "partisans", "legion",
    "fighters", "faction", "command", "corps", "network", "alliance", "council", "tigers", "rebels", "guerrilla", "ejercito", "frente", "union",
    "association", "klan", "squad", "squads", "congress", "coalition", "volunteers", "defenders", "lashkar", "jaish", "harakat", "ansar", "hizb",
}
# Names that are ordinary words of a news text.
_DROPPED = {"popular resistance", "red line", "uncontrolled rage", "popular committees", "national front", "il carcere", "le celle", "i carcerieri", "republic of texas"}


def _proper(text: str) -> str:
    words = []
    for word in text.lower().split():
        words.append(word if word in _SMALL and words else "-".join(part[:1].upper() + part[1:] for part in word.split("-")))
    return " ".join(words)


def _name(line: str) -> str:
    text = line.split("[")[0].split("#")[0].strip().lstrip("+").replace("_", " ").strip()
    text = re.sub(r"\([^)]*\)", " ", text)
    return " ".join(text.split())


def load(data: Path, known: set[str]) -> list[list[str]]:
    """Groups with a name of two words or more; single words and acronyms of the source are too often something else."""
    path = data / "petrarch2/petrarch2/data/dictionaries/Phoenix.MilNonState.actors.txt"
    groups: list[list[str]] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.strip() or line.startswith("#") or line.startswith(" "):
            continue
        name = _name(line)
        if line.startswith("+"):
            if groups:
                groups[-1].append(name)
        else:
            groups.append([name])
    rows = {}
    for names in groups:
        if any(fold(n) in known for n in names):
            continue
        good = [n for n in names if _usable(n)]
        if good:
            name = _proper(good[0])
            aliases = [a for a in dict.fromkeys(_proper(n) for n in good[1:]) if a != name]
            rows.setdefault(slug(name), [slug(name), name, "|".join(aliases)])
    return sorted(rows.values())


def _usable(name: str) -> bool:
    words = name.split()
    plain = all(c.isalpha() or c in " -'" for c in name) and name.isascii()
    grouped = any(part in _GROUP_WORDS for part in name.lower().replace("-", " ").split())
    return grouped and plain and 2 <= len(words) <= 7 and fold(name) not in _DROPPED and all(len(w) > 1 for w in words)


def known_names(curated: Path) -> set[str]:
    found = set()
    for row in tables.read(curated / "organizations.tsv"):
        found |= {fold(a.rstrip("?")) for a in [row["name"], *tables.split(row["aliases"])]}
    return found
