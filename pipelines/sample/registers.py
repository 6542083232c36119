"""The subsidy registers of the sample: recipients, schemes and amounts are all invented."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pipelines.seeds import SupportScheme, read_seed
from pipelines.sources.access import FileAccess, RijksfinancienAccess
from pipelines.sources.card import SourceCard
from pipelines.sources.layout import FileColumn, Reads

from .figures import uniform
from .sheets import Sheet, dutch, header_of, in_file, layout_of

LEAST = 60
YEARS = range(2016, 2027)
# What ministries paid is known after the end of a year.
PAID_UNTIL = 2025
OTHER_SCHEMES = (
    "Voorbeeldregeling buurtinitiatieven",
    "Voorbeeldregeling amateurkunst",
    "Voorbeeldregeling sportstimulering",
    "Voorbeeldregeling vrijwilligerswerk",
    "Voorbeeldregeling verduurzaming",
)
THEMES = ("Economie", "Kunst en cultuur", "Sport", "Zorg en welzijn", "Onderwijs", "Algemeen")
GRANTORS = ("Ministerie van Voorbeeldzaken", "Ministerie van Verzonnen Zaken", "Ministerie van Fictie")
PLACES = ("Duinzicht", "Veenrand", "Waterkant", "Heidehoek", "Zandpoort", "Molenwijk", "Rietveen", "Polderdam")
WORK = ("Muziek", "Toneel", "Voetbal", "Buurthuis", "Winkelstraat", "Erfgoed", "Techniek", "Tuinen")
SURNAMES = ("Voorbeeld", "van Verzonnen", "de Fictie", "Namelijk", "ter Proef", "Monster")
# Forms of the names of organisations and persons, with the cumulative share of names of that form.
FORMS = (
    (0.40, "Stichting Voorbeeld {work} {place}"),
    (0.60, "Vereniging Verzonnen {work} {place}"),
    (0.72, "{work} {place} Voorbeeld B.V."),
    (0.80, "Gemeente Verzonnen {place}"),
    (0.90, "{initial}. {surname}"),
    (0.95, "Dhr. {initial}. {surname}"),
    (1.00, "{surname} {work}"),
)
# The year in which every scheme was reviewed, if any were: one year with a figure among those without.
REVIEWED_YEAR = "2024"
# The cumulative shares of dossiers that are refused, not yet decided, and granted but not settled.
REFUSED, UNDECIDED, SETTLED = 0.08, 0.13, 0.55


def sheets(card: SourceCard) -> list[Sheet]:
    """The files of a register: one for each address of its access, with the year in the name if only that says it."""
    access = card.access[0]
    names = list(access.urls) if isinstance(access, FileAccess) else [""]
    count = max(LEAST, -(-(card.rows.min + card.rows.min // 50) // len(names)))
    header = header_of(layout_of(card))
    found = []
    for name in names:
        year = re.search(r"20[0-9]{2}", name.rsplit("/", 1)[-1])
        rows = [_row(card, header, number, int(year[0]) if year else None) for number in range(count)]
        found.append(Sheet(None, header, rows))
    return found


def _row(card: SourceCard, header: list[str], number: int, year: int | None) -> list[Any]:
    layout = layout_of(card)
    key = f"{card.dataset_id} {year or ''}"
    told = str(year or _year(card, key, number))
    wholly = told == REVIEWED_YEAR
    fields: dict[str, Any] = {
        "year": told,
        "grantor": _one_of(GRANTORS, key, "grantor", number),
        "scheme": _scheme(card, key, number, wholly),
        "theme": _one_of(THEMES, key, "theme", number),
        "recipient": _recipient(key, number),
        "status": _one_of(tuple(card.subsidy_register.status) if card.subsidy_register else (), key, "status", number),
        **_amounts(card, key, number),
    }
    cells = {head: _cell(card, c, fields[c.to], number) for head, c in layout.columns.items()}
    beside = {"id": number + 1, "dossiernummer": f"VB-{number + 1:06}", "Aanvraagnummer": f"VB-{number + 1:06}"}
    blank = None if layout.format == "json" else ""
    return [cells[head] if head in cells else beside.get(head, blank) for head in header]


def _cell(card: SourceCard, column: FileColumn, value: float | str | None, number: int) -> Any:
    layout = layout_of(card)
    if column.reads is not Reads.DUTCH_NUMBER or not isinstance(value, float):
        return in_file(value, column.reads, layout)
    # Amounts are written in several ways within one file.
    text = f"€ {dutch(value)}" if value >= 0 else f"-{dutch(-value)}"
    return text if layout.format != "xlsx" or number % 10 == 0 else value


def _amounts(card: SourceCard, key: str, number: int) -> dict[str, float | None]:
    """The three amounts of a dossier: missing if it is not decided, zero if it was refused."""
    to = {c.to for c in layout_of(card).columns.values()}
    u = uniform(key, "size", number)
    requested = float(500 * round(1 + 10 * u + 500 * u * u * u * u * u))
    stage = uniform(key, "stage", number)
    granted: float | None = round(requested * (0.6 + 0.4 * uniform(key, "share", number)), 2)
    settled: float | None = granted if stage > SETTLED else None
    if stage < REFUSED:
        granted, settled = 0.0, None
    elif stage < UNDECIDED and "amount_requested_eur" in to:
        granted, settled = None, None
    elif number % 97 == 0 and granted and "amount_requested_eur" not in to:
        # A correction of an earlier row.
        granted = -granted
    return {"amount_requested_eur": requested, "amount_granted_eur": granted, "amount_settled_eur": settled}


def _year(card: SourceCard, key: str, number: int) -> int:
    named = re.search(r"20[0-9]{2}", card.table)
    access = card.access[0]
    years = range(access.since, PAID_UNTIL + 1) if isinstance(access, RijksfinancienAccess) else YEARS
    return int(named[0]) if named else years[int(len(years) * uniform(key, "year", number))]


def _scheme(card: SourceCard, key: str, number: int, wholly: bool) -> str:
    known = _schemes().get(card.subsidy_register.region, ()) if card.subsidy_register else ()
    is_known = known and (wholly or uniform(key, "known", number) < 0.2)
    return _one_of(known if is_known else OTHER_SCHEMES, key, "scheme", number)


@cache
def _schemes() -> dict[str, tuple[str, ...]]:
    """The names of reviewed schemes, by government, so that the sample has some that count as support."""
    found: dict[str, tuple[str, ...]] = {}
    for row in read_seed(SupportScheme):
        found[row.region_code] = (*found.get(row.region_code, ()), row.scheme)
    return found


def _recipient(key: str, number: int) -> str:
    """The recipient of a row; each applies several times."""
    who = f"{key} {int(uniform(key, 'who', number) * 150)}"
    u = uniform(who, "form")
    form = next(text for below, text in FORMS if u < below)
    return form.format(
        work=_one_of(WORK, who, "work", 0),
        place=_one_of(PLACES, who, "place", 0),
        surname=_one_of(SURNAMES, who, "surname", 0),
        initial="ABDHJMPS"[int(8 * uniform(who, "initial"))],
    )


def _one_of(choices: tuple[str, ...], key: str, what: str, number: int) -> str:
    return choices[int(len(choices) * uniform(key, what, number))] if choices else ""
