"""Territories: names, demonyms, capitals. Joins the Wikidata table with the curated names and demonyms."""

from pathlib import Path

import tables
from names import fold, is_latin

# Aliases of the source that mislead: jokes, adjectives among the names, words of other languages that English uses otherwise.
_DROPPED = {
    "best korea", "internet", "online", "global", "valletta malta", "palestinian authority", "gaza", "gaza strip", "west bank",
    "island", "mann", "roumania", "magyar", "krim", "new york usa", "nyc", "ny", "ny us", "ny ny us", "new york us", "tunis",
    "israelite", "misr", "america", "brazzaville", "tahiti", "nihon", "hindustan", "holland", "slovensko", "united nations",
    "trinidad", "tobago", "car", "onu", "uno",
}
_NOT_A_TERRITORY = {"Q2", "Q204606", "Q1065"}


class Territory:
    """One territory: what it is called for sure, what it may be called, and whose people and capitals are whose."""

    def __init__(self, cells: list[str]):
        self.id, self.code, self.iso3, self.name, self.long_name, self.aliases, demonym, capitals, country = cells
        self.is_country = country == "true"
        self.names: list[str] = []
        self.ambiguous: list[str] = []
        self.adjectives = [part.strip() for part in demonym.split(",") if part.strip()]
        self.people: list[str] = []
        self.capitals = tables.split(capitals)

    def row(self) -> list[str]:
        return [
            self.id, self.code, self.iso3.upper(), self.name, "|".join(self.names), "|".join(self.ambiguous),
            "|".join(self.adjectives), "|".join(self.people), "|".join(self.capitals), "country" if self.is_country else "region",
        ]


HEADER = ["id", "code", "iso3", "name", "names", "ambiguous", "adjectives", "people", "capitals", "kind"]


def _clean_names(territory: Territory) -> list[str]:
    short = territory.name.split(" (")[0]
    found = [short]
    for name in [territory.long_name, *tables.split(territory.aliases)]:
        name = name.split(" (")[0].strip()
        proper = name[:1].isupper() and not (name.isupper() and len(name) > 4)
        adjective = name in territory.adjectives
        if proper and not adjective and is_latin(name) and "," not in name and "/" not in name and "[" not in name:
            found.append(name)
    kept: list[str] = []
    for name in found:
        if fold(name) not in _DROPPED and name not in kept:
            kept.append(name)
    return kept


def load(data: Path, curated: Path) -> dict[str, Territory]:
    """Every territory by its id."""
    found: dict[str, Territory] = {}
    for cells in tables.read_plain(data / "territories.tsv", 9):
        if cells[0] in _NOT_A_TERRITORY:
            continue
        territory = Territory(cells)
        # A territory may stand twice in the source (an emirate under two codes): the first row counts.
        found.setdefault(territory.id, territory)
    by_code = codes(found)
    names = {row["territory"]: row for row in tables.read(curated / "territory_names.tsv")}
    demonyms = {row["territory"]: row for row in tables.read(curated / "demonyms.tsv")}
    for territory in found.values():
        territory.names = _clean_names(territory)
    for key, row in names.items():
        territory = resolve(key, found, by_code)
        if territory is None:
            continue
        ambiguous = tables.split(row["ambiguous"])
        sure = tables.split(row["names"])
        territory.ambiguous = ambiguous
        territory.names = sure + [n for n in territory.names if n not in sure and n not in ambiguous]
    for key, row in demonyms.items():
        territory = resolve(key, found, by_code)
        if territory is None:
            continue
        adjectives = tables.split(row["adjectives"])
        territory.adjectives = adjectives + [a for a in territory.adjectives if a not in adjectives]
        territory.people = tables.split(row["people"])
    _mark_shared_names(found)
    return found


def _mark_shared_names(found: dict[str, Territory]) -> None:
    """A name of two territories (Georgia, Guinea's Conakry ...) is sure for neither, but a country beats a region."""
    owners: dict[str, list[Territory]] = {}
    for territory in found.values():
        for name in territory.names:
            owners.setdefault(fold(name), []).append(territory)
    for name, holders in owners.items():
        if len(holders) < 2:
            continue
        countries = [t for t in holders if t.is_country]
        winner = countries[0] if len(countries) == 1 else None
        for territory in holders:
            if territory is winner:
                continue
            moved = [n for n in territory.names if fold(n) == name]
            territory.names = [n for n in territory.names if fold(n) != name]
            territory.ambiguous += [n for n in moved if n not in territory.ambiguous]


def codes(found: dict[str, Territory]) -> dict[str, Territory]:
    """Territories by their two-letter or subdivision code, with the plain codes of dissolved states."""
    table = {t.code: t for t in found.values()}
    for old, plain in (("suhh", "su"), ("yucs", "yu"), ("cshh", "cs"), ("csxx", "scg")):
        if old in table:
            table[plain] = table[old]
    return table


def resolve(key: str, found: dict[str, Territory], by_code: dict[str, Territory]) -> Territory | None:
    """A territory by `@XX`, by a subdivision code, or by its id."""
    if key.startswith("@"):
        return by_code.get(key[1:].lower())
    return found.get(key) or by_code.get(key)
