"""Builds the compact actor files that the program embeds.

    python3 build_actors.py DATA_DIR

DATA_DIR holds `persons.tsv`, `roles.tsv`, `territories.tsv`, `parties.tsv` (Wikidata), `factbook/` (CIA World Factbook as JSON) and `petrarch2/`.
The curated tables are those of the parent folder. Output: `../leaders.tsv` and the files of `../compiled/`, the same for the same input.
"""

import sys
from collections import Counter
from pathlib import Path

import armed_groups
import leaders
import tables
import territories
from names import fold, is_latin, number
from people import HEADER as PEOPLE_HEADER
from people import People

CURATED = Path(__file__).resolve().parent.parent
COMPILED = CURATED / "compiled"


def write_offices(people: People) -> int:
    rows = []
    for person, offices in people.offices.items():
        rows += [[person, office, territory, start, end] for office, territory, _name, start, end in offices]
    rows.sort(key=lambda r: (number(r[0]), r[3], r[1]))
    tables.write(COMPILED / "offices.tsv", ["person", "office", "territory", "from", "to"], rows)
    return len(rows)


def write_parties(data: Path) -> int:
    rows: dict[str, list[str]] = {}
    for identifier, country, name, aliases, local in tables.read_plain(data / "parties.tsv", 5):
        names = [name]
        for alias in [*tables.split(aliases), *local.split("/")]:
            alias = alias.strip()
            # The source writes spaces of short names as slashes and adds the language: "CPRF/English".
            alias = alias.removesuffix("/English").replace("/", " ").strip()
            if len(alias) > 1 and is_latin(alias) and any(c.isupper() for c in alias) and alias not in names:
                names.append(alias)
        if identifier in rows:
            countries = rows[identifier][1].split("|")
            rows[identifier][1] = "|".join(countries + [country] * (country not in countries))
        else:
            rows[identifier] = [identifier, country, "|".join(names)]
    tables.write(COMPILED / "parties.tsv", ["id", "countries", "names"], sorted(rows.values(), key=lambda r: number(r[0])))
    return len(rows)


def write_metonyms(found: dict[str, territories.Territory]) -> int:
    """The curated metonyms with `@XX` resolved, and every capital that none of them names."""
    by_code = territories.codes(found)
    rows = {}
    for row in tables.read(CURATED / "metonyms.tsv"):
        territory = territories.resolve(row["actor"], found, by_code) if row["actor"] else None
        rows[row["surface"]] = [row["surface"], territory.id if territory else row["actor"], row["mode"]]
    for territory in sorted(found.values(), key=lambda t: number(t.id)):
        names = {fold(n) for n in [*territory.names, *territory.ambiguous]}
        for capital in territory.capitals if territory.is_country else []:
            # A city that is called like its country (Singapore, Djibouti) needs no metonym.
            if fold(capital) not in names:
                rows.setdefault(capital, [capital, territory.id, "by-head"])
    tables.write(COMPILED / "metonyms.tsv", ["surface", "actor", "mode"], sorted(rows.values()))
    return len(rows)


def write_spellings(people: People) -> tuple[int, list[str]]:
    """Every curated spelling with its person's id. A single word that others bear too counts only in a text that names none of them."""
    bearers: Counter[str] = Counter()
    for names in people.names.values():
        bearers.update({word for name in names for word in fold(name).split()})
    rows, unknown = [], []
    for row in tables.read(CURATED / "spellings.tsv"):
        canonical, surface = row["canonical"], row["surface"]
        identifier = canonical if canonical[:1] == "Q" and canonical[1:].isdigit() else people.find(canonical)
        shared = " " not in surface and bearers[fold(surface)] > 1
        rows.append([surface, identifier, "" if identifier else canonical, "alone" if identifier and shared else "always"])
        if not identifier:
            unknown.append(canonical)
    tables.write(COMPILED / "spellings.tsv", ["surface", "id", "canonical", "mode"], sorted(rows))
    return len(rows), unknown


def write_first_names(people: People) -> int:
    """How often a word is the first and how often a later word of a person's name: tells people from organisations."""
    first: Counter[str] = Counter()
    later: Counter[str] = Counter()
    for names in people.names.values():
        words = fold(names[0]).split()
        if len(words) > 1:
            first[words[0]] += 1
            later.update(words[1:])
    rows = [[w, str(n), str(later[w])] for w, n in first.items() if n >= 5 and len(w) > 1]
    tables.write(COMPILED / "first_names.tsv", ["word", "first", "later"], sorted(rows))
    return len(rows)


def main() -> None:
    data = Path(sys.argv[1])
    data = data / "actors" if (data / "actors").is_dir() else data
    found = territories.load(data, CURATED)
    people = People(data, CURATED)
    chain = leaders.build(data, CURATED, found, people)
    for row in chain:
        if not row[5] and row[2]:
            people.boost[row[2]] = max(people.boost[row[2]], 4)
    tables.write(CURATED / "leaders.tsv", leaders.HEADER, chain)
    tables.write(COMPILED / "people.tsv", PEOPLE_HEADER, people.rows())
    tables.write(COMPILED / "territories.tsv", territories.HEADER, [t.row() for t in sorted(found.values(), key=lambda t: number(t.id))])
    print("people", len(people.names), "territories", len(found), "leaders", len(chain))
    print("offices", write_offices(people), "parties", write_parties(data), "metonyms", write_metonyms(found))
    groups = armed_groups.load(data, armed_groups.known_names(CURATED))
    tables.write(COMPILED / "armed_groups.tsv", armed_groups.HEADER, groups)
    count, unknown = write_spellings(people)
    print("spellings", count, "place names", len(unknown), "first names", write_first_names(people), "armed groups", len(groups))


if __name__ == "__main__":
    main()
