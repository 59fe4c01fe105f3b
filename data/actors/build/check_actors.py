"""Checks the curated and the built actor files. Prints every fault and exits with 1 where there is one.

    python3 check_actors.py
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

import tables
from names import fold, slug

FOLDER = Path(__file__).resolve().parent.parent
COMPILED = FOLDER / "compiled"
_IDENTIFIER = re.compile(r"Q[1-9]\d*|tw:[a-z0-9]+(-[a-z0-9]+)*")
_KINDS = {"organization", "group", "country"}
_READINGS = {
    "government", "armed-forces", "people", "parliament", "politicians", "police", "court", "intelligence", "central-bank", "company",
    "media", "armed-group", "opposition", "sports-team", "office", "place", "none", "unknown",
}
_MODES = {"always", "by-head"}
_SORTED_BY = {
    "organizations.tsv": "name", "people_extra.tsv": "name", "metonyms.tsv": "surface", "spellings.tsv": "surface", "role_nouns.tsv": "noun",
    "offices.tsv": "noun", "demonyms.tsv": "territory", "territory_names.tsv": "territory", "institutions.tsv": "key", "office_holders.tsv": "territory",
}

faults: list[str] = []


def fault(text: str) -> None:
    faults.append(text)


def check_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n") or text.endswith("\n\n"):
        fault(f"{path.name}: must end with one line break")
    if "\r" in text or "\ufeff" in text:
        fault(f"{path.name}: carriage return or byte order mark")
    for index, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            fault(f"{path.name}:{index}: white space at the end")
        if any(cell != cell.strip() for cell in line.split("\t")):
            fault(f"{path.name}:{index}: white space around a cell")
        if "||" in line or "\t|" in line or "|\t" in line:
            fault(f"{path.name}:{index}: empty element of a list")


def check_sorted(name: str, key: str) -> None:
    keys = [row[key].casefold() for row in tables.read(FOLDER / name)]
    for before, after in zip(keys, keys[1:]):
        if before > after:
            fault(f"{name}: not sorted: {after!r} after {before!r}")


def check_organizations() -> dict[str, str]:
    names: dict[str, str] = {}
    sure: dict[str, str] = {}
    for row in tables.read(FOLDER / "organizations.tsv"):
        identifier, name = row["id"], row["name"]
        if not _IDENTIFIER.fullmatch(identifier):
            fault(f"organizations.tsv: bad id {identifier!r}")
        if identifier in names:
            fault(f"organizations.tsv: {identifier} is {names[identifier]!r} and {name!r}")
        names[identifier] = name
        if identifier.startswith("tw:") and identifier != slug(name):
            fault(f"organizations.tsv: {identifier} is not the slug of {name!r}")
        if (row["id_source"] == "slug") != identifier.startswith("tw:"):
            fault(f"organizations.tsv: {identifier} has the source {row['id_source']!r}")
        if row["kind"] not in _KINDS or not row["category"]:
            fault(f"organizations.tsv: {identifier} kind {row['kind']!r} category {row['category']!r}")
        if row["country"] and not re.fullmatch(r"[A-Z]{3}", row["country"]):
            fault(f"organizations.tsv: {identifier} country {row['country']!r}")
        for alias in [name, *tables.split(row["aliases"])]:
            if alias.endswith("?"):
                continue
            if sure.setdefault(alias, identifier) != identifier:
                fault(f"organizations.tsv: {alias!r} means {sure[alias]} and {identifier} for sure")
    return sure


def check_against_territories(sure: dict[str, str]) -> None:
    """A sure name of an organisation may not be a sure name or a demonym of a territory with another id."""
    for row in tables.read(COMPILED / "territories.tsv"):
        for name in tables.split(row["names"]):
            if sure.get(name, row["id"]) != row["id"]:
                fault(f"{name!r} means the territory {row['id']} and the organisation {sure[name]} for sure")


def check_people(sure: dict[str, str]) -> set[str]:
    known = set()
    for row in tables.read(COMPILED / "people.tsv"):
        if row["id"] in known:
            fault(f"people.tsv: {row['id']} twice")
        known.add(row["id"])
        if not row["names"]:
            fault(f"people.tsv: {row['id']} without a name")
    names: dict[str, str] = {}
    for row in tables.read(FOLDER / "people_extra.tsv"):
        if names.setdefault(row["id"], row["name"]) != row["name"]:
            fault(f"people_extra.tsv: {row['id']} is {names[row['id']]!r} and {row['name']!r}")
        for name in [row["name"], *tables.split(row["aliases"])]:
            if not name.endswith("?") and name in sure:
                fault(f"people_extra.tsv: {name!r} is an organisation too")
    return known


def check_metonyms(sure: dict[str, str]) -> None:
    """A metonym may not be the sure name of another organisation."""
    for row in tables.read(COMPILED / "metonyms.tsv"):
        owner = sure.get(row["surface"])
        if owner and row["actor"] != owner:
            fault(f"metonyms.tsv: {row['surface']!r} stands for {row['actor']} but is a name of {owner}")


def check_references(organizations: set[str], people: set[str]) -> None:
    territories = {row["id"] for row in tables.read(COMPILED / "territories.tsv")}
    parties = {row["id"] for row in tables.read(COMPILED / "parties.tsv")}
    actors = organizations | territories | parties
    for row in tables.read(COMPILED / "metonyms.tsv"):
        if row["mode"] not in _MODES:
            fault(f"metonyms.tsv: {row['surface']!r} mode {row['mode']!r}")
        if row["actor"] and row["actor"] not in actors:
            fault(f"metonyms.tsv: {row['surface']!r} stands for the unknown {row['actor']}")
    for row in tables.read(FOLDER / "institutions.tsv"):
        for pair in row["known"].split():
            if pair.split("=")[1] not in actors:
                fault(f"institutions.tsv: {row['key']} names the unknown {pair}")
    for row in tables.read(COMPILED / "spellings.tsv"):
        if row["id"] and row["id"] not in people:
            fault(f"spellings.tsv: {row['surface']!r} leads to the unknown {row['id']}")
    for row in tables.read(FOLDER / "leaders.tsv"):
        if row["territory"] not in actors or (row["person"] and row["person"] not in people):
            fault(f"leaders.tsv: unknown {row['territory']} or {row['person']} ({row['name']})")
        if not row["name"] or (row["to"] and row["from"] and row["to"] < row["from"]):
            fault(f"leaders.tsv: {row}")
    for name in ("offices.tsv", "demonyms.tsv", "territory_names.tsv", "office_holders.tsv"):
        check_territory_keys(name, territories | organizations)
    for row in tables.read(FOLDER / "role_nouns.tsv"):
        if row["reading"] not in _READINGS:
            fault(f"role_nouns.tsv: {row['noun']!r} reads {row['reading']!r}")


def check_territory_keys(name: str, actors: set[str]) -> None:
    codes = {row["code"].upper() for row in tables.read(COMPILED / "territories.tsv")} | {"SU", "YU", "CS"}
    for row in tables.read(FOLDER / name):
        key = row["territory"]
        if key and key not in actors and key.removeprefix("@").upper() not in codes:
            fault(f"{name}: unknown territory {key!r}")


def check_single(name: str, *keys: str) -> None:
    seen: dict[tuple[str, ...], str] = defaultdict(str)
    for row in tables.read(FOLDER / name):
        key = tuple(row[k] for k in keys)
        if key in seen:
            fault(f"{name}: {key} twice")
        seen[key] = "seen"


def main() -> None:
    for path in sorted([*FOLDER.glob("*.tsv"), *FOLDER.glob("*.txt"), *COMPILED.glob("*.tsv")]):
        check_text(path)
    for name, key in _SORTED_BY.items():
        check_sorted(name, key)
    sure = check_organizations()
    check_against_territories(sure)
    check_metonyms(sure)
    people = check_people(sure)
    check_references({row["id"] for row in tables.read(FOLDER / "organizations.tsv")}, people)
    check_single("spellings.tsv", "surface")
    check_single("metonyms.tsv", "surface")
    check_single("role_nouns.tsv", "noun")
    check_single("offices.tsv", "noun", "territory")
    size = sum(p.stat().st_size for p in COMPILED.glob("*.tsv")) + sum(p.stat().st_size for p in FOLDER.glob("*.t*"))
    if size > 10_000_000:
        fault(f"{size} bytes in all: more than 10 MB")
    print("\n".join(faults) if faults else f"sound: {size} bytes")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
