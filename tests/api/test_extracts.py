"""What a reader takes home of a region: whole, described, the same every time, and the figures of the release."""

import csv
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from datasette.app import Datasette
from support_office import NEEDS_OFFICE, open_dutch_csv
from support_portal import ask, open_portal, release_of
from support_validators import data_problems, schema_problems, web_problems

from pipelines.publish.release import offered
from portal.profile import theme_url

PLACES = [
    ("/gemeente/amsterdam", "/en/municipality/amsterdam", "GM0363"),
    ("/regio/provincie/zeeland", "/en/region/province/zeeland", "PV29"),
    ("/regio/arbeidsmarktregio/flevoland", "/en/region/labour-market-region/flevoland", "AM11"),
]
OF_ITS_KIND = """
select name, region_code from regions
where is_current and scheme = (select scheme from regions where region_code = ?)
"""
TABLES = (
    "observations_on_boundaries",
    "observations",
    "baseline",
    "baseline_peers",
    "similar_municipalities",
    "peer_features",
    "indicators",
    "sources",
    "origins",
    "columns",
)
TABLE_KEYS = {
    "observations_on_boundaries": ("indicator_id", "period_code"),
    "observations": ("indicator_id", "period_code"),
    "baseline": ("indicator_id",),
}


def unzipped(portal: Datasette, path: str, folder: Path) -> Path:
    answer = ask(portal, path)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def amsterdam(portal: Datasette, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unzipped(portal, "/gemeente/amsterdam.zip", tmp_path_factory.mktemp("extract"))


def read(path: Path, *, dutch: bool = False) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig" if dutch else "utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if dutch else ","))


def package_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", TABLE_KEYS)
@pytest.mark.parametrize(("path", "english", "code"), PLACES)
def test_the_figures_are_those_of_the_release(
    portal: Datasette, sample_release: Path, tmp_path: Path, path: str, english: str, code: str, table: str
) -> None:
    folder = unzipped(portal, f"{path}.zip", tmp_path)
    keys = TABLE_KEYS[table]
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        wanted = dict(
            ((*row[:-1],), row[-1])
            for row in db.execute(f"select {', '.join(keys)}, value from {table} where region_code = ?", [code])
        )
    rows = read(folder / f"{table}.csv")
    assert len(rows) == len(wanted)
    assert {tuple(r[k] for k in keys): float(r["value"]) if r["value"] else None for r in rows} == wanted
    assert {r["region_code"] for r in rows} <= {code}


def test_a_figure_can_be_read_without_another_file(amsterdam: Path, sample_release: Path) -> None:
    row = read(amsterdam / "observations_on_boundaries.csv")[0]
    assert row["name"] == "Amsterdam" and row["notice"].startswith("Verzonnen")
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        told = db.execute("select title_nl, unit_nl from indicators where indicator_id = ?", [row["indicator_id"]])
        assert (row["title_nl"], row["unit_nl"]) == told.fetchone()


def test_what_a_figure_comes_from_is_there_once(amsterdam: Path, sample_release: Path) -> None:
    figures, origins = read(amsterdam / "observations.csv"), read(amsterdam / "origins.csv")
    by_id = {row["origin_id"]: row for row in origins}
    assert len(by_id) == len(origins) and by_id.keys() == {row["origin_id"] for row in figures}
    for name in ("dataset_id", "source_modified"):
        assert [row[name] for row in figures] == [by_id[row["origin_id"]][name] for row in figures]
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        received = {str(row[0]): row[1:] for row in db.execute("select origin_id, url, landed_sha256 from origins")}
    assert all((row["url"], row["landed_sha256"]) == received[origin] for origin, row in by_id.items())
    schema = next(r for r in package_of(amsterdam)["resources"] if r["name"] == "observations")["schema"]
    assert "origins" in {key["reference"]["resource"] for key in schema["foreignKeys"]}


def test_the_dutch_files_hold_the_same(amsterdam: Path) -> None:
    for table in TABLES:
        content = (amsterdam / "excel" / f"{table}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        fields = next(r for r in package_of(amsterdam)["resources"] if r["name"] == table)["schema"]["fields"]
        numbers = {field["name"] for field in fields if field["type"] == "number"}
        plain, dutch = read(amsterdam / f"{table}.csv"), read(amsterdam / "excel" / f"{table}.csv", dutch=True)
        assert plain == [{k: v.replace(",", ".") if k in numbers else v for k, v in row.items()} for row in dutch]


def test_the_dictionary_explains_every_indicator_and_column(amsterdam: Path) -> None:
    indicators = {row["indicator_id"]: row for row in read(amsterdam / "indicators.csv")}
    for table in TABLE_KEYS:
        assert {row["indicator_id"] for row in read(amsterdam / f"{table}.csv")} <= set(indicators)
    assert all(row["definition_nl"] and row["unit_nl"] for row in indicators.values())
    assert all(row["attribution"] and row["licence"] for row in indicators.values() if row["dataset_id"])
    assert all(bool(row["usage_warnings"]) == bool(row["warnings_nl"]) for row in indicators.values())
    described = {
        (row["table_name"], row["column_name"]) for row in read(amsterdam / "columns.csv") if row["description"]
    }
    assert described >= {(t, c) for t in TABLES[:-1] for c in read(amsterdam / f"{t}.csv")[0]}


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("/gemeente/amsterdam.zip", "LEESMIJ.txt", ("cijfers van Amsterdam", "Bron: CBS", "Een lege cel is geen nul")),
        ("/en/municipality/amsterdam.zip", "README.txt", ("figures of Amsterdam", "Bron: CBS", "is not a zero")),
    ],
)
def test_the_text_beside_it_names_terms_source_and_release(
    portal: Datasette, tmp_path: Path, path: str, name: str, words: tuple[str, ...]
) -> None:
    folder = unzipped(portal, path, tmp_path)
    text = (folder / name).read_text(encoding="utf-8")
    assert all(each in text for each in words)
    assert release_of(portal).release_id in text and "Verzonnen voorbeeldcijfers" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in text
    other = "_en" if name == "LEESMIJ.txt" else "_nl"
    assert not [c for table in TABLES for c in read(folder / f"{table}.csv")[0] if c.endswith(other)]


@pytest.mark.parametrize("path", [f"{place}.{kind}" for p in PLACES for place in p[:2] for kind in ("zip", "xlsx")])
def test_repeated_it_is_the_same_bytes(portal: Datasette, sample_release: Path, path: str) -> None:
    first, again = (
        ask(portal, path),
        ask(open_portal(sample_release), path),
    )
    assert first.status_code == 200 and first.content == again.content
    assert first.headers["etag"] == again.headers["etag"]


def test_what_a_reader_has_already_is_not_sent_again(portal: Datasette) -> None:
    answer = ask(portal, "/gemeente/amsterdam.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="regiokompas-GM0363.zip"' in answer.headers["content-disposition"]
    again = ask(portal, "/gemeente/amsterdam.zip", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = ask(portal, "/en/municipality/amsterdam.zip", headers={"if-none-match": answer.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["/gemeente/GM9999.zip", "/regio/provincie/amsterdam.zip", "/gemeente/zeeland.xlsx"])
def test_a_region_that_is_not_there_has_no_files(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404


def test_it_is_a_valid_data_package(amsterdam: Path) -> None:
    package = package_of(amsterdam)
    assert {r["path"] for r in package["resources"]} == {f"{sub}{t}.csv" for t in TABLES for sub in ("", "excel/")}
    assert schema_problems(package) == []
    assert data_problems(package, amsterdam) == []


def test_it_is_valid_csv_on_the_web(amsterdam: Path) -> None:
    assert web_problems(amsterdam / "csv-metadata.json") == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("observations.csv", b",2021,", b",soon,"), ("excel/observations.csv", b";2021;", b";soon;")],
)
def test_a_spoiled_file_is_found_by_both(amsterdam: Path, tmp_path: Path, name: str, old: bytes, new: bytes) -> None:
    folder = shutil.copytree(amsterdam, tmp_path / "spoiled")
    (folder / name).write_bytes((folder / name).read_bytes().replace(old, new, 1))
    assert any(problem.startswith("type-error") for problem in data_problems(package_of(folder), folder))
    assert web_problems(folder / "csv-metadata.json")


def sheets_of(portal: Datasette, path: str) -> list[tuple[str, list[str], list[dict[str, Any]]]]:
    """The name of each sheet, the lines above its table, and the rows of the table by their headings."""
    answer = ask(portal, f"{path}.xlsx")
    assert answer.status_code == 200
    found = []
    for page in openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets:
        rows = [list(row) for row in page.iter_rows(values_only=True)]
        top = next(number for number, row in enumerate(rows) if row[0] is None)
        header = [str(head) for head in rows[top + 1]]
        assert page.freeze_panes and page.auto_filter.ref
        assert not any(cell.hyperlink for row in page.iter_rows() for cell in row)
        assert len(set(header)) == len(header) and "None" not in header
        lines = [str(row[0]) for row in rows[:top]]
        found.append((page.title, lines, [dict(zip(header, row, strict=True)) for row in rows[top + 2 :]]))
    return found


def figures_of(release: Path, codes: Iterable[str], lang: str) -> dict[tuple[str, str, str], float]:
    """The published figures by title of indicator, region and title of period."""
    with closing(sqlite3.connect(release / "regiokompas.db")) as db:
        rows = db.execute(
            f"""select i.title_{lang}, o.region_code, p.title_{lang}, o.value
            from observations_on_boundaries as o join indicators as i using (indicator_id)
            join periods as p using (period_code)
            where o.value is not null and o.is_over and o.region_code in (select value from json_each(?))""",
            [json.dumps(list(codes))],
        )
        return {(title, code, period): value for title, code, period, value in rows}


@pytest.mark.parametrize(("path", "code", "lang"), [(p[at], p[2], ("nl", "en")[at]) for p in PLACES for at in (0, 1)])
def test_the_workbook_has_each_figure_by_year_and_beside_others(
    portal: Datasette, sample_release: Path, path: str, code: str, lang: str
) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        # A province and a COROP area can have the same name.
        by_name = dict(db.execute(OF_ITS_KIND, [code]).fetchall())
        kinds = dict(db.execute(f"select title_{lang}, kind from indicators").fetchall())
    (_, above, overview), (_, _, beside), (_, lines, explained) = sheets_of(portal, path)
    period, newest, in_country, country = {
        "nl": ("Nieuwste periode", "Nieuwste cijfer", "Nederland in die periode", "Nederland"),
        "en": ("Newest period", "Newest figure", "Netherlands in that period", "Netherlands"),
    }[lang]
    own = figures_of(sample_release, [code, "NL01"], lang)
    titles = [row["Indicator"] for row in overview]
    # Two indicators may not have one title, or a reader could not tell their rows apart.
    assert len(titles) == len(set(titles)) and set(titles) == {title for title, region, _ in own if region == code}
    told = 0
    for title, row in zip(titles, overview, strict=True):
        mine = {when: value for (about, region, when), value in own.items() if (about, region) == (title, code)}
        assert mine[row[period]] == row[newest], row
        for year, value in row.items():
            if year.isdigit() and value is not None:
                # The year itself, or else a part of it.
                assert mine[year] == value if year in mine else value in mine.values(), (title, year)
                told += 1
        assert row[in_country] in (None, own.get((title, "NL01", row[period])))
    assert told > 300
    others = [name for name in beside[0] if name in by_name and by_name[name] not in (code, "NL01")]
    theirs = figures_of(sample_release, [by_name[name] for name in others] + ["NL01"], lang)
    assert others and beside and all(kinds[row["Indicator"]] != "count" for row in beside)
    for row in beside:
        for name in others:
            assert row[name] == theirs.get((row["Indicator"], by_name[name], row[period])), (row["Indicator"], name)
        assert row[country] == theirs.get((row["Indicator"], "NL01", row[period]))
    assert [row["Indicator"] for row in explained] == titles
    assert all(row[head] for row in explained for head in row if head not in ("Let op", "Watch out for"))
    notice = dict(release_of(portal).notice_parts)[lang]
    assert notice in above and notice in lines and any(release_of(portal).release_id in line for line in lines)


@NEEDS_OFFICE
def test_libreoffice_reads_the_dutch_file_as_numbers(amsterdam: Path, tmp_path: Path) -> None:
    rows = open_dutch_csv(amsterdam / "excel" / "observations_on_boundaries.csv", tmp_path)
    values = [row["value"] for row in rows]
    wanted = [row["value"] for row in read(amsterdam / "observations_on_boundaries.csv")]
    assert [None if value is None else float(value) for value in values] == [float(w) if w else None for w in wanted]
    assert {type(value) for value in values} <= {int, float, type(None)}


@pytest.mark.parametrize(
    ("path", "name", "content_type"),
    [
        ("/datapackage.json", "datapackage.json", "application/json"),
        ("/csvw.json", "csv-metadata.json", "application/csvm+json"),
    ],
)
def test_the_release_describes_itself_at_the_top(
    portal: Datasette, sample_release: Path, path: str, name: str, content_type: str
) -> None:
    answer = ask(portal, path)
    assert answer.content == (sample_release / name).read_bytes()
    assert answer.headers["content-type"] == content_type
    assert answer.headers["access-control-allow-origin"] == "*"


def test_what_it_names_is_found_from_there(portal: Datasette) -> None:
    resources = ask(portal, "/datapackage.json").json()["resources"]
    for resource in (r for r in resources if r["bytes"] < 1_000_000):
        assert sha256(ask(portal, f"/{resource['path']}").content).hexdigest() == resource["hash"].split(":")[1]
    assert ask(portal, "/regiokompas.db", "HEAD").status_code == 200
    told = {table["url"] for table in ask(portal, "/csvw.json").json()["tables"]}
    assert told == {r["path"].removesuffix(".gz") for r in resources if r["format"] == "csv"}


def test_a_table_page_tells_rows_size_and_digest_of_its_files(portal: Datasette, sample_release: Path) -> None:
    sealed = json.loads((sample_release / "release.json").read_text(encoding="utf-8"))
    page = ask(portal, "/regiokompas/regions").text
    told = page[page.index('class="downloads"') : page.index("/regiokompas/regions.csv")]
    assert f"{sealed['rows']['regions']:,}" in told
    for extension in ("csv", "nl.csv", "parquet"):
        assert f'href="/downloads/regions.{extension}"' in told
        assert offered(sealed["files"], f"tables/regions.{extension}")["sha256"] in told


@pytest.mark.parametrize(("nl", "en", "code"), PLACES)
def test_every_theme_of_a_region_is_a_file_of_the_figures_on_it(portal: Datasette, nl: str, en: str, code: str) -> None:
    release = release_of(portal)
    for path, lang in ((nl, "nl"), (en, "en")):
        whole = {row["Indicator"] for row in sheets_of(portal, path)[0][2]}
        found: set[str] = set()
        for theme in release.texts["themes"]:
            page = theme_url(release, release.registry.regions[code], theme, lang)
            assert f'href="{page}.xlsx"' in ask(portal, page).text
            sheets = sheets_of(portal, page)
            titles = {row["Indicator"] for row in sheets[0][2]}
            about = {i[f"title_{lang}"] for i in release.registry.indicators.values() if i["theme"] == theme}
            assert titles and titles <= about and release.text("themes", theme, lang) in " ".join(sheets[0][1])
            assert {row["Indicator"] for row in sheets[1][2]} <= titles
            found |= titles
        assert found == whole


@pytest.mark.parametrize("page", ["/gemeente/zwolle/thema/geluk", "/regio/provincie/nergens/thema/menselijk-kapitaal"])
def test_a_theme_that_is_not_there_has_no_file(portal: Datasette, page: str) -> None:
    assert ask(portal, f"{page}.xlsx").status_code == 404
