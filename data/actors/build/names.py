"""Comparing names: one folded form for every spelling of a name, and the stable slug of an actor without a Wikidata id."""

import html
import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ə": "a", "ß": "ss", "’": "'", "ʼ": "'", "‘": "'"}
)


def fold(name: str) -> str:
    """Lower case, no marks, no apostrophes, every other sign a space. The program folds its look-ups the same way."""
    text = unicodedata.normalize("NFKD", html.unescape(name).translate(_LETTERS))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold().replace("'", "")
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def slug(name: str) -> str:
    """The id of an actor whose Wikidata number is not certain."""
    return "tw:" + fold(name).replace(" ", "-")


def is_latin(text: str) -> bool:
    """True where every letter is Latin: English articles use no other script."""
    return all("LATIN" in unicodedata.name(c, "") for c in text if c.isalpha())


def number(identifier: str) -> tuple[int, int, str]:
    """Sort key: Wikidata ids by number, then the slugs by name."""
    if re.fullmatch(r"Q\d+", identifier):
        return (0, int(identifier[1:]), "")
    return (1, 0, identifier)
