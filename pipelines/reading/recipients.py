"""Whether the name of a recipient of subsidy is published.

Registers name whoever received money. Among them are persons: artists, farmers, people who look after a neighbour, and
the many who do business under their own name. A register does not say which of its names are of persons, and no list
knows every Dutch surname, so looking for persons and hiding those would let through each one that was not thought of.
Hence it is the other way about: **a name is hidden unless it is evidently an organisation**, because a legal form or a
word that only organisations carry stands in it (seed `recipient_words.csv`). What is lost is the name of a firm that
cannot be told from a person's; its amount, scheme and theme stay.

In order, the first that holds:

1. a word for a person (`dhr.`, `natuurlijk persoon`, `t.h.o.d.n.`) hides the name, kind `person`;
2. a word for a firm of persons, or one that mostly stands for one person's business (`v.o.f.`, `rijschool`), hides it,
   kind `unknown`, whatever else it says;
3. initials with a surname (`Theater J. Jansen`, `J.G. Jansen Beheer B.V.`) hide it, kind `person`, unless a word says
   that nobody owns it (`Vereniging P.C. Hooftstraat`, column `outweighs_name`);
4. a word for an organisation publishes it; where ` / ` joins two names, every one of two words and more needs its own;
5. anything else is hidden, kind `unknown`.

The name of a legal person is not personal data, even with a surname in it (GDPR, recital 14), so `Jansen Beheer B.V.`
is published. With initials it points at one person, so there we hide more than we have to. What this cannot see is a
first name in the name of an evident organisation, as in `Jan Jansen Beheer B.V.`.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from pipelines.errors import CardError
from pipelines.settings import DBT_PROJECT

SEED = DBT_PROJECT / "seeds" / "recipient_words.csv"
MASK = "(naam niet gepubliceerd)"
KINDS = ("organisation", "person", "unknown")

_APOSTROPHE = "['\u2019]"
_PARTICLES = rf"(?:(?:van|de|der|den|het|ten|ter|te|von|el|al|in|op|la|le|du|v\.?\s?d\.?|{_APOSTROPHE}?t)\s+)*"
_INITIAL = r"(?:(?:\p{L}|th|joh|chr|ph|jac|wm)[.]\s?|\p{L}\s)"
_INITIALS = rf"(?i)(?:^|[\s(/,;]){_INITIAL}+{_PARTICLES}\p{{L}}(?:[\p{{L}}-]|{_APOSTROPHE})+"
# The surname first, as lists that are sorted by it have it.
_SURNAME_FIRST = r"(?i)^[\p{L}' -]+,\s*(?:\p{L}\.\s?)+"
# Of a word that is never there, where the seed has none of a sort: the pattern that nothing matches.
_NOTHING = r"[^\s\S]"


@dataclass(frozen=True)
class Words:
    """The patterns of the seed, to be held against a name as `_plain` writes it."""

    person: str
    unknown: str
    organisation: str
    outweighing: str


@lru_cache
def recipient_words(seed: Path = SEED) -> Words:
    """Read the seed of words.

    Raises:
        CardError: a row has a way of matching, a kind or a truth value that does not exist; it names the row.
    """
    with seed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        wrong = {"match": ("word", "suffix", "prefix"), "kind": KINDS, "outweighs_name": ("true", "false")}
        for column, allowed in wrong.items():
            if row[column] not in allowed:
                raise CardError(
                    f"{seed.name}: word {row['word']!r} holds {row[column]!r} in {column}"
                    f" -> use one of: {', '.join(allowed)}"
                )
    plain = (
        pl.Series([row["word"] for row in rows], dtype=pl.String).to_frame("word").select(plain=_plain(pl.col("word")))
    )
    patterns = [(row, _pattern(word, row["match"])) for row, word in zip(rows, plain["plain"], strict=True)]
    return Words(
        person=_any(p for row, p in patterns if row["kind"] == "person"),
        unknown=_any(p for row, p in patterns if row["kind"] == "unknown"),
        organisation=_any(p for row, p in patterns if row["kind"] == "organisation"),
        outweighing=_any(p for row, p in patterns if row["kind"] == "organisation" and row["outweighs_name"] == "true"),
    )


def masked_recipients(names: pl.Series, words: Words | None = None) -> pl.DataFrame:
    """What is published of each name: a frame with `recipient` and `recipient_kind`, in the order of the names.

    A blank name becomes the mask too. Every different name is looked at once.

    Raises:
        CardError: the seed of words cannot be read.
    """
    words = words or recipient_words()
    asked = pl.DataFrame({"name": names.cast(pl.String).fill_null("")})
    name = pl.col("name").str.replace_all(r"\s+", " ").str.strip_chars()
    plain = _plain(name)
    # Where two names are joined, each of them has to show that it is no person's; one word alone is no person's name.
    each = name.str.split(" / ").list.eval(
        _plain(pl.element()).str.contains(words.organisation) | ~pl.element().str.strip_chars().str.contains(r"\s")
    )
    alone = each.list.all() | plain.str.starts_with(" organisatie in provincie ")
    organisation = plain.str.contains(words.organisation) & alone
    initials = name.str.contains(_INITIALS) | name.str.contains(_SURNAME_FIRST)
    kind = (
        pl.when(plain.str.contains(words.person))
        .then(pl.lit("person"))
        .when(plain.str.contains(words.unknown))
        .then(pl.lit("unknown"))
        .when(initials & ~plain.str.contains(words.outweighing))
        .then(pl.lit("person"))
        .when(organisation)
        .then(pl.lit("organisation"))
        .otherwise(pl.lit("unknown"))
    )
    known = asked.unique().with_columns(kind.alias("recipient_kind"), name.alias("recipient"))
    shown = pl.when(pl.col("recipient_kind") == "organisation").then("recipient").otherwise(pl.lit(MASK))
    return asked.join(known, on="name", how="left", maintain_order="left").select(
        shown.alias("recipient"), "recipient_kind"
    )


def _plain(name: pl.Expr) -> pl.Expr:
    # ` words in lower case without accents, `b.v.` as `bv`, each with one space before and after it `
    return pl.concat_str(
        pl.lit(" "),
        name.str.to_lowercase()
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.replace_all(r"\b(\p{L})\.", "$1")
        .str.replace_all(_APOSTROPHE, "")
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars(),
        pl.lit(" "),
    )


def _pattern(plain: str, match: str) -> str:
    text = re.escape(plain.strip())
    return {"word": f" {text} ", "suffix": f"{text} ", "prefix": f"^ {text} "}[match]


def _any(patterns: Iterable[str]) -> str:
    return "|".join(patterns) or _NOTHING
