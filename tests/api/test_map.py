"""The map as its readers see it: colours, legend, table and files say the same as the release's own database."""

import csv
import html
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
import yaml
from datasette.app import Datasette
from PIL import Image
from support_portal import ask, open_portal, rows_of_csv, runs_script

from pipelines.publish.map_paths import write_maps
from pipelines.settings import PORTAL
from portal.context import context_of
from portal.formats import format_rank
from portal.map_shapes import MAPS_FILE
from portal.maps import Maps
from portal.pages import page_url, profile_page

RATE, COUNT, NO_MUNICIPALITIES, NO_MAP = (
    "crimes_per_1000_rate",
    "population_count",
    "bankruptcies_count",
    "consumer_prices_index",
)
GROWTH, QUOTIENT = "jobs_growth_1y_pct", "establishments_trade_hospitality_location_quotient_ratio"
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
    linked = re.compile("/(?:gemeente|municipality|(?:regio|region)/[^/]+)/([^/]+)")
    return {
        linked.findall(link.attrib["href"])[0]: (group.attrib["class"], link.findtext(f"{SVG}title") or "")
        for group in drawing(page).findall(f"{SVG}g/{SVG}g")
        for link in group.findall(f"{SVG}a")
    }


def maps_of(portal: Datasette) -> Maps:
    """The maps of a server, which reads them when it starts."""
    ask(portal, "/kaart")
    return context_of(portal).maps


COLUMNS = {"Plaats": "place", "Place": "place", "Cijfer": "figure", "Figure": "figure", "Status": "status"}
COLUMNS |= {"Grenzen": "method", "Boundaries": "method"}


def table(page: str) -> list[dict[str, str]]:
    """The lines of the table by what their column is; what all lines share is in its caption and not here."""

    def cells(row: str) -> list[str]:
        return [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.split("</t[dh]>", row)[:-1]]

    (head, body) = re.findall(r"<thead>(.*?)</thead>\s*<tbody [^>]*>(.*)</tbody>", page, re.DOTALL)[-1]
    names = [COLUMNS.get(text, "name") for text in cells(head)]
    return [dict(zip(names, cells(row), strict=True)) for row in body.split("</tr>")[:-1]]


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
    assert len(answer.text.encode()) < 260_000


@pytest.mark.parametrize("classes", ["quantiles", "equal", "natural"])
def test_table_colours_and_legend_agree_with_the_release(
    portal: Datasette, database: sqlite3.Connection, classes: str
) -> None:
    page = ask(portal, f"/en/map/{RATE}?period=2018JJ00&classes={classes}").text
    published = {name: value for name, value, *_ in database.execute(FIGURES, (RATE, "2018JJ00"))}
    shown = {row["name"]: row["figure"] for row in table(page)}
    assert shown == {name: NONE if value is None else f"{value:,.1f}" for name, value in published.items()}
    assert None in published.values()

    ranks = [row["place"] for row in table(page) if row["place"] != NONE]
    values = [float(row["figure"]) for row in table(page) if row["figure"] != NONE]
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
    words = {
        "published": "zoals gepubliceerd",
        "merged": "uit opgetelde cijfers",
        "split_estimate": "geschat na splitsing",
    }
    words |= {"unavailable": "niet te berekenen"}
    page = ask(portal, f"/kaart/{COUNT}?periode=2016JJ00").text
    expected = {name: words[method] for name, _, _, method in database.execute(FIGURES, (COUNT, "2016JJ00"))}
    assert len(set(expected.values())) > 2
    assert {row["name"]: row["method"] for row in table(page)} == expected
    newest = ask(portal, f"/kaart/{RATE}").text
    assert "Bij alle cijfers: voorlopig, zoals gepubliceerd." in newest
    assert table(newest)[0].keys() == {"place", "name", "figure"}


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
    assert re.findall(r'periode=(\w+)[^"]*" aria-current="page"', ask(portal, f"/kaart/{RATE}").text) == ["2025JJ00"]


@pytest.mark.parametrize(("extension", "comma"), [("csv", "."), ("nl.csv", ",")])
def test_everything_on_the_page_is_a_file(
    portal: Datasette, database: sqlite3.Connection, extension: str, comma: str
) -> None:
    page = ask(portal, f"/kaart/{RATE}?periode=2018JJ00").text
    link = re.search(rf'href="(/kaart/{RATE}\.{re.escape(extension)}\?[^"]+)"', page)
    assert link is not None
    answer = ask(portal, link[1].replace("&amp;", "&"))
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff") == (extension == "nl.csv")
    assert text.count("\r\n") == 343
    rows = rows_of_csv(portal, text)
    expected = {name: value for name, value, *_ in database.execute(FIGURES, (RATE, "2018JJ00"))}
    written = {row["name"]: row["value"] for row in rows}
    assert {name: float(value.replace(comma, ".")) if value else None for name, value in written.items()} == expected
    assert {row["period_code"] for row in rows} == {"2018JJ00"}
    assert all(row["release_id"] and row["unit"] and row["notice"] for row in rows)


def test_without_figures_of_municipalities_the_map_is_of_the_smallest_regions(portal: Datasette) -> None:
    page = ask(portal, f"/kaart/{NO_MUNICIPALITIES}").text
    assert len(shapes(page)) == 40 == len(table(page))
    assert "Alle COROP-gebieden" in page and ">Een tegel per gemeente<" not in page


def test_without_figures_of_regions_there_is_no_map_but_a_reason(portal: Datasette) -> None:
    answer = ask(portal, f"/kaart/{NO_MAP}")
    assert answer.status_code == 200
    assert "map-title" not in answer.text
    assert "Van deze indicator is er geen kaart" in answer.text and "Land" in answer.text
    assert ask(portal, f"/kaart/{NO_MAP}.csv").status_code == ask(portal, f"/kaart/{NO_MAP}.png").status_code == 404


LEVELS = [("corop", "corop", 40), ("arbeidsmarktregio", "labour_market_region", 35), ("provincie", "province", 12)]
LEVELS += [("landsdeel", "part_of_country", 4), ("proeftuin", "proeftuin", 6), ("samenwerking", "cooperation", 2)]


@pytest.mark.parametrize(("word", "scheme", "count"), LEVELS)
def test_every_kind_of_region_has_a_map_that_leads_to_its_figures(
    portal: Datasette, database: sqlite3.Connection, word: str, scheme: str, count: int
) -> None:
    page = ask(portal, f"/kaart/{RATE}?niveau={word}").text
    sql = """
    select r.name, o.value from regions as r
    left join observations_on_boundaries as o
        on o.region_code = r.region_code and o.indicator_id = ? and o.period_code = '2025JJ00'
    where r.scheme = ? and r.is_current
    """
    known = dict(database.execute(sql, (RATE, scheme)))
    shown = {text.rpartition(": ")[0]: text.rpartition(": ")[2] for _, text in shapes(page).values()}
    written = {n: "geen cijfer" if v is None else f"{v:.1f}".replace(".", ",") for n, v in known.items()}
    assert shown == written and len(shown) == count
    assert {row["name"] for row in table(page)} == known.keys()
    kind = page_url(profile_page(scheme), "nl", scheme=scheme, region="x").removesuffix("/x")
    links = re.findall(rf'<a href="({kind}/[a-z0-9-]+/[a-z0-9-]+)"', page)
    assert len(set(links)) == sum(value is not None for value in known.values())
    assert ask(portal, links[0]).status_code == 200
    assert (' class="land"' in page) == (scheme in ("proeftuin", "cooperation")), "land that is in none is drawn too"


def test_only_what_is_near_is_drawn_and_the_table_has_what_is_inside(portal: Datasette) -> None:
    whole, near = (ask(portal, f"/kaart/{RATE}?zoom={code}").text for code in ("", "PV23"))
    assert len(table(near)) == 25 and '<h2 id="table">Overijssel' in near
    ranks = {row["name"]: row["place"] for row in table(whole)}
    assert {row["name"]: row["place"] for row in table(near)}.items() <= ranks.items(), "places are among all"
    inside = {link for link, _ in shapes(near).items()}
    assert {"zwolle", "enschede", "apeldoorn"} <= inside and not {"maastricht", "texel"} & inside
    x, y, width, height = map(int, drawing(near).attrib["viewBox"].split())
    west, north, east, south = maps_of(portal).boxes["PV23"]
    assert x < west and y < north and x + width > east and y + height > south
    assert ask(portal, f"/kaart/{RATE}.csv?zoom=PV23").text.count("\r\n") == 26


@pytest.mark.parametrize("asked", ["zwolle", "Zwolle", "GM0193", "gm0193"])
def test_an_own_region_is_outlined_and_in_the_legend(portal: Datasette, asked: str) -> None:
    page = ask(portal, f"/kaart/{RATE}?regio={asked}").text
    svg, path = drawing(page), maps_of(portal).levels["municipality"].paths["GM0193"]
    assert [p.attrib["d"] for p in svg.findall(f"{SVG}g[@class='outlined']/{SVG}path")] == [path]
    figure = next(row["figure"] for row in table(page) if row["name"] == "Zwolle")
    legend = page[page.index('<ul class="legend"') : page.index("</ul>", page.index('<ul class="legend"'))]
    assert ">Zwolle</a>" in legend and f">{figure}<" in legend and "/gemeente/zwolle/" in legend
    assert page.count('<tr class="mine">') == 1
    assert "regio=zwolle" in page and 'value="Zwolle"' in page


def test_a_municipality_is_pointed_out_by_its_region_and_other_regions_as_they_are(portal: Datasette) -> None:
    maps = maps_of(portal)

    def outlined(asked: str) -> list[str]:
        found = drawing(ask(portal, f"/kaart/{RATE}?{asked}").text)
        return [p.attrib["d"] for p in found.findall(f"{SVG}g[@class='outlined']/{SVG}path")]

    assert outlined("niveau=provincie&regio=zwolle") == [maps.levels["province"].paths["PV23"]]
    assert outlined("niveau=provincie&regio=utrecht") == [maps.levels["province"].paths["PV26"]]
    assert outlined("regio=utrecht") == [maps.levels["municipality"].paths["GM0344"]]
    assert outlined("regio=overijssel") == [maps.levels["province"].paths["PV23"]]
    assert outlined("vorm=tegels&regio=zwolle") == [maps.tiles.paths["GM0193"]]
    assert outlined("vorm=tegels&regio=overijssel") == []


@pytest.mark.parametrize(("lang", "path"), [("nl", "/kaart"), ("en", "/en/map")])
def test_the_table_is_sorted_by_address_and_its_headings_are_the_ways_to_it(
    portal: Datasette, lang: str, path: str
) -> None:
    usual = ask(portal, f"{path}/{RATE}").text
    heads = re.findall(r'<th scope="col"[^>]*><a href="([^"]+)#table">', usual)
    assert len(heads) == 2 and re.findall(r' aria-sort="(\w+)"', usual) == ["descending"]
    by_name, low_first = (ask(portal, html.unescape(url)) for url in heads)
    names, values = [row["name"] for row in table(by_name.text)], [row["figure"] for row in table(low_first.text)]
    assert names == sorted(names, key=str.casefold) and len(names) == 342
    known = [value for value in values if value != NONE]
    assert known == [value for value in reversed([row["figure"] for row in table(usual)]) if value != NONE]
    # Those without a figure stay last.
    assert values[: len(known)] == known
    for page in (by_name.text, low_first.text):
        assert re.findall(r' aria-sort="(\w+)"', page) == ["ascending"] and drawing(page) is not None
    # The files have the order of the page, and the indicator leads to the list.
    file = html.unescape(re.findall(rf'href="({path}/{RATE}[.]csv[^"]+)"', by_name.text)[0])
    assert [row["name"] for row in csv.DictReader(io.StringIO(ask(portal, file).text))] == names
    about = ask(portal, f"{'/en' if lang == 'en' else ''}/indicator/{RATE}").text
    assert f'href="{path}/{RATE}#table"' in about
    unknown = ask(portal, f"{path}/{RATE}?{'order' if lang == 'en' else 'volgorde'}=up")
    assert unknown.status_code == 400 and "=up" in unknown.text


def test_periods_are_links_that_keep_the_rest(portal: Datasette) -> None:
    page = ask(portal, f"/kaart/{NO_MUNICIPALITIES}?niveau=provincie&regio=zeeland&klassen=gelijk").text
    links = re.findall(rf'<li><a href="(/kaart/{NO_MUNICIPALITIES}\?[^"]+)"( aria-current="page")?>', page)
    assert len(links) > 30 and [bool(mark) for _, mark in links].count(True) == 1
    folded = '<details class="earlier"'
    assert folded in page and page.index(links[11][0]) < page.index(folded) < page.index(links[12][0])
    last = html.unescape(links[-1][0])
    assert last.endswith("&vorm=grenzen&klassen=gelijk&regio=zeeland") and "niveau=provincie&periode=" in last
    there = ask(portal, last)
    assert there.status_code == 200 and '<tr class="mine">' in there.text


@pytest.mark.parametrize(("indicator", "middle"), [(GROWTH, 0.0), (QUOTIENT, 1.0)])
@pytest.mark.parametrize("classes", ["quantiles", "equal", "natural"])
def test_figures_on_both_sides_of_something_have_colours_of_two_kinds(
    portal: Datasette, database: sqlite3.Connection, indicator: str, middle: float, classes: str
) -> None:
    sql = "select o.period_code from observations_on_boundaries as o join regions using (region_code)"
    sql += " where o.indicator_id = ? and scheme = 'municipality' and o.value is not null"
    sql += " group by 1 having min(o.value) < ? - 0.1 and max(o.value) > ? + 0.1 order by 1 desc limit 1"
    (period,) = database.execute(sql, (indicator, middle, middle)).fetchone()
    page = ask(portal, f"/en/map/{indicator}?period={period}&classes={classes}").text
    assert f"Colours diverge from {middle:.0f}" in page
    for style, text in shapes(page).values():
        if style != "s0":
            assert (style in ("d4", "d5", "d6")) == (float(text.rpartition(": ")[2]) >= middle), text


@pytest.mark.parametrize(
    "asked",
    [
        *("periode=1999JJ00", "vorm=bol", "klassen=%3Cscript%3E", "niveau=wijk", "zoom=PV99", "zoom=GM0193"),
        *("regio=nergens", "regio=%3Cscript%3E", "niveau=provincie&vorm=tegels"),
    ],
)
def test_what_is_not_there_is_said_and_not_passed_over(portal: Datasette, asked: str) -> None:
    page = ask(portal, f"/kaart/{RATE}?{asked}")
    assert page.status_code == 400
    assert 'role="alert"' in page.text and not runs_script(page.text)
    assert ask(portal, f"/kaart/{RATE}.csv?{asked}").status_code == 400
    assert ask(portal, f"/kaart/{RATE}.svg?{asked}").status_code == 400


@pytest.mark.parametrize("path", ["/kaart/nope", "/en/map/nope", "/kaart/nope.csv", "/en/map/nope.nl.csv"])
def test_an_unknown_indicator_is_not_found(portal: Datasette, path: str) -> None:
    assert ask(portal, path).status_code == 404


def without_borders(release: Path, folder: Path) -> Path:
    """A copy of a release whose boundaries were not complete."""
    copy = folder / "release"
    shutil.copytree(release, copy, ignore=shutil.ignore_patterns("tables"))
    drawn = json.loads((copy / MAPS_FILE).read_text(encoding="utf-8"))
    text = json.dumps({"boundary_year": drawn["boundary_year"], "levels": {}})
    (copy / MAPS_FILE).write_text(text, encoding="utf-8")
    return copy


def test_without_the_borders_of_the_year_there_are_tiles_and_a_reason(sample_release: Path, tmp_path: Path) -> None:
    portal = open_portal(without_borders(sample_release, tmp_path))
    page = ask(portal, f"/kaart/{RATE}").text
    assert '<svg class="tiles"' in page and len(shapes(page)) == 342
    assert "De grenzen van 2026 zijn niet in deze release" in page
    assert ask(portal, f"/kaart/{RATE}?vorm=grenzen").status_code == 400
    assert ask(portal, f"/kaart/{RATE}?niveau=provincie").status_code == 400
    assert "Van deze indicator is er geen kaart" in ask(portal, f"/kaart/{NO_MUNICIPALITIES}").text


@pytest.mark.parametrize(
    ("change", "is_drawn"),
    [
        ("delete from region_boundaries where boundary_year < 2026", True),
        ("delete from region_boundaries", False),
        ("delete from region_boundaries where boundary_year = 2026 and region_code = 'GM0363'", False),
    ],
)
def test_a_release_has_maps_of_borders_that_are_complete(
    sample_release: Path, tmp_path: Path, change: str, is_drawn: bool
) -> None:
    with duckdb.connect() as con:
        for name in ("region_boundaries", "regions", "region_membership", "sources", "observations_on_boundaries"):
            con.execute(f"create table {name} as from '{sample_release / 'tables' / name}.parquet'")
        con.execute(change)
        write_maps(con, tmp_path)
    made = json.loads((tmp_path / MAPS_FILE).read_text(encoding="utf-8"))
    assert bool(made["levels"]) == is_drawn and made["boundary_year"] == 2026
    if is_drawn:
        assert (tmp_path / MAPS_FILE).read_bytes() == (sample_release / MAPS_FILE).read_bytes()


def test_borders_of_a_sample_say_that_they_are_real(portal: Datasette) -> None:
    page = ask(portal, f"/kaart/{RATE}").text
    assert "Echte grenzen van 2026; die van oudere jaren en de cijfers zijn verzonnen." in page
    assert "Real boundaries of 2026; those of older years and" in ask(portal, f"/en/map/{RATE}").text
    assert "Echte grenzen van 2026" not in ask(portal, f"/kaart/{RATE}?vorm=tegels").text


@pytest.mark.parametrize("query", ["", "?niveau=provincie&regio=zwolle", "?vorm=tegels", "?zoom=PV29&regio=goes"])
def test_a_picture_stands_alone(portal: Datasette, query: str) -> None:
    answer = ask(portal, f"/kaart/{RATE}.svg{query}")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/svg+xml")
    svg = ElementTree.fromstring(answer.text)
    words = " ".join(svg.itertext())
    release = context_of(portal)
    about = release.registry.indicators[RATE]
    for said in (about["title_nl"], about["unit_nl"], "Bron: CBS", "CC BY 4.0", release.release_id, f"/kaart/{RATE}"):
        assert said in words, said
    assert dict(release.notice_parts)["nl"] in words
    assert ("CBS en Kadaster" in words) == ("tegels" not in query)
    drawn = svg.findall(f".//{SVG}g[@class='shapes']//{SVG}path")
    assert (
        len(drawn) == {"": 342, "?vorm=tegels": 342, "?niveau=provincie&regio=zwolle": 12}.get(query, len(drawn)) > 10
    )
    assert ("Overijssel" in words) == ("zwolle" in query) and (" Goes " in f" {words} ") == ("goes" in query)
    assert "<script" not in answer.text and "href" not in answer.text and "var(" not in answer.text


def test_a_picture_as_png_is_the_picture(portal: Datasette) -> None:
    answer = ask(portal, f"/kaart/{RATE}.png?niveau=corop")
    assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    found = {colour for _, colour in image.getcolors(1 << 24) or []}
    fills = [colour[1:] for name, colour in map_colours("light").items() if name.startswith("s")]
    assert len(fills) == 5 and {tuple(bytes.fromhex(fill)) for fill in fills} <= found
    again = ask(portal, f"/kaart/{RATE}.png?niveau=corop", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    page = ask(portal, f"/kaart/{RATE}?niveau=corop").text
    shared = re.search(r'property="og:image" content="([^"]+)"', page)
    assert shared is not None and f"/kaart/{RATE}.png?niveau=corop" in shared[1]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def map_colours(scheme: str) -> dict[str, str]:
    """The colour of each class, and of what is drawn around and over them, on a light or a dark screen."""
    page, style = (
        (PORTAL / "static" / f"{name}.css").read_text(encoding="utf-8") for name in ("portal", "map_colours")
    )
    blocks = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    named = dict(re.findall(r"(--[\w-]+): (#\w+);", blocks[0 if scheme == "light" else 1]))
    known = {
        name: colour if len(colour) > 4 else "#" + "".join(c * 2 for c in colour[1:]) for name, colour in named.items()
    }
    classes = {name: known[colour] for name, colour in re.findall(r"\.([sd]\d) \{ fill: var\((--[\w-]+)\)", style)}
    drawn = {
        name: known[colour]
        for name, colour in re.findall(r"\.(halo|outlined) path \{[^}]*stroke: var\((--\w+)\)", style)
    }
    return {**classes, **drawn, "paper": known["--paper"]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_classes_can_be_told_apart_without_seeing_hues(scheme: str) -> None:
    colours = map_colours(scheme)
    assert colours.keys() > {f"s{n}" for n in range(1, 6)} | {f"d{n}" for n in range(1, 7)}
    palettes = [[colours[f"s{n}"] for n in range(1, 6)], [colours[f"d{n}"] for n in (3, 2, 1)]]
    palettes += [[colours[f"d{n}"] for n in (4, 5, 6)]]
    for palette in palettes:
        steps = [luminance(fill) for fill in palette]
        # What is high, or far from the middle, is furthest from the colour of the page.
        assert steps == sorted(steps, reverse=scheme == "light")
        assert all(contrast(one, next_one) >= 1.35 for one, next_one in pairwise(palette))
        assert contrast(palette[0], colours["paper"]) >= 1.2, "land is not sea"
    # What is drawn over the colours is seen on each of them: beside it is the colour of the page.
    assert contrast(colours["outlined"], colours["paper"]) >= 4.5
    assert colours["halo"] == colours["paper"]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_map_and_its_files_name_all_their_sources_and_licences(
    portal: Datasette, database: sqlite3.Connection, lang: str
) -> None:
    made_of = """
    select i.indicator_id, s.attribution, s.licence from indicators as i
    left join indicator_sources as o using (indicator_id) left join sources as s on o.dataset_id = s.dataset_id
    where i.lowest_level in ('municipality', 'labour_market_region', 'corop', 'province')
    """
    sources: dict[str, set[tuple[str, str]]] = {}
    borders = ("Bron: CBS en Kadaster, via PDOK", "CC BY 4.0")
    for indicator, attribution, licence in database.execute(made_of):
        assert attribution and licence, f"{indicator} has no source"
        sources.setdefault(indicator, set()).add((attribution, licence))
    assert len(sources) > 100
    prefix = "/kaart" if lang == "nl" else "/en/map"
    for indicator, named in sources.items():
        page = html.unescape(ask(portal, f"{prefix}/{indicator}").text)
        (row, *_) = csv.DictReader(io.StringIO(ask(portal, f"{prefix}/{indicator}.csv").text))
        picture = html.unescape(ask(portal, f"{prefix}/{indicator}.svg").text)
        for attribution, licence in {*named, borders}:
            assert f">{attribution}</span>" in page and f">{licence}</a>" in page, indicator
            told = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", picture))
            assert attribution in told and licence in told, indicator
        for attribution, licence in named:
            assert attribution in row["attribution"] and licence in row["licence"], indicator
