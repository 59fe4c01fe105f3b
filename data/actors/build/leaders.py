"""Heads of state and government and foreign ministers with their dates, from the factbook, the dated offices and the curated list."""

import html
import json
import re
from pathlib import Path

import tables
from names import fold
from people import People
from territories import Territory, codes, resolve

HEADER = ["territory", "office", "person", "name", "from", "to", "known_until", "source"]
# The factbook's last refresh before it was closed; leaders of later months are not in it.
FACTBOOK_DATE = "2026-02-01"
ROLES_DATE = "2022-08-01"
# How long an open office is believed: a year after the last refresh, half a year where the holder was new.
HORIZON = "2027-02-01"
HORIZON_OF_NEW = "2026-08-01"
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_OFFICE_WORDS = {
    "president", "prime", "minister", "interim", "acting", "king", "queen", "sultan", "emperor", "amir", "pope", "prince", "premier",
    "chancellor", "vice", "chairman", "chairperson", "chair", "of", "the", "and", "general", "gen.", "col.", "lt.", "sr.", "brig.", "maj.", "captain", "captains", "regent",
    "grand", "duke", "transition", "transitional", "transition,", "council", "head", "government", "cabinet", "ministers", "state", "supreme", "leader",
    "caretaker", "crown", "commander-in-chief", "armed", "forces", "sovereign", "first", "deputy", "taliban", "sheikh", "co-vice", "co-president",
    "paramount", "ruler", "federal", "swiss", "confederation", "republic", "presidency", "presidential", "council,", "taoiseach", "(prime", "minister)", "(ret.)", "(col.)", "(gen.)",
    "dr.", "sir", "capt.", "for", "foreign", "political", "affairs", "members:", "leader,", "sultan,", "dame", "haji", "lord", "gnu", "cnsp", "co-prince", "monarch", "administrator", "mayor", "governor", "high", "commissioner", "representative", "chief", "secretary",
}
_COUNTRY_FIXES = {
    "burma": "@MM", "congo (brazzaville)": "@CG", "congo (kinshasa)": "@CD", "korea, north": "@KP", "korea, south": "@KR", "turkey (turkiye)": "@TR", "holy see (vatican city)": "@VA",
    "cabo verde": "@CV", "cote d'ivoire": "@CI", "the gambia": "@GM", "the bahamas": "@BS", "gambia, the": "@GM", "bahamas, the": "@BS", "brunei": "@BN",
}


def _text(branch: dict, key: str) -> str:
    value = branch.get(key, {})
    return html.unescape(re.sub(r"<[^>]+>", " ", value.get("text", "") if isinstance(value, dict) else ""))


def _date(text: str) -> str:
    """`2 July 2024`, `July 2024` or `2024` as an ISO date of that precision."""
    match = re.search(r"(?:(\d{1,2}) )?([A-Z][a-z]{2})[a-z]* (\d{4})", text)
    if match and match.group(2).lower() in _MONTHS:
        month = f"{match.group(3)}-{_MONTHS[match.group(2).lower()]:02d}"
        return f"{month}-{int(match.group(1)):02d}" if match.group(1) else month
    match = re.search(r"\b(\d{4})\b", text)
    return match.group(1) if match else ""


def holder(text: str) -> tuple[str, str]:
    """Name and first day of the first person in `President Emmanuel MACRON (since 14 May 2017); ...`."""
    first = re.split(r";|\brepresented by\b|\balso\b|\bnote\b", text)[0]
    since = re.search(r"\((?:[^()]*?)since ([^()]*)\)", first)
    name = re.sub(r"\([^()]*\)?", " ", first).strip(" ,")
    words = name.split()
    while words and words[0].lower().strip(",") in _OFFICE_WORDS:
        words.pop(0)
    name = " ".join(_proper(w) for w in words).strip(" ,")
    return name, _date(since.group(1)) if since else ""


def _proper(word: str) -> str:
    """The factbook writes the name to sort by in capitals; roman numerals stay."""
    if re.fullmatch(r"[IVX]+", word):
        return word
    parts = [part[:1] + part[1:].lower() if len(part) > 1 and part.upper() == part else part for part in word.split("-")]
    return "-".join(parts)


def _country(government: dict, found: dict[str, Territory], table: dict[str, Territory], by_name: dict[str, Territory]) -> Territory | None:
    names = government.get("Country name", {})
    for key in ("conventional short form", "conventional long form"):
        text = _text(names, key)
        for name in re.split(r" or |;|, officially", text):
            name = name.strip()
            fix = _COUNTRY_FIXES.get(name.lower()) or _COUNTRY_FIXES.get(re.sub(r"^the ", "", name.lower()))
            hit = resolve(fix, found, table) if fix else by_name.get(fold(re.sub(r"^[Tt]he ", "", name)))
            if hit:
                return hit
    return None


def _election(government: dict, branches: tuple[str, ...]) -> str:
    """The first month of a coming election that the factbook expects for these branches, where it names one in 2026 or 2027."""
    text = " ".join(_text(government.get(branch, {}), "expected date of next election") for branch in branches)
    dates = [_date(m) for m in re.findall(r"(?:\d{1,2} )?[A-Z][a-z]+ 202[67]", text)]
    return min([d for d in dates if d] + [HORIZON])


def from_factbook(data: Path, found: dict[str, Territory], people: People) -> list[list[str]]:
    table = codes(found)
    by_name = {fold(n): t for t in found.values() if t.code and "_" not in t.code for n in [*t.names, *t.ambiguous, t.name]}
    rows = []
    for path in sorted((data / "factbook").glob("*/*.json")):
        government = json.loads(path.read_text(encoding="utf-8")).get("Government", {})
        branch = government.get("Executive branch", {})
        territory = _country(government, found, table, by_name)
        if territory is None or not branch:
            continue
        state, government_head = _text(branch, "chief of state"), _text(branch, "head of government")
        of_state = HORIZON if re.match(r"(King|Queen|Emperor|Sultan|Amir|Grand Duke|Prince|Pope|Supreme)", state) else _election(government, ("Executive branch",))
        of_government = min(of_state, _election(government, _LEGISLATURES)) if "President" not in government_head[:12] else of_state
        offices = [("head_of_state", state, of_state), ("head_of_government", government_head, of_government)]
        if state.startswith("Supreme Leader"):
            # The president of Iran is "the president" in the news, and stands under the Supreme Leader.
            offices = [("supreme_leader", state, HORIZON_OF_NEW), ("head_of_state", government_head, of_government)]
        if holder(state)[0] == holder(government_head)[0]:
            # A president who also heads the government is "the president" only.
            offices = offices[:1]
        for office, text, limit in offices:
            name, since = holder(text)
            if not name or len(name) > 60 or "None" in name:
                continue
            rows.append([territory.id, office, people.find_in_country(name, territory.id), name, since, "", limit, "factbook"])
    return rows


_LEGISLATURES = ("Executive branch", "Legislative branch", "Legislative branch - lower chamber")


def from_curated(curated: Path, found: dict[str, Territory], people: People, limits: dict[str, str]) -> list[list[str]]:
    table = codes(found)
    rows = []
    for row in tables.read(curated / "office_holders.tsv"):
        territory = resolve(row["territory"], found, table)
        identifier = territory.id if territory else row["territory"]
        person = people.find_in_country(row["name"], identifier)
        horizon = HORIZON if row["from"] < "2024" else HORIZON_OF_NEW
        if row["office"] not in ("monarch", "party_leader", "supreme_leader", "crown_prince"):
            horizon = min(horizon, limits.get(identifier, horizon))
        rows.append([identifier, row["office"], person, row["name"], row["from"], row["to"], row["to"] or horizon, "curated"])
    return rows


_ROLE_OFFICES = {
    "president": "head_of_state", "king": "head_of_state", "queen": "head_of_state", "emperor": "head_of_state", "sultan": "head_of_state", "emir": "head_of_state",
    "grand duke": "head_of_state", "pope": "head_of_state", "prime minister": "head_of_government",
    "federal chancellor": "head_of_government", "chancellor": "head_of_government", "taoiseach": "head_of_government",
    "premier of the state council": "head_of_government", "premier": "head_of_government", "minister of foreign affairs": "foreign_minister",
    "minister for foreign affairs": "foreign_minister", "federal minister of foreign affairs": "foreign_minister", "secretary of foreign affairs": "foreign_minister",
    "minister of external affairs": "foreign_minister", "secretary of state for foreign and commonwealth affairs": "foreign_minister",
    "minister of europe and foreign affairs": "foreign_minister", "minister of foreign affairs and worship": "foreign_minister",
    "minister of foreign affairs and cooperation": "foreign_minister", "minister of foreign affairs, european union and foreign aid": "foreign_minister",
    "foreign secretary": "foreign_minister", "supreme leader": "supreme_leader",
}
# Where the word names another office than in most countries.
_ROLE_EXCEPTIONS = {("Q30", "secretary of state"): "foreign_minister", ("Q39", "chancellor"): "", ("Q145", "chancellor"): "", ("Q38", "president"): "head_of_state"}


def _without_country(office: str, territory: Territory | None) -> str:
    """`President of Kyrgyzstan` held in Kyrgyzstan is `president`."""
    head, of, country = office.partition(" of ")
    if of and territory and fold(country.removeprefix("the ")) in {fold(n) for n in [*territory.names, *territory.ambiguous, territory.name]}:
        return head.lower()
    return office.lower()


def from_roles(people: People, found: dict[str, Territory]) -> list[list[str]]:
    rows = []
    for person, offices in people.offices.items():
        for office, territory, _name, start, end in offices:
            plain = _without_country(office, found.get(territory))
            key = _ROLE_EXCEPTIONS.get((territory, plain), _ROLE_OFFICES.get(plain, ""))
            # A few dates of the source are typing errors.
            if end and end < start:
                continue
            if key and territory in found and found[territory].is_country and "_" not in found[territory].code:
                names = people.names.get(person, [])
                if names:
                    rows.append([territory, key, person, names[0], start, end, end or ROLES_DATE, "roles"])
    return rows


def build(data: Path, curated: Path, found: dict[str, Territory], people: People) -> list[list[str]]:
    """All three sources joined; of one person's term the better source counts: curated, factbook, dated offices."""
    factbook = from_factbook(data, found, people)
    limits = {row[0]: row[6] for row in factbook if row[1] == "head_of_government"}
    chains: dict[tuple[str, str], list[list[str]]] = {}
    for row in from_roles(people, found) + factbook + from_curated(curated, found, people, limits):
        chain = chains.setdefault((row[0], row[1]), [])
        same = [old for old in chain if _same_term(old, row)]
        for old in same:
            chain.remove(old)
            row[4] = _earlier(old[4], row[4])
            if not row[5]:
                row[6] = max(old[6], row[6]) if old[7] == "factbook" else row[6]
        chain.append(row)
    rows = [row for chain in chains.values() for row in _closed(chain)]
    for row in rows:
        if row[2]:
            row[3] = people.names[row[2]][0]
    return sorted(rows, key=lambda r: (int(r[0][1:]), r[1], r[4], r[3]))


def _earlier(one: str, other: str) -> str:
    """The earlier of two dates; of a year and a day in it, the day."""
    if one.startswith(other) or other.startswith(one):
        return max(one, other, key=len)
    return min(one, other)


def _same_term(old: list[str], new: list[str]) -> bool:
    same_person = old[2] == new[2] if old[2] and new[2] else fold(old[3]) == fold(new[3])
    return same_person and (not old[5] or old[5] > new[4]) and (not new[5] or new[5] > old[4])


def _closed(chain: list[list[str]]) -> list[list[str]]:
    """A term that a source left open ends with the next one. The old source is not believed beyond its date, so gaps may stay."""
    chain.sort(key=lambda r: (r[4], r[5] or "9999", r[3]))
    for row, following in zip(chain, chain[1:]):
        if row[5] or not following[4] or following[4] <= row[4]:
            continue
        if row[7] != "roles" and following[7] == "roles":
            # The older source knows a rival or a passing holder; the newer one says who is in office now.
            continue
        if row[7] == "roles":
            row[6] = min(row[6], following[4])
            row[5] = following[4] if following[4] <= ROLES_DATE else ""
        else:
            row[5] = row[6] = following[4]
    return chain
