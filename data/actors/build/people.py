"""People: names, the countries they held office in, and how likely a bare name means them."""

from collections import Counter, defaultdict
from pathlib import Path

import tables
from names import fold, is_latin, number

HEADER = ["id", "names", "prior", "countries"]
_TOP_OFFICES = ("president", "prime minister", "chancellor", "premier", "king", "queen", "emperor", "supreme leader", "pope")


class People:
    """All known people, with a look-up by folded name that prefers the better known namesake."""

    def __init__(self, data: Path, curated: Path):
        self.names: dict[str, list[str]] = {}
        self.offices: dict[str, list[list[str]]] = defaultdict(list)
        self.boost: Counter[str] = Counter()
        self._folded: dict[str, set[str]] = defaultdict(set)
        for identifier, cell in tables.read_plain(data / "persons.tsv", 2):
            self._add(identifier, [n for n in tables.split(cell) if is_latin(n)] or tables.split(cell)[:1])
        for row in tables.read_plain(data / "roles.tsv", 6):
            self.offices[row[0]].append(row[1:])
        for row in tables.read(curated / "people_extra.tsv"):
            sure = [a for a in tables.split(row["aliases"]) if not a.endswith("?")]
            self._add(row["id"], [row["name"], *sure])
            self.boost[row["id"]] = 5
        self._spellings = {fold(row["surface"]): row["canonical"] for row in tables.read(curated / "spellings.tsv")}

    def _add(self, identifier: str, names: list[str]) -> None:
        known = self.names.setdefault(identifier, [])
        for name in names:
            if name not in known:
                known.append(name)
            self._folded[fold(name)].add(identifier)

    def prior(self, identifier: str) -> int:
        """0 (a name in a list) to 9 (head of state or government in office), from offices held and the age of the Wikidata item."""
        offices = self.offices.get(identifier, [])
        held = len(offices)
        score = sum(held >= bound for bound in (1, 2, 4, 8))
        if any(o[0].lower() in _TOP_OFFICES for o in offices):
            score += 2
        kind, numeral, _ = number(identifier)
        if kind == 0 and numeral < 100_000:
            score += 1
        return min(9, score + self.boost[identifier])

    def countries(self, identifier: str) -> list[str]:
        return sorted({o[1] for o in self.offices.get(identifier, []) if o[1]})

    def find(self, name: str, country: str = "") -> str:
        """The one person of that name; among namesakes one of the country, else the clearly better known one; else empty."""
        found = self._folded.get(fold(name), set())
        if len(found) > 1 and country:
            local = {p for p in found if country in self.countries(p)}
            found = local or found
        if len(found) == 1:
            return next(iter(found))
        ranked = sorted(found, key=lambda p: (-self.prior(p), number(p)))
        if len(ranked) > 1 and self.prior(ranked[0]) >= self.prior(ranked[1]) + 2:
            return ranked[0]
        return ""

    def spelled(self, name: str) -> str:
        """The canonical name behind a curated spelling, else the name itself."""
        return self._spellings.get(fold(name), name)

    def find_in_country(self, name: str, country: str) -> str:
        """By the name or a curated spelling of it, then by its words among the office holders of a country, then among all."""
        name = self.spelled(name)
        if name in self.names:
            return name
        exact = self.find(name, country)
        if exact:
            return exact
        return self._by_words(name, country) or self._by_first_words(name)

    def _by_first_words(self, name: str) -> str:
        """`Javier Gerardo Milei` is Javier Milei: one person whose words are the first and a later word of a longer name."""
        words = fold(name).split()
        found = set()
        for last in words[1:]:
            found |= self._folded.get(f"{words[0]} {last}", set())
        return next(iter(found)) if len(words) > 2 and len(found) == 1 else ""

    def _by_words(self, name: str, country: str) -> str:
        wanted = fold(name).split()
        if len(wanted) < 2:
            return ""
        loose = []
        for identifier, offices in self.offices.items():
            if not any(o[1] == country for o in offices):
                continue
            for known in self.names.get(identifier, []):
                words = fold(known).split()
                if set(words) == set(wanted) or (len(words) > 1 and set(words) < set(wanted)) or (set(wanted) < set(words)):
                    loose.append(identifier)
                    break
        loose = sorted(set(loose), key=number)
        return loose[0] if len(loose) == 1 else ""

    def rows(self) -> list[list[str]]:
        return [
            [p, "|".join(names), str(self.prior(p)), "|".join(self.countries(p))]
            for p, names in sorted(self.names.items(), key=lambda item: number(item[0]))
        ]
