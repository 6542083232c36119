"""Whether the name of a recipient of a subsidy is published.

Registers name everyone who received money. Among them are people: artists, farmers, neighbours who give care, and the
many who trade under their own name. A register does not say which of its names are people's, and no list has every
Dutch surname, so looking for people and hiding them would let through every one that nobody thought of. So it is the
other way round: **a name is hidden unless it is evidently an organisation**, because it contains a legal form or a
word that only organisations use (seed `recipient_words.csv`). What is lost is the name of a firm that cannot be told
from a person's; its amount, scheme and theme stay.

In order, the first that holds:

0. a cell with a separator, a line break, the digits of an amount or an address, or more than 120 characters is no
   name but a row that came apart, and anything else in it may be about a person: it is hidden, kind `unknown`;
1. a word for a person (`dhr.`, `natuurlijk persoon`, `t.h.o.d.n.`) hides the name, kind `person`;
2. a word for a partnership, or one that mostly stands for one person's business (`v.o.f.`, `rijschool`), hides it,
   kind `unknown`, whatever else it says;
3. initials with a surname (`Theater J. Jansen`, `J.G. Jansen Beheer B.V.`) hide it, kind `person`, unless a word says
   that nobody owns it (`Vereniging P.C. Hooftstraat`, column `is_above_name`);
4. a word for an organisation publishes it; where ` / ` joins two names, every one of two or more words needs its own;
5. anything else is hidden, kind `unknown`.

The name of a legal person is not personal data, even with a surname in it (GDPR, recital 14), so `Jansen Beheer B.V.`
is published. With initials it points at one person, so there we hide more than we have to. What this cannot see is a
first name in the name of an evident organisation, as in `Jan Jansen Beheer B.V.`.

The same name is written in several ways: `Theater J. Jansen`, `JANSEN, J. (theater)`. These share a key, and a name
whose key is hidden in any row of any register is hidden in all of them, by the model that brings the registers
together. The key is a digest and is never published; the landing beside it holds the name itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import polars as pl

from pipelines.seeds import SEEDS, RecipientWord, read_rows

SEED = SEEDS / "recipient_words.csv"
MASK = "(naam niet gepubliceerd)"
KINDS = ("organisation", "person", "unknown")

_APOSTROPHE = "['\u2019]"
_PARTICLES = rf"(?:(?:van|de|der|den|het|ten|ter|te|von|el|al|in|op|la|le|du|v\.?\s?d\.?|{_APOSTROPHE}?t)\s+)*"
_INITIAL = r"(?:(?:\p{L}|th|joh|chr|ph|jac|wm)[.]\s?|\p{L}\s)"
_INITIALS = rf"(?i)(?:^|[\s(/,;]){_INITIAL}+{_PARTICLES}\p{{L}}(?:[\p{{L}}-]|{_APOSTROPHE})+"
# The surname first, as in lists sorted by it.
_SURNAME_FIRST = r"(?i)^[\p{L}' -]+,\s*(?:\p{L}\.\s?)+"
_LONGEST = 120
_CAME_APART = "|".join(
    (
        r"[;|\t\n\r\x0b\x0c\x{85}\x{2028}\x{2029}]",
        # The digits of an amount, an account or a phone number; four of them may be a year.
        r"[0-9]{5,}",
        r"[0-9]{1,3}(?:[. ][0-9]{3})+",
        r"[0-9],[0-9]{2}(?:[^0-9]|$)",
        r"(?:^|[^0-9])(?:0[0-9]|1[0-4]|2[1-9]|[3-9][0-9])[0-9]{2}(?:[^0-9]|$)",
        # A postcode, and a day.
        r"[1-9][0-9]{3} ?\p{Lu}{2}(?:[^\p{L}]|$)",
        r"[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}",
    )
)
# The pattern that nothing matches, for a sort of word that the seed does not have.
_NOTHING = r"[^\s\S]"


@dataclass(frozen=True)
class RecipientPatterns:
    """The patterns of the seed, to be matched against a name as `_plain` writes it."""

    person: str
    unknown: str
    organisation: str
    outweighing: str


@lru_cache
def recipient_words(seed: Path = SEED) -> RecipientPatterns:
    """Read the seed of words.

    Raises:
        CardError: a row has a way of matching, a kind or a truth value that does not exist; it names the row.
    """
    rows = read_rows(RecipientWord, seed)
    plain = pl.Series([row.word for row in rows], dtype=pl.String).to_frame("word").select(plain=_plain(pl.col("word")))
    patterns = [(row, _pattern(word, row.match)) for row, word in zip(rows, plain["plain"], strict=True)]
    return RecipientPatterns(
        person=_any(p for row, p in patterns if row.kind == "person"),
        unknown=_any(p for row, p in patterns if row.kind == "unknown"),
        organisation=_any(p for row, p in patterns if row.kind == "organisation"),
        outweighing=_any(p for row, p in patterns if row.kind == "organisation" and row.is_above_name),
    )


def masked_recipients(names: pl.Series, words: RecipientPatterns | None = None) -> pl.DataFrame:
    """What is published of each name: `recipient`, `recipient_kind` and `recipient_key`, in the order of the names.

    A blank name becomes the mask too, without a key. Every distinct name is looked at once.

    Args:
        names: the cells as the source has them, including line breaks.
        words: the words to go by; without them, those of the seed.

    Raises:
        CardError: the seed of words cannot be read.
    """
    words = words or recipient_words()
    asked = pl.DataFrame({"name": names.cast(pl.String).fill_null("")})
    name = pl.col("name").str.replace_all(r"\s+", " ").str.strip_chars()
    plain = _plain(name)
    # Where two names are joined, each has to show that it is not a person's; one word alone is not a person's name.
    each = name.str.split(" / ").list.eval(
        _plain(pl.element()).str.contains(words.organisation) | ~pl.element().str.strip_chars().str.contains(r"\s")
    )
    alone = each.list.all() | plain.str.starts_with(" organisatie in provincie ")
    organisation = plain.str.contains(words.organisation) & alone
    initials = name.str.contains(_INITIALS) | name.str.contains(_SURNAME_FIRST)
    apart = pl.col("name").str.strip_chars().str.contains(_CAME_APART) | (name.str.len_chars() > _LONGEST)
    kind = (
        pl.when(plain.str.contains(words.person))
        .then(pl.lit("person"))
        .when(apart | plain.str.contains(words.unknown))
        .then(pl.lit("unknown"))
        .when(initials & ~plain.str.contains(words.outweighing))
        .then(pl.lit("person"))
        .when(organisation)
        .then(pl.lit("organisation"))
        .otherwise(pl.lit("unknown"))
    )
    key = _plain(name, after_initial=" ").map_elements(_key, return_dtype=pl.String, skip_nulls=True)
    known = asked.unique().with_columns(
        kind.alias("recipient_kind"), name.alias("recipient"), key.alias("recipient_key")
    )
    shown = pl.when(pl.col("recipient_kind") == "organisation").then("recipient").otherwise(pl.lit(MASK))
    return asked.join(known, on="name", how="left", maintain_order="left").select(
        shown.alias("recipient"), "recipient_kind", "recipient_key"
    )


def named_though_hidden(published: Iterable[str]) -> list[str]:
    """Those of the published texts that are not evidently organisations: what must never be found in a release.

    Raises:
        CardError: the seed of words cannot be read.
    """
    texts = pl.Series(sorted(set(published) - {MASK}), dtype=pl.String)
    return texts.filter(masked_recipients(texts)["recipient_kind"] != "organisation").to_list()


def _key(plain: str) -> str | None:
    """What all ways of writing a name have in common: its words in any order, its initials together or apart."""
    words = plain.split()
    longer = sorted(word for word in words if len(word) > 2)
    shorter = "".join(sorted("".join(word for word in words if len(word) <= 2)))
    return sha256(" ".join([*longer, shorter]).encode()).hexdigest()[:16] if words else None


def _plain(name: pl.Expr, after_initial: str = "") -> pl.Expr:
    # ` words in lower case without accents, `b.v.` as `bv`, each with one space before and after it `
    return pl.concat_str(
        pl.lit(" "),
        name.str.to_lowercase()
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.replace_all(r"\b(\p{L})\.", f"${{1}}{after_initial}")
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
