"""The map as its readers see it: colours, legend, table and files say the same as the release's own database."""

import csv
import html
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, open_portal

from pipelines.commands.serve import PORTAL
from portal.formats import format_rank
from portal.map_shapes import PATH_BUDGET

RATE, COUNT, NO_MUNICIPALITIES = "crimes_per_1000_rate", "population_count", "bankruptcies_count"
NONE = "\N{EN DASH}"
SVG = "{http://www.w3.org/2000/svg}"
FIGURES = """
select r.name, o.value, o.value_status, o.boundary_method from regions as r
join observations_on_boundaries as o using (region_code)
where r.scheme = 'municipality' and r.is_current and o.indicator_id = ? and o.period_code = ?
"""


@pytest.fixture(scope="module")
def database(sample_release: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as connection:
        yield connection


def drawing(page: str) -> ElementTree.Element:
    """The map of a page as an SVG program reads it."""
    found = page[page.index("<svg class=") :]
    svg = next(part for part in found.split("<svg ")[1:] if "map-title" in part)
    svg = svg[: svg.index("</svg>")]
    return ElementTree.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg" {svg}</svg>')


def shapes(page: str) -> dict[str, tuple[str, str]]:
    """The colour class and the words of each shape, by the municipality that it links to a figure or profile of."""
    linked = re.compile("/(?:gemeente|municipality)/([^/]+)")
    return {
        linked.findall(link.attrib["href"])[0]: (group.attrib["class"], link.findtext(f"{SVG}title") or "")
        for group in drawing(page).findall(f"{SVG}g/{SVG}g")
        for link in group.findall(f"{SVG}a")
    }


def table(page: str) -> list[list[str]]:
    body = page[page.rindex("<tbody>") : page.rindex("</tbody>")]
    return [
        [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.split("</t[dh]>", row)[:-1]]
        for row in body.split("</tr>")[:-1]
    ]


@pytest.mark.parametrize(
    ("path", "figures"), [("/kaart/", "/gemeente/amsterdam/"), ("/en/map/", "/en/municipality/amsterdam/")]
)
@pytest.mark.parametrize("shape", [("grenzen", "borders"), ("tegels", "tiles")])
@pytest.mark.parametrize("indicator", [RATE, COUNT])
def test_every_municipality_is_drawn_listed_and_linked(
    portal: Datasette, path: str, figures: str, shape: tuple[str, str], indicator: str
) -> None:
    asked = f"shape={shape[1]}" if path.startswith("/en") else f"vorm={shape[0]}"
    answer = ask(portal, f"{path}{indicator}?{asked}")
    assert answer.status_code == 200
    assert f'<svg class="{shape[1]}"' in answer.text
    found = shapes(answer.text)
    assert len(found) == 342 == len(table(answer.text))
    links = re.findall(rf'href="({figures}[a-z0-9-]+)"', answer.text)
    assert len(links) == 2 and ask(portal, links[0]).status_code == 200
    svg = drawing(answer.text)
    assert svg.findtext(f"{SVG}title") and "342" in (svg.findtext(f"{SVG}desc") or "")
    paths = sum(len(d) for d in re.findall(r'<path d="([^"]+)"', answer.text))
    assert len(answer.text.encode()) - paths + PATH_BUDGET < 330_000, "too large with real borders"


@pytest.mark.parametrize("classes", ["quantiles", "equal"])
def test_table_colours_and_legend_agree_with_the_release(
    portal: Datasette, database: sqlite3.Connection, classes: str
) -> None:
    page = ask(portal, f"/en/map/{RATE}?period=2018JJ00&classes={classes}").text
    published = {name: value for name, value, *_ in database.execute(FIGURES, (RATE, "2018JJ00"))}
    shown = {row[1]: row[2] for row in table(page)}
    assert shown == {name: NONE if value is None else f"{value:,.1f}" for name, value in published.items()}
    assert None in published.values()

    ranks = [row[0] for row in table(page) if row[0] != NONE]
    values = [float(row[2]) for row in table(page) if row[2] != NONE]
    assert values == sorted(values, reverse=True)
    words = yaml.safe_load((PORTAL / "texts" / "common.yml").read_text(encoding="utf-8"))["ranks"]
    assert ranks == [
        format_rank(
            1 + sum(other > value for other in values),
            1 + sum(other < value for other in values),
            len(values),
            words,
            "en",
        )
        for value in values
    ]

    legend = re.findall(
        r'class="s(\d)".*?"range">([\d.]+)(?: [a-z ]+([\d.]+))?</span> <span class="detail">(\d+)', page
    )
    counts = {shade: int(count) for shade, _, _, count in legend}
    assert sum(counts.values()) == len(values)
    colours = dict(shapes(page).values())
    for shade, low, high, count in legend:
        members = [text for colour, text in shapes(page).values() if colour == f"s{shade}"]
        inside = [float(text.rpartition(": ")[2]) for text in members]
        assert len(inside) == int(count)
        assert all(float(low) <= value <= float(high or low) for value in inside)
    assert "s0" in colours
    without = [text for colour, text in shapes(page).values() if colour == "s0"]
    assert len(without) == sum(value is None for value in published.values())
    assert all(text.endswith(": no figure") for text in without)


def test_status_and_method_of_every_figure_are_shown(portal: Datasette, database: sqlite3.Connection) -> None:
    words = {"published": "gepubliceerd", "merged": "opgeteld", "split_estimate": "geschat"}
    words |= {"unavailable": "niet te bepalen"}
    page = ask(portal, f"/kaart/{COUNT}?periode=2016JJ00").text
    expected = {name: words[method] for name, _, _, method in database.execute(FIGURES, (COUNT, "2016JJ00"))}
    assert len(set(expected.values())) > 2
    assert {row[1]: row[4] for row in table(page)} == expected
    newest = ask(portal, f"/kaart/{RATE}").text
    assert {row[3] for row in table(newest)} == {"voorlopig"}


def test_the_newest_period_comes_first_and_the_language_keeps_the_choice(portal: Datasette) -> None:
    page = ask(portal, f"/kaart/{RATE}?periode=2019JJ00&vorm=tegels&klassen=gelijk").text
    there = re.search(r'class="language" href="([^"]+)"', page)
    assert there is not None
    address = there[1].replace("&amp;", "&")
    assert address == f"/en/map/{RATE}?period=2019JJ00&shape=tiles&classes=equal"
    english = ask(portal, address).text
    assert {code: colour for code, (colour, _) in shapes(english).items()} == {
        code: colour for code, (colour, _) in shapes(page).items()
    }
    assert '<option value="2025JJ00" selected>' in ask(portal, f"/kaart/{RATE}").text


@pytest.mark.parametrize(("extension", "mark", "comma"), [("csv", ",", "."), ("nl.csv", ";", ",")])
def test_everything_on_the_page_is_a_file(
    portal: Datasette, database: sqlite3.Connection, extension: str, mark: str, comma: str
) -> None:
    page = ask(portal, f"/kaart/{RATE}?periode=2018JJ00").text
    link = re.search(rf'href="(/kaart/{RATE}\.{re.escape(extension)}\?[^"]+)"', page)
    assert link is not None
    answer = ask(portal, link[1].replace("&amp;", "&"))
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff") == (extension == "nl.csv")
    assert text.count("\r\n") == 343
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=mark))
    expected = {name: value for name, value, *_ in database.execute(FIGURES, (RATE, "2018JJ00"))}
    written = {row["name"]: row["value"] for row in rows}
    assert {name: float(value.replace(comma, ".")) if value else None for name, value in written.items()} == expected
    assert {row["period_code"] for row in rows} == {"2018JJ00"}
    assert all(row["release_id"] and row["unit"] and row["notice"] for row in rows)


def test_without_figures_of_municipalities_there_is_no_map_but_a_reason(portal: Datasette) -> None:
    answer = ask(portal, f"/kaart/{NO_MUNICIPALITIES}")
    assert answer.status_code == 200
    assert "map-title" not in answer.text
    assert "COROP" in answer.text


@pytest.mark.parametrize("asked", ["periode=1999JJ00", "vorm=bol", "klassen=%3Cscript%3E"])
def test_what_is_not_there_is_said_and_not_passed_over(portal: Datasette, asked: str) -> None:
    page = ask(portal, f"/kaart/{RATE}?{asked}")
    assert page.status_code == 400
    assert 'role="alert"' in page.text and "<script" not in page.text
    assert ask(portal, f"/kaart/{RATE}.csv?{asked}").status_code == 400


@pytest.mark.parametrize("path", ["/kaart/nope", "/en/map/nope", "/kaart/nope.csv", "/en/map/nope.nl.csv"])
def test_an_unknown_indicator_is_not_found(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        "delete from region_boundaries",
        "delete from region_boundaries where boundary_year = 2026 and region_code = 'GM0363'",
    ],
)
def test_without_the_borders_of_the_year_there_are_tiles_and_a_reason(
    sample_release: Path, tmp_path: Path, change: str
) -> None:
    copy = tmp_path / "regiokompas.db"
    shutil.copy(sample_release / "regiokompas.db", copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(change)
    portal = open_portal(sample_release, copy)
    page = ask(portal, f"/kaart/{RATE}").text
    assert '<svg class="tiles"' in page
    assert "De grenzen van 2026 zijn niet in deze release" in page
    assert ask(portal, f"/kaart/{RATE}?vorm=grenzen").status_code == 400


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_classes_can_be_told_apart_without_seeing_hues() -> None:
    style = (PORTAL / "static" / "map.css").read_text(encoding="utf-8")
    fills = [fill for _, fill in sorted(re.findall(r"\.s(\d) \{ fill: (#\w{6})", style))]
    stroke = re.search(r"\.shapes[^{]*\{ stroke: (#\w{6})", style)
    assert stroke is not None and len(fills) == 5
    assert all(contrast(fill, stroke[1]) >= 3 for fill in fills)
    steps = [luminance(fill) for fill in fills]
    assert steps == sorted(steps, reverse=True)
    assert all(contrast(light, dark) >= 1.35 for light, dark in pairwise(fills))


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_map_and_its_files_name_all_their_sources_and_licences(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    made_of = """
    select i.indicator_id, s.attribution, s.licence from indicators as i
    left join indicator_sources as o using (indicator_id) left join sources as s on o.dataset_id = s.dataset_id
    where i.lowest_level = 'municipality'
    """
    sources: dict[str, set[tuple[str, str]]] = {}
    for indicator, attribution, licence in database.execute(made_of):
        assert attribution and licence, f"{indicator} has no source"
        sources.setdefault(indicator, set()).add((attribution, licence))
    assert len(sources) > 50
    prefix = "/kaart" if lang == "nl" else "/en/map"
    for indicator, named in sources.items():
        page = html.unescape(ask(portal, f"{prefix}/{indicator}").text)
        (row, *_) = csv.DictReader(io.StringIO(ask(portal, f"{prefix}/{indicator}.csv").text))
        for attribution, licence in named:
            assert f">{attribution}</span>" in page and f">{licence}</a>" in page, indicator
            assert attribution in row["attribution"] and licence in row["licence"], indicator
