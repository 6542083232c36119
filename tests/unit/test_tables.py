"""From text to observations by the layout of a card: keys, marks, sums, and what is never added."""

import io
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import SHARED

from pipelines.errors import CardError, SourceError
from pipelines.reading.files.table_columns import ROW
from pipelines.reading.files.table_file import read_table
from pipelines.reading.tables import added_pages, load_region_names, statistics_rows, with_zeros
from pipelines.settings import CARDS, DBT_PROJECT
from pipelines.sources.card import SourceCard, load_cards
from pipelines.sources.layout import TableLayout

NAMES = {"towns": {"urk": "GM0184", "west betuwe": "GM1960", "west betuwe (lingewaal)": "GM1960"}}
OPEN_MATCH = {
    "GEMEENTE": {"to": "region", "reads": "region_name", "names": "towns"},
    "PEILDATUM": {"to": "period", "reads": "day"},
    "CLUSTER": {"to": "CLUSTER"},
    "REC_TYPE": {"to": "REC_TYPE"},
    "AANTAL": {"to": "people", "reads": "number"},
}


def card(columns: dict[str, Any], dimensions: dict[str, Any], measures: tuple[str, ...], **changed: Any) -> SourceCard:
    return SourceCard.model_validate(
        {
            "publisher": "uwv",
            "table": "test",
            "access": [{"protocol": "drop", "page": "https://x/", "how": {"nl": "haal", "en": "fetch"}}],
            "title": {"nl": "t", "en": "t"},
            "licence": "l",
            "licence_url": "https://x/",
            "attribution": "a",
            "homepage": "https://x/",
            "cadence": "weekly",
            "rows": {"min": 1, "max": 100},
            "dimensions": {name: {"role": "category"} | given for name, given in dimensions.items()},
            "measures": [{"code": code, "title": code, "certainty": "seen"} for code in measures],
            "layout": {"format": "csv", "columns": columns} | changed,
        }
    )


def frame(names: str, *lines: str, between: str = "|") -> pl.DataFrame:
    table = pl.DataFrame([line.split(between) for line in lines], schema=names.split(between), orient="row")
    return table.with_row_index(ROW, 5)


def people(*lines: str, dimensions: dict[str, Any] | None = None, **changed: Any) -> list[tuple[Any, ...]]:
    test_card = card(OPEN_MATCH, dimensions or {"REC_TYPE": {}, "CLUSTER": {}}, ("people",), **changed)
    found = statistics_rows(test_card, frame("|".join(OPEN_MATCH), *lines), NAMES, None, "file.csv").observations
    assert set(found["measure_code"]) == {"people"} and set(found["period_code"]) == {"20200107"}
    return found.select("region_code", "dims", "value", "value_attribute").rows()


VACANCY = "Urk|07-01-2020|ICT|Vacature|5"
WANTED = "Urk|07-01-2020|ICT|WensBeroep|7"


def test_every_cell_becomes_an_observation() -> None:
    assert people(VACANCY, WANTED.replace("|7", "|<5")) == [
        ("GM0184", "CLUSTER=ICT;REC_TYPE=Vacature", 5, "None"),
        ("GM0184", "CLUSTER=ICT;REC_TYPE=WensBeroep", None, "<5"),
    ]


def test_the_columns_are_those_of_the_row_shape() -> None:
    columns = {"a": {"to": "d"}, "b": {"to": "m", "reads": "number"}, "c": {"to": "label"}}
    table = frame("a|b|c", "x|1|krap", "y|*|")
    found = statistics_rows(card(columns, {"d": {}}, ("m", "label")), table, {}, "2026KW03").observations
    assert found.schema == {
        "measure_code": pl.String,
        "region_code": pl.String,
        "period_code": pl.String,
        "dims": pl.String,
        "value": pl.Float64,
        "value_text": pl.String,
        "value_attribute": pl.String,
    }
    # Without a column for it the region is the country, and the period that of the file.
    assert found.rows() == [
        ("m", "NL01", "2026KW03", "d=x", 1.0, None, "None"),
        ("m", "NL01", "2026KW03", "d=y", None, None, "*"),
        ("label", "NL01", "2026KW03", "d=x", None, "krap", "None"),
        ("label", "NL01", "2026KW03", "d=y", None, None, "blank"),
    ]


PARTS = ["West Betuwe|07-01-2020|ICT|Vacature|5", "West Betuwe (Lingewaal)|07-01-2020|ICT|Vacature|2"]


def test_parts_of_a_key_are_added_only_where_the_card_says_so() -> None:
    assert people(*PARTS, combine="sum") == [("GM1960", "CLUSTER=ICT;REC_TYPE=Vacature", 7, "None")]
    with pytest.raises(SourceError, match=r"2 cells share a key .* GM1960, 20200107, ICT, Vacature, people -> "):
        people(*PARTS)


@pytest.mark.parametrize(
    ("parts", "value", "mark"),
    [
        (["0.1", "0.2"], 0.3, "None"),
        (["5", "2*"], 7, "*"),
        (["5*", "2**"], 7, "*"),
        (["5", "2**"], 7, "**"),
        (["5", "-"], 5, "None"),
        (["-", "-"], None, "-"),
        (["5", "x"], None, "x"),
        (["5", "*", "2*"], None, "*"),
        (["", "<5", "3"], None, "<5"),
        (["", ""], None, "blank"),
        (["5", ""], None, "blank"),
        ([".", ""], None, "."),
    ],
)
def test_a_sum_is_a_number_only_if_every_part_is(parts: list[str], value: float | None, mark: str) -> None:
    lines = [f"Urk|07-01-2020|ICT|Vacature|{part}" for part in parts]
    for order in (lines, lines[::-1]):
        [(_, _, found, attribute)] = people(*order, combine="sum")
        assert (found, attribute) == (value, mark)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**9)), min_size=1, max_size=30))
def test_sums_and_totals_are_those_of_the_rows(parts: list[tuple[str, int]]) -> None:
    lines = [f"Urk|07-01-2020|{cluster}|Vacature|{number}" for cluster, number in parts]
    found = {dims: value for _, dims, value, _ in people(*lines, combine="sum", totals=["CLUSTER"])}
    expected = {f"CLUSTER={c};REC_TYPE=Vacature": sum(n for d, n in parts if c == d) for c in {c for c, _ in parts}}
    assert found == expected | {"CLUSTER=total;REC_TYPE=Vacature": sum(n for _, n in parts)}


def test_people_who_stand_there_twice_are_never_added() -> None:
    # Whoever looks for work is counted by the occupation that he had and by the one that he wants.
    lines = [VACANCY, WANTED, WANTED.replace("Wens", "Ervarings"), WANTED.replace("ICT", "Zorg")]
    found = people(*lines, combine="sum", totals=["CLUSTER"], never_added=["REC_TYPE"])
    assert sorted(dims for _, dims, _, _ in found if "total" in dims) == [
        "CLUSTER=total;REC_TYPE=ErvaringsBeroep",
        "CLUSTER=total;REC_TYPE=Vacature",
        "CLUSTER=total;REC_TYPE=WensBeroep",
    ]
    assert ("GM0184", "CLUSTER=total;REC_TYPE=WensBeroep", 14, "None") in found


@pytest.mark.parametrize(
    ("columns", "changed", "told"),
    [
        (OPEN_MATCH, {"totals": ["CLUSTER", "REC_TYPE"]}, "never added, so no total over it can be made: REC_TYPE"),
        ({k: v for k, v in OPEN_MATCH.items() if k != "REC_TYPE"}, {"ignored": ["REC_TYPE"]}, "always there.*REC_TYPE"),
        (OPEN_MATCH | {"REC_TYPE": {"to": "REC_TYPE", "is_optional": True}}, {}, "always there, not: REC_TYPE"),
        (OPEN_MATCH, {"ignored": ["aantal "]}, "header given twice: aantal"),
        (OPEN_MATCH | {"X": {"to": "people"}}, {}, "`to` given twice: people"),
        (OPEN_MATCH | {"PEILDATUM": {"to": "period"}}, {}, "a column to `period` reads one of: day, month"),
        (OPEN_MATCH | {"GEMEENTE": {"to": "region", "reads": "region_name"}}, {}, "`names` goes with"),
        (OPEN_MATCH, {"sheet": "Dump"}, "`sheet` goes with `format: xlsx`"),
        ({"AANTAL": OPEN_MATCH["AANTAL"]}, {"never_added": []}, "at least two columns"),
    ],
)
def test_a_layout_that_adds_what_must_not_be_added_or_says_two_things_is_refused(
    columns: dict[str, Any], changed: dict[str, Any], told: str
) -> None:
    layout = {"format": "csv", "columns": columns, "combine": "sum", "never_added": ["REC_TYPE"]} | changed
    with pytest.raises(ValidationError, match=told):
        TableLayout.model_validate(layout)


def test_a_total_of_a_dimension_that_has_one_already_is_refused() -> None:
    with pytest.raises(SourceError, match="dimension CLUSTER has Totaal beroepen already -> take CLUSTER out"):
        people(VACANCY, VACANCY.replace("ICT", "Totaal beroepen"), totals=["CLUSTER"])


def test_the_codes_of_the_card_are_kept_and_totals_are_of_all() -> None:
    code = {"code": "vacancy", "title": "Vacature", "certainty": "seen", "aliases": ["Vacature"]}
    lines = [VACANCY, VACANCY.replace("ICT", "Zorg"), WANTED]
    dimensions = {
        "REC_TYPE": {"codes": [code]},
        "CLUSTER": {"codes": [{"code": "ICT", "title": "ICT", "certainty": "seen"}]},
    }
    assert people(*lines, dimensions=dimensions, totals=["CLUSTER"]) == [
        ("GM0184", "CLUSTER=ICT;REC_TYPE=vacancy", 5, "None"),
        ("GM0184", "CLUSTER=total;REC_TYPE=vacancy", 10, "None"),
    ]
    with pytest.raises(SourceError, match="dimension REC_TYPE has no vacancy, but WensBeroep"):
        people(WANTED, dimensions=dimensions)


def test_what_a_mark_means_is_the_sources_to_say() -> None:
    lines = [VACANCY.replace("|5", "|-"), WANTED.replace("|7", "|"), WANTED.replace("ICT|WensBeroep|7", "ICT|Z|n.b.")]
    found = people(*lines, marks={"-": "x", "blank": ".", "n.b.": "."})
    assert [row[2:] for row in found] == [(None, "x"), (None, "."), (None, ".")]
    with pytest.raises(CardError, match="`marks` makes geheim of a mark"):
        people(VACANCY, marks={"-": "geheim"})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Urk|07-01-2020|ICT|V|veel", "column AANTAL holds 'veel' in row 6: .* is not a number"),
        ("Urk|07-01-2020|ICT|V|1.234,5", "column AANTAL holds '1.234,5' in row 6"),
        ("Urk|7 jan 20|ICT|V|1", "column PEILDATUM holds '7 jan 20' in row 6: .* is not a day"),
        ("Urkk|07-01-2020|ICT|V|1", "column GEMEENTE holds 'Urkk' in row 6: .* list towns in seeds/region_names.csv"),
        ("|07-01-2020|ICT|V|1", "column GEMEENTE holds '' in row 6"),
        ("Urk|07-01-2020||V|1", "column CLUSTER holds '' in row 6: expected a code or name"),
        ("Urk|07-01-2020|a;b=c|V|1", "column CLUSTER holds 'a;b=c' in row 6"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(line: str, told: str) -> None:
    with pytest.raises(SourceError, match=told) as error:
        people(VACANCY, line)
    assert str(error.value).startswith("uwv/test at file.csv: ") and " -> " in str(error.value)


def test_what_the_card_does_not_say_is_refused() -> None:
    columns = {"a": {"to": "d"}, "b": {"to": "m", "reads": "number"}}
    table = frame("a|b", "x|1")
    with pytest.raises(SourceError, match=r"no column says which period .* name the file by its period"):
        statistics_rows(card(columns, {"d": {}}, ("m",)), table, {}, None)
    with pytest.raises(CardError, match="dimension e has no column"):
        statistics_rows(card(columns, {"d": {}, "e": {}}, ("m",)), table, {}, "2026KW03")
    with pytest.raises(CardError, match="column a is text -> texts cannot be added up"):
        statistics_rows(
            card({"a": {"to": "n"}, "b": columns["b"]}, {}, ("m", "n"), combine="sum"), table, {}, "2026KW03"
        )
    columns["a"] = {"to": "region", "reads": "region_name", "names": "villages"}
    with pytest.raises(CardError, match="there is no list of names villages -> use towns"):
        statistics_rows(card(columns, {}, ("m",)), table, NAMES, "2026KW03")


def test_names_are_found_whatever_their_case_and_apostrophe(tmp_path: Path) -> None:
    file = tmp_path / "region_names.csv"
    file.write_text("name_list,name,region_code\ntowns,'s-Gravenhage,GM0518\ntowns,Bergen  (L.),GM0893\n")
    assert load_region_names(file) == {"towns": {"'s-gravenhage": "GM0518", "bergen (l.)": "GM0893"}}
    columns = {"a": {"to": "region", "reads": "region_name", "names": "towns"}, "b": {"to": "m", "reads": "number"}}
    table = frame("a|b", "\u2019S-GRAVENHAGE|1", "Bergen\u00a0(L.) |2")
    found = statistics_rows(card(columns, {}, ("m",)), table, load_region_names(file), "2026KW03").observations
    assert found["region_code"].to_list() == ["GM0518", "GM0893"]
    file.write_text("name_list,name,region_code\ntowns,Bergen,GM0373\ntowns,bergen,GM0893\n")
    with pytest.raises(CardError, match="'bergen' is both GM0373 and GM0893 in the list towns"):
        load_region_names(file)


def test_a_week_of_open_match_adds_postcodes_and_parts_of_municipalities_but_not_record_types() -> None:
    source = load_cards(CARDS)["uwv/open_match"]
    assert source.layout
    header = [name.replace("*", "1") for name in (*source.layout.columns, *source.layout.ignored)]
    facts = [
        ("s Gravenhage", "Vacature", "12", "2512", "30"),
        ("s Gravenhage", "Vacature", "12", "2513", "12"),
        ("s Gravenhage", "Vacature", "9", "2513", "5"),
        ("s Gravenhage", "WensBeroep", "12", "2512", "100"),
        ("s Gravenhage", "ErvaringsBeroep", "12", "2512", "80"),
        ("West Betuwe (Lingewaal)", "Vacature", "12", "4161", "1"),
        ("West Betuwe (Geldermalsen/Neerijnen)", "Vacature", "12", "4191", "2"),
    ]
    names = ("GEMEENTE", "REC_TYPE", "BEROEPENCLUSTER_CD", "POSTCODEGEBIED", "AANTAL")
    lines = [";".join(header)]
    for fact in facts:
        cells = {"PEILDATUM": "16-05-2023"} | dict(zip(names, fact, strict=True))
        lines.append(";".join(cells.get(name, "") for name in header))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("UWVopenmatchdata20230516.csv", "\r\n".join(lines).encode("utf-8-sig"))
    table = read_table(source.dataset_id, "week.zip", archive.getvalue(), source.layout).frame
    listed = load_region_names(DBT_PROJECT / "seeds" / "region_names.csv")
    found = statistics_rows(source, table, listed, None).observations.select(
        "region_code", "period_code", "dims", "value"
    )
    assert set(found["period_code"]) == {"20230516"}
    assert {(region, dims): value for region, _, dims, value in found.iter_rows()} == {
        ("GM0518", "BEROEPENCLUSTER_CD=12;REC_TYPE=Vacature"): 42,
        ("GM0518", "BEROEPENCLUSTER_CD=9;REC_TYPE=Vacature"): 5,
        ("GM0518", "BEROEPENCLUSTER_CD=12;REC_TYPE=WensBeroep"): 100,
        ("GM0518", "BEROEPENCLUSTER_CD=12;REC_TYPE=ErvaringsBeroep"): 80,
        ("GM1960", "BEROEPENCLUSTER_CD=12;REC_TYPE=Vacature"): 3,
        ("GM0518", "BEROEPENCLUSTER_CD=total;REC_TYPE=Vacature"): 47,
        ("GM0518", "BEROEPENCLUSTER_CD=total;REC_TYPE=WensBeroep"): 100,
        ("GM0518", "BEROEPENCLUSTER_CD=total;REC_TYPE=ErvaringsBeroep"): 80,
        ("GM1960", "BEROEPENCLUSTER_CD=total;REC_TYPE=Vacature"): 3,
    }


def test_a_quarter_of_the_tension_indicator_keeps_its_two_numbers_and_the_word_of_uwv() -> None:
    source = load_cards(CARDS)["uwv/spanningsindicator"]
    assert source.layout
    body = (
        "Arbeidsmarktregio;Beroepsgroep;Vacatures;WW < 6 maanden;Spanning;Typering\n"
        "Regio Zwolle;Elektriciens en elektronicamonteurs;1.250;200;6,25;zeer krap\n"
        "FoodValley;Elektriciens en elektronicamonteurs;50;-;;\n"
    )
    table = read_table(source.dataset_id, "2026KW03__2026-11-20.csv", body.encode("cp1252"), source.layout).frame
    listed = load_region_names(DBT_PROJECT / "seeds" / "region_names.csv")
    found = statistics_rows(source, table, listed, "2026KW03").observations
    zwolle = found.filter(region_code="AM36").select("measure_code", "value", "value_text", "value_attribute").rows()
    assert zwolle == [
        ("vacancies", 1250, None, "None"),
        ("ww_short", 200, None, "None"),
        ("tension", 6.25, None, "None"),
        ("tension_label", None, "zeer krap", "None"),
    ]
    # Too few people, or none at all: nobody says, so it is never a zero.
    assert found.filter(pl.col("region_code") != "AM36")["value_attribute"].to_list() == ["None", ".", ".", "."]


@pytest.mark.standin
def test_the_weekly_vacancies_of_werk_nl_are_as_published() -> None:
    path = SHARED / "standin/files/uwv/vacatures_per_gemeente_per_week_2020_2021.csv"
    source = load_cards(CARDS)["uwv/werknl_vacancies"]
    assert source.layout
    table = read_table(source.dataset_id, path.name, path.read_bytes(), source.layout).frame
    found = statistics_rows(
        source, table, load_region_names(DBT_PROJECT / "seeds" / "region_names.csv"), None
    ).observations
    weeks = found.group_by("period_code").agg(pl.col("value").sum(), pl.col("region_code").n_unique())
    by_week = {week: (value, regions) for week, value, regions in weeks.iter_rows()}
    assert len(by_week) == 65
    assert by_week["20200107"] == (143_663, 352)
    assert by_week["20210330"] == (202_504, 352)
    drenthe = found.filter(pl.col("region_code").is_in(["GM1680", "GM0106"]), period_code="20200107")
    assert dict(drenthe.select("region_code", "value").iter_rows()) == {"GM1680": 59, "GM0106": 713}


PROJECTS = {
    "ID": {"to": "case"},
    "NUTS3": {"to": "region", "reads": "region_name", "names": "areas", "separator": "|", "has_blanks": True},
    "START": {"to": "period", "reads": "year_of_day", "has_blanks": True},
}
COUNTING = {"combine": "sum", "counted": "projects", "totals": ["region"]}
AREAS = {"areas": {"nl112": "CR02", "nl113": "CR03", "nl115": "CR03", "nl114": "CR01"}}


def counted(*lines: str) -> tuple[list[tuple[Any, ...]], list[str | None]]:
    source = card(PROJECTS, {}, ("projects",), **COUNTING)
    found = statistics_rows(source, frame("ID~NUTS3~START", *lines, between="~"), AREAS, None, "f")
    rows = with_zeros(source, found.observations, AREAS, lambda year: []).select(
        "region_code", "period_code", "value", "value_attribute"
    )
    assert set(rows["value_attribute"]) == {"None"}
    return sorted(rows.drop("value_attribute").rows()), found.regions.to_list()


def test_cases_are_counted_in_each_of_their_regions_and_once_for_the_country() -> None:
    rows, regions = counted(
        "a~NL112~04/09/2023", "b~NL112|NL115~2023-01-31", "c~~13/12/2023", "d~NL113|NL115~31-12-2024"
    )
    assert rows == [
        # Two codes of one region are one region, and a region of the list without a case has none of them.
        ("CR01", "2023JJ00", 0),
        ("CR01", "2024JJ00", 0),
        ("CR02", "2023JJ00", 2),
        ("CR02", "2024JJ00", 0),
        ("CR03", "2023JJ00", 1),
        ("CR03", "2024JJ00", 1),
        ("NL01", "2023JJ00", 3),
        ("NL01", "2024JJ00", 1),
    ]
    assert regions == ["CR02", "CR02", "NL01", "CR03"]


def test_a_case_without_a_period_counts_nowhere_and_is_told() -> None:
    rows, regions = counted("a~NL112~", "b~NL112~04/09/2023")
    assert ("CR02", "2023JJ00", 1) in rows and ("NL01", "2023JJ00", 1) in rows
    assert regions == [None, "CR02"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["a~NL112~04/09/2023", "a~NL115~04/09/2023"], "column ID holds 'a' in 2 rows, expected each once"),
        (["~NL112~04/09/2023"], "column ID holds '' in 1 rows"),
        (["a~NL112|DE111~04/09/2023"], r"column NUTS3 holds 'NL112\|DE111' in row 5: no region has this name"),
        (["a~NL112~31/02/2023"], "column START holds '31/02/2023' in row 5: .* is not a day"),
    ],
)
def test_a_case_that_is_there_twice_or_cannot_be_placed_is_refused(lines: list[str], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        counted(*lines)


@pytest.mark.parametrize(
    ("columns", "changed", "told"),
    [
        (PROJECTS, {"combine": None}, "`counted` and a total over `region` are for rows that are added up"),
        (PROJECTS, {"counted": "people"}, "`counted` names people, which is not one of the measures"),
        (PROJECTS | {"EU": {"to": "eu", "reads": "number"}}, {}, "number is in which is not told"),
        (
            PROJECTS | {"START": {"to": "period", "reads": "day", "separator": "|"}},
            {},
            "`separator` is for a column of",
        ),
        (
            PROJECTS | {"EU": {"to": "eu", "reads": "number", "has_blanks": True}},
            {},
            "`has_blanks` is for a column",
        ),
        ({k: c for k, c in PROJECTS.items() if k != "NUTS3"}, {}, "always there, not: region"),
    ],
)
def test_counting_says_what_it_needs(columns: dict[str, Any], changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        card(columns, {}, ("projects", "eu"), **{**COUNTING, **changed})


def test_a_country_that_is_among_the_regions_is_not_added_up_once_more() -> None:
    source = card(PROJECTS, {}, ("projects",), **COUNTING)
    with pytest.raises(SourceError, match="it has figures of NL01 already -> take region out of `totals`"):
        statistics_rows(
            source, frame("ID~NUTS3~START", "a~NL~04/09/2023", between="~"), {"areas": {"nl": "NL01"}}, None, "f"
        )


def test_a_column_is_added_up_by_region_and_for_the_country() -> None:
    columns = {"GM": {"to": "region", "reads": "region_code"}, "HA": {"to": "ha", "reads": "number"}}
    source = card(columns, {}, ("parks", "ha"), combine="sum", counted="parks", totals=["region"])
    table = frame("GM|HA", "GM0363|2.5", "363|1.5", "GM0014|", "GM0014|3")
    found = statistics_rows(source, table, {}, "2024JJ00", "f").observations
    assert sorted(found.select("measure_code", "region_code", "value", "value_attribute").rows(), key=str) == [
        # What is not known of one is not known of all together.
        ("ha", "GM0014", None, "blank"),
        ("ha", "GM0363", 4.0, "None"),
        ("ha", "NL01", None, "blank"),
        ("parks", "GM0014", 2.0, "None"),
        ("parks", "GM0363", 2.0, "None"),
        ("parks", "NL01", 4.0, "None"),
    ]


def test_a_register_as_it_is_now_is_of_the_newest_year_of_each_region_on_whatever_page() -> None:
    columns = {
        "YEAR": {"to": "period", "reads": "year"},
        "GM": {"to": "region", "reads": "region_code"},
        "HA": {"to": "ha", "reads": "number"},
    }
    summed = {"combine": "sum", "counted": "parks", "dated": "newest", "totals": ["region"]}
    source = card(columns, {}, ("parks", "ha"), **summed)
    assert source.layout
    pages = [frame("YEAR|GM|HA", "2022|363|2", "2022|14|1"), frame("YEAR|GM|HA", "2024|363|3", "2022|14|5")]
    found = pl.concat(
        statistics_rows(source, page, {}, None, "f").observations.with_columns(pl.lit(sha).alias("landed_sha256"))
        for page, sha in zip(pages, "ab", strict=True)
    )
    rows = with_zeros(source, added_pages(found, source.layout), {}, lambda year: ["GM0014", "GM0034", "GM0363"])
    assert sorted(rows.select("measure_code", "region_code", "period_code", "value").rows()) == [
        ("ha", "GM0014", "2022JJ00", 6),
        ("ha", "GM0034", "2024JJ00", 0),
        ("ha", "GM0363", "2024JJ00", 5),
        ("ha", "NL01", "2024JJ00", 11),
        ("parks", "GM0014", "2022JJ00", 2),
        # Nowhere in the register, so it has none.
        ("parks", "GM0034", "2024JJ00", 0),
        ("parks", "GM0363", "2024JJ00", 2),
        ("parks", "NL01", "2024JJ00", 4),
    ]
    with pytest.raises(ValidationError, match="`dated` is for rows that are added up, with a column of years"):
        card({**columns, "YEAR": {"to": "period", "reads": "day"}}, {}, ("parks", "ha"), **summed)


GRADUATES = {
    "JAAR": {"to": "period", "reads": "year"},
    "GM": {"to": "region", "reads": "region_code"},
    "AANTAL": {
        "to": "at_least",
        "reads": "number",
        "hidden": {"marks": ["-1", "4", "<5"], "least": 1, "most": 4, "at_most": "at_most"},
    },
}
BOUNDED = {"combine": "sum", "absent": "zero", "totals": ["region"]}
BOUNDS = ("at_least", "at_most")
HERE = ["GM0014", "GM0080", "GM0106"]


def bounds(*lines: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Both bounds by region and year, with the zeros of a country of three municipalities."""
    source = card(GRADUATES, {}, BOUNDS, **BOUNDED)
    found = statistics_rows(source, frame("JAAR|GM|AANTAL", *lines), {}, None, "f").observations
    rows = with_zeros(source, found, {}, lambda year: HERE)
    assert set(rows["value_attribute"]) == {"None"} and rows["value"].null_count() == 0
    both = rows.pivot("measure_code", index=["region_code", "period_code"], values="value")
    return {
        (region, period): (low, high)
        for region, period, low, high in both.select("region_code", "period_code", *BOUNDS).rows()
    }


def test_a_sum_with_hidden_counts_is_two_sums_that_the_true_one_lies_between() -> None:
    assert bounds("2023|0106|120", "2023|0106|-1", "2023|0106|<5", "2023|14|7", "2024|14|-1") == {
        # Two are hidden: 120 + 1 + 1 and 120 + 4 + 4.
        ("GM0106", "2023JJ00"): (122, 128),
        # Nothing is hidden: one number.
        ("GM0014", "2023JJ00"): (7, 7),
        # Not in the file, which has all that there is.
        ("GM0080", "2023JJ00"): (0, 0),
        ("NL01", "2023JJ00"): (129, 135),
        # Everything is hidden.
        ("GM0014", "2024JJ00"): (1, 4),
        ("GM0080", "2024JJ00"): (0, 0),
        ("GM0106", "2024JJ00"): (0, 0),
        ("NL01", "2024JJ00"): (1, 4),
    }


@given(st.lists(st.tuples(st.sampled_from(HERE), st.integers(0, 12)), min_size=1, max_size=30))
def test_whatever_is_hidden_the_true_sum_lies_between_the_bounds_and_no_nearer_ones_hold(
    counts: list[tuple[str, int]],
) -> None:
    found = bounds(*(f"2024|{gm}|{-1 if 1 <= count <= 4 else count}" for gm, count in counts))
    for region in (*HERE, "NL01"):
        own = [count for gm, count in counts if region in (gm, "NL01")]
        hidden = sum(1 <= count <= 4 for count in own)
        low, high = found[region, "2024JJ00"]
        assert low <= sum(own) <= high and high - low == 3 * hidden
        assert low == sum(own) - sum(count - 1 for count in own if 1 <= count <= 4)


@pytest.mark.parametrize("count", ["1", "2", "3", "-2"])
def test_a_count_that_ought_to_be_hidden_or_cannot_be_is_refused(count: str) -> None:
    with pytest.raises(SourceError, match="a count from 1 to 4 is written -1, 4, <5, and none is below 0"):
        bounds(f"2024|14|{count}")


def test_a_count_that_is_not_known_at_all_leaves_both_bounds_unknown() -> None:
    source = card(GRADUATES, {}, BOUNDS, **BOUNDED)
    found = statistics_rows(source, frame("JAAR|GM|AANTAL", "2024|14|9", "2024|14|x"), {}, None, "f").observations
    assert set(found.select("value", "value_attribute").rows()) == {(None, "x")}


@pytest.mark.parametrize(
    ("column", "changed", "told"),
    [
        ({"reads": "text"}, {}, "`thousands`, `decimal` and `hidden` are for numbers"),
        ({"hidden": {"marks": ["-1"], "least": 4, "most": 4, "at_most": "at_most"}}, {}, "least 4 is not below most 4"),
        ({"hidden": {"marks": [], "least": 1, "most": 4, "at_most": "at_most"}}, {}, "at least 1 item"),
        ({"hidden": {"marks": ["-1"], "least": 1, "most": 4, "at_most": "people"}}, {}, "layout: people is not one of"),
        ({"hidden": {"marks": ["-1"], "least": 1, "most": 4, "at_most": "at_least"}}, {}, "`to` given twice: at_least"),
        ({"to": "region", "reads": "number"}, {}, "a column to `region` reads one of"),
        ({"without": "GM"}, {"totals": []}, "`absent` is for regions without a row: give a column of regions"),
    ],
)
def test_hiding_says_what_it_needs(column: dict[str, Any], changed: dict[str, Any], told: str) -> None:
    columns = GRADUATES | {"AANTAL": GRADUATES["AANTAL"] | column}
    columns.pop(columns["AANTAL"].pop("without", ""), None)
    with pytest.raises(ValidationError, match=told):
        card(columns, {}, BOUNDS, **{**BOUNDED, **changed})


def test_the_file_of_duo_is_read_as_it_is_written() -> None:
    """Commas, a byte order mark, codes with a nought in front, and rows of one institution in two places."""
    source = load_cards(CARDS)["duo/hbo_graduates"]
    assert source.layout
    header = (
        "DIPLOMAJAAR,PROVINCIENAAM,GEMEENTENUMMER,GEMEENTENAAM,SOORT_INSTELLING,INSTELLINGSCODE_ACTUEEL,"
        "INSTELLINGSNAAM_ACTUEEL,ONDERDEEL,SUBONDERDEEL,SOORT_DIPLOMA,OPLEIDINGSVORM,AANTAL_GEDIPLOMEERDEN"
    )
    at = "reguliere inst.,25BE,Hanzehogeschool Groningen"
    made = (
        f"2024,Drenthe,0106,Assen,{at},TECHNIEK,n.v.t. (techniek),hbo bachelor,VT,42\r\n"
        f"2024,Drenthe,0106,Assen,{at},TECHNIEK,n.v.t. (techniek),hbo bachelor,DT,-1\r\n"
        f'2023,Groningen,0014,Groningen,{at},ECONOMIE,"n.v.t. (economie)",hbo master,DU,9\r\n'
    )
    body = "\ufeff".encode() + f"{header}\r\n{made}".encode()
    table = read_table(source.dataset_id, "gediplomeerdenoplvhbo.csv", body, source.layout)
    rows = statistics_rows(source, table.frame, {}, None, "f").observations
    assert sorted(rows.select("region_code", "period_code", "measure_code", "value").rows()) == [
        ("GM0014", "2023JJ00", "at_least", 9),
        ("GM0014", "2023JJ00", "at_most", 9),
        ("GM0106", "2024JJ00", "at_least", 43),
        ("GM0106", "2024JJ00", "at_most", 46),
        ("NL01", "2023JJ00", "at_least", 9),
        ("NL01", "2023JJ00", "at_most", 9),
        ("NL01", "2024JJ00", "at_least", 43),
        ("NL01", "2024JJ00", "at_most", 46),
    ]
