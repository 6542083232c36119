"""70072ned, the regional key figures: many topics on population, education, work and establishments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pipelines.landing import NOTICE

from .figures import RATES, count_with_regions, small_place_mark
from .frames import municipalities, region_title, regions
from .v3 import IMPOSSIBLE, MARKS, YEARS, Topic, V3Table, number, padded, period_rows, table

SECTOR_TITLES = {
    "ALandbouwBosbouwEnVisserij": "A Landbouw, bosbouw en visserij",
    "BFNijverheidEnEnergie": "B-F Nijverheid en energie",
    "GNCommercieleDienstverlening": "G-N Commerciële dienstverlening",
    "GIHandelEnHoreca": "G+I Handel en horeca",
    "HJVervoerInformatieEnCommunicatie": "H+J Vervoer, informatie en communicatie",
    "KLFinancieleDienstenOnroerendGoed": "K-L Financiële diensten, onroerend goed",
    "MNZakelijkeDienstverlening": "M-N Zakelijke dienstverlening",
    "RUCultuurRecreatieOverigeDiensten": "R-U Cultuur, recreatie, overige diensten",
}


@dataclass(frozen=True)
class KeyFigure:
    """A topic of 70072ned: its stem and running number, title, and the invented count behind it."""

    stem: str
    running_number: int
    title: str
    count_key: str
    group: str

    @property
    def topic(self) -> Topic:
        """The topic as DataProperties describes it."""
        thousands = self.count_key.startswith("jobs")
        return Topic(
            f"{self.stem}_{self.running_number}",
            self.title,
            "x 1 000" if thousands else "aantal",
            1 if thousands else 0,
            group=self.group,
        )


def _sector(stem: str, running_number: int, count_key: str, group: str) -> KeyFigure:
    return KeyFigure(stem, running_number, SECTOR_TITLES[stem], count_key, group)


KEY_FIGURES = (
    KeyFigure("TotaleBevolking", 1, "Totale bevolking", "population", "Bevolking"),
    KeyFigure("Mannen", 2, "Mannen", "men", "Bevolking"),
    KeyFigure("Vrouwen", 3, "Vrouwen", "women", "Bevolking"),
    KeyFigure("Inwoners15JaarOfOuder", 29, "Inwoners 15 jaar of ouder", "aged_15_plus", "Bevolking"),
    KeyFigure("MiddelbaarBeroepsonderwijs", 109, "Middelbaar beroepsonderwijs", "graduates_mbo", "Onderwijs"),
    KeyFigure(
        "HogerBeroepsonderwijsBachelor",
        110,
        "Hoger beroepsonderwijs (bachelor)",
        "graduates_hbo",
        "Onderwijs",
    ),
    KeyFigure("WoMasterDoctoraal", 111, "Wo-master, doctoraal", "graduates_wo", "Onderwijs"),
    KeyFigure("TotaalAantalBanen", 112, "Totaal aantal banen", "jobs", "Arbeid"),
    _sector("ALandbouwBosbouwEnVisserij", 113, "jobs_a", "Arbeid"),
    _sector("BFNijverheidEnEnergie", 114, "jobs_bf", "Arbeid"),
    _sector("GNCommercieleDienstverlening", 115, "jobs_gn", "Arbeid"),
    KeyFigure("Werkloosheid", 159, "Werkloosheid", "unemployment_benefits", "Sociale zekerheid"),
    KeyFigure(
        "BijstandTotDeAOWLeeftijd",
        162,
        "Bijstand tot de AOW-leeftijd",
        "welfare_benefits",
        "Sociale zekerheid",
    ),
    KeyFigure(
        "ArbeidsongeschiktheidTotaal",
        163,
        "Arbeidsongeschiktheid, totaal",
        "disability_benefits",
        "Sociale zekerheid",
    ),
    KeyFigure(
        "BedrijfsvestigingenTotaal",
        168,
        "Bedrijfsvestigingen, totaal",
        "establishments",
        "Bedrijfsvestigingen",
    ),
    _sector("ALandbouwBosbouwEnVisserij", 169, "establishments_a", "Bedrijfsvestigingen"),
    _sector("BFNijverheidEnEnergie", 170, "establishments_bf", "Bedrijfsvestigingen"),
    _sector("GIHandelEnHoreca", 171, "establishments_gi", "Bedrijfsvestigingen"),
    _sector("HJVervoerInformatieEnCommunicatie", 172, "establishments_hj", "Bedrijfsvestigingen"),
    _sector("KLFinancieleDienstenOnroerendGoed", 173, "establishments_kl", "Bedrijfsvestigingen"),
    _sector("MNZakelijkeDienstverlening", 174, "establishments_mn", "Bedrijfsvestigingen"),
    _sector("RUCultuurRecreatieOverigeDiensten", 175, "establishments_ru", "Bedrijfsvestigingen"),
)


@cache
def _key_figure_counts(key: str, year: int) -> dict[str, int]:
    if key == "women":
        everyone, men = count_with_regions("population", year), count_with_regions("men", year)
        return {code: everyone[code] - men[code] for code in everyone}
    return count_with_regions(key, year)


def _key_figure_cell(figure: KeyFigure, region: str, year: int) -> str:
    counts = _key_figure_counts(figure.count_key, year)
    if region not in counts:
        return IMPOSSIBLE
    if region in municipalities() and figure.count_key in RATES:
        mark = small_place_mark(figure.count_key, region, year)
        if mark:
            return MARKS[mark]
    topic = figure.topic
    return number(counts[region] / (1000 if topic.unit == "x 1 000" else 1), topic.decimals)


def regional_key_figures() -> V3Table:
    """70072ned: one row per region and year; a municipality that does not exist in a year has blank cells."""
    levels = sorted((r for r in regions() if r[:2] != "AM"), key=lambda r: (("NL", "LD", "PV", "CR").index(r[:2]), r))
    codes = [*levels, *municipalities()]
    rows = [
        {
            "RegioS": padded(region, 6),
            "Perioden": f"{year}JJ00",
            **{figure.topic.key: _key_figure_cell(figure, region, year) for figure in KEY_FIGURES},
        }
        for region in codes
        for year in YEARS
    ]
    return table(
        "70072ned",
        "Regionale kerncijfers Nederland",
        "2026-03-31T02:00:00",
        NOTICE,
        {
            "RegioS": [(padded(code, 6), region_title(code)) for code in codes],
            "Perioden": period_rows(YEARS),
        },
        [figure.topic for figure in KEY_FIGURES],
        rows,
    )
