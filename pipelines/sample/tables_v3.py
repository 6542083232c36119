"""The smaller v3 tables of the sample: crime, jobs by size class, and the areas of a frame year."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipelines.landing import NOTICE

from .figures import compound, count, population, uniform
from .frames import COUNTRY, ancestors, in_year, municipalities, region_title, regions
from .v3 import IMPOSSIBLE, MARKS, YEARS, Topic, V3Table, number, padded, period_rows, table

CRIMES = {
    "0000000": ("Misdrijven, totaal", "crimes"),
    "1000000": ("1 Vermogensmisdrijven", "crimes_property"),
    "2000000": ("2 Vernielingen, misdrijven openbare orde", "crimes_public_order"),
}


def _crime_cells(key: str, code: str, year: int) -> tuple[str, str]:
    counts = count(key, year)
    if code not in counts:
        return IMPOSSIBLE, IMPOSSIBLE
    u = uniform("crime", key, code, year)
    if u < 0.003:
        return MARKS["."], MARKS["."]
    # A first count can be known before the number of inhabitants is, and so without a rate.
    rate = MARKS["."] if u < 0.006 else number(1000 * counts[code] / population(year)[code], 1)
    return number(counts[code], 0), rate


def registered_crime() -> V3Table:
    """83648NED: crimes per municipality and year, as a count and per 1,000 inhabitants."""
    rows = []
    for crime, (_, key) in CRIMES.items():
        for code in municipalities():
            for year in YEARS:
                crimes, rate = _crime_cells(key, code, year)
                rows.append(
                    {
                        "SoortMisdrijf": crime,
                        "RegioS": padded(code, 6),
                        "Perioden": f"{year}JJ00",
                        "TotaalGeregistreerdeMisdrijven_1": crimes,
                        "GeregistreerdeMisdrijvenPer1000Inw_3": rate,
                    }
                )
    return table(
        "83648NED",
        "Geregistreerde criminaliteit; soort misdrijf, regio",
        "2026-03-02T02:00:00",
        NOTICE,
        {
            "SoortMisdrijf": [(crime, title) for crime, (title, _) in CRIMES.items()],
            "RegioS": [(padded(code, 6), region_title(code)) for code in municipalities()],
            "Perioden": period_rows(YEARS),
        },
        [
            Topic("TotaalGeregistreerdeMisdrijven_1", "Totaal geregistreerde misdrijven", "aantal", 0),
            Topic(
                "GeregistreerdeMisdrijvenPer1000Inw_3",
                "Geregistreerde misdrijven per 1000 inw.",
                "per 1 000",
                1,
            ),
        ],
        rows,
    )


# Jobs in hundreds in the first year, the yearly growth, and how they fall apart over the size classes.
SECTIONS = {
    "T001081": ("A-U Alle economische activiteiten", 78_000, 1.013, (0.15, 0.16, 0.08, 0.17)),
    "301000 ": ("A Landbouw, bosbouw en visserij", 950, 0.995, (0.48, 0.31, 0.11, 0.1)),
    "307500 ": ("C Industrie", 7_100, 1.004, (0.07, 0.18, 0.13, 0.3)),
}
SIZE_CLASSES = {
    "T001098": "Totaal",
    "WP19074": "0 tot 10 werkzame personen",
    "WP19090": "10 tot 50 werkzame personen",
    "WP19096": "50 tot 100 werkzame personen",
    "WP19099": "100 tot 500 werkzame personen",
    "WP19109": "500 werkzame personen of meer",
}


def float32_text(value: float) -> str:
    """The number as CBS sends a Float topic: single precision, written out in full."""
    return str(struct.unpack("f", struct.pack("f", value))[0]).rjust(8)


def _employee_jobs(section: str, year: int) -> dict[str, int]:
    """Jobs in hundreds per size class; the largest class holds what the others leave, so that they add up."""
    _, first, growth, shares = SECTIONS[section]
    total = round(first * compound(growth, year - YEARS[0]))
    parts = [round(total * share * (1 + 0.02 * uniform("size", section, i, year))) for i, share in enumerate(shares)]
    rest = total - sum(parts)
    if section == "301000 ":
        parts, rest = [parts[0] + rest, *parts[1:]], 0
    return dict(zip(SIZE_CLASSES, [total, *parts, rest], strict=True))


def _employee_job_cells(section: str) -> Iterator[tuple[str, int, str]]:
    for size in SIZE_CLASSES:
        for year in YEARS:
            hundreds = _employee_jobs(section, year)[size]
            # One class without jobs shows the ways in which a source can write "none" and "not known".
            nothing = {2017: MARKS["."], 2018: MARKS["-"], 2019: MARKS["x"]}.get(year) if hundreds == 0 else None
            yield size, year, nothing or float32_text(hundreds / 10)


def employee_jobs() -> V3Table:
    """83583NED: national jobs of employees in December by size class, a Float topic with its artefacts."""
    rows = [
        {
            "BedrijfstakkenBranchesSBI2008": section,
            "Bedrijfsgrootte": size,
            "Perioden": f"{year}JJ00",
            "BanenVanWerknemersInDecember_1": cell,
        }
        for section in SECTIONS
        for size, year, cell in _employee_job_cells(section)
    ]
    return table(
        "83583NED",
        "Banen van werknemers; bedrijfsgrootte en economische activiteit (SBI2008)",
        "2026-04-16T02:00:00",
        NOTICE,
        {
            "BedrijfstakkenBranchesSBI2008": [(code, section[0]) for code, section in SECTIONS.items()],
            "Bedrijfsgrootte": list(SIZE_CLASSES.items()),
            "Perioden": period_rows(YEARS, " december"),
        },
        [
            Topic(
                "BanenVanWerknemersInDecember_1",
                "Banen van werknemers in december",
                "x 1 000",
                1,
                "Float",
                "Zero",
            )
        ],
        rows,
    )


FRAME_SUMMARY = (
    "Echte namen en indelingen van gemeenten (bron: CBS, CC BY 4.0) in een voorbeeldbestand / "
    "Real names and areas of municipalities (source: CBS, CC BY 4.0) in a sample"
)
# The numbers of the columns move every year, so a reader has to find a pair by the codes in it.
FRAME_PAIRS = {2015: (), 2016: ("AM", "CR", "LD", "PV"), 2026: ("AM", "CR", "PV", "LD")}


def areas(table_id: str, year: int, modified: str) -> V3Table:
    """Gebieden in Nederland: per municipality of a frame the padded codes and names of what it belongs to."""
    columns = ["Code_1", "Naam_2", "SorteringNaam_3"]
    for i, _ in enumerate(FRAME_PAIRS[year]):
        columns += [f"Code_{4 + 2 * i}", f"Naam_{5 + 2 * i}"]
    rows, members = [], in_year(year)
    for municipality in members:
        labour_market_region = municipality.am_2016 if year == 2016 else municipality.am_2026
        above = {code[:2]: code for code in (*ancestors(municipality), labour_market_region) if code != COUNTRY}
        texts = [municipality.code, municipality.name, municipality.name]
        for level in FRAME_PAIRS[year]:
            region = regions()[above[level]]
            texts += [region.code, (region.name_2016 if year == 2016 else "") or region.name]
        cells = [
            padded(text, 10 if column.startswith("Code") else 50) for column, text in zip(columns, texts, strict=True)
        ]
        rows.append({"RegioS": padded(municipality.code, 10), **dict(zip(columns, cells, strict=True))})
    return table(
        table_id,
        f"Gebieden in Nederland {year}",
        modified,
        FRAME_SUMMARY,
        {"RegioS": [(padded(m.code, 10), m.name) for m in members]},
        [Topic(column, column.split("_")[0], "", 0, "String") for column in columns],
        rows,
    )
