"""What programs look for: catalogue, structured data, sitemap, robots.txt, feed, and the plugins that come along."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import duckdb
import pytest
from conftest import Run
from datasette.app import Datasette
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF
from support import PUBLIC_TABLES, SHARED
from support_portal import ask, release_of

from pipelines.publish.catalogue import write_catalogue
from pipelines.publish.manifest import public_tables
from pipelines.publish.metadata import contact_of
from pipelines.publish.release import describe_files, offered
from pipelines.settings import PROJECT
from portal.feed import tell_changes, write_feed
from portal.pages import PATHS, page_url, routes
from portal.programme import GROUPS
from portal.structured_data import as_block

CHECK_DCAT = SHARED / "validators" / "check_dcat.py"
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MACHINE_READABLE = ["/catalogue.ttl", "/catalogue.jsonld", "/sitemap.xml", "/robots.txt", "/atom.xml"]
needs_shapes = pytest.mark.skipif(
    not CHECK_DCAT.exists(), reason="../shared/validators is absent: it has the shapes of DCAT-AP-NL"
)


@pytest.fixture(scope="module")
def graph(sample_release: Path) -> Graph:
    return Graph().parse(sample_release / "catalogue.ttl")


def check_dcat(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECK_DCAT), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_shapes
@pytest.mark.parametrize("name", ["catalogue.ttl", "catalogue.jsonld"])
def test_the_catalogue_keeps_dcat_ap_nl(sample_release: Path, name: str) -> None:
    checked = check_dcat(sample_release / name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_shapes
@pytest.mark.parametrize("left_out", [DCTERMS.creator, DCTERMS.license, DCTERMS.identifier, DCTERMS.title, DCAT.theme])
def test_a_catalogue_that_leaves_something_out_is_refused(graph: Graph, tmp_path: Path, left_out: URIRef) -> None:
    poorer = Graph()
    for triple in graph:
        if triple[1] != left_out:
            poorer.add(triple)
    poorer.serialize(tmp_path / "poorer.ttl", format="turtle")
    checked = check_dcat(tmp_path / "poorer.ttl")
    assert checked.returncode == 1 and str(left_out) in checked.stdout, checked.stdout


def test_both_forms_of_the_catalogue_say_the_same(graph: Graph, sample_release: Path) -> None:
    assert set(Graph().parse(sample_release / "catalogue.jsonld", format="json-ld")) == set(graph)


def test_every_public_table_is_a_dataset_with_its_files(graph: Graph, sample_release: Path) -> None:
    datasets = set(graph.subjects(RDF.type, DCAT.Dataset))
    assert {str(d).rsplit("/", 1)[-1].removesuffix("#dataset") for d in datasets} == PUBLIC_TABLES
    files = json.loads((sample_release / "release.json").read_text(encoding="utf-8"))["files"]
    checksum = URIRef("http://spdx.org/rdf/terms#checksum")
    value = URIRef("http://spdx.org/rdf/terms#checksumValue")
    told = set()
    for distribution in graph.subjects(RDF.type, DCAT.Distribution):
        address = graph.value(distribution, DCAT.downloadURL)
        if address is None:
            continue
        name = str(address).rsplit("/", 1)[-1]
        file = files[name] if name in files else offered(files, f"tables/{name}")
        digest = graph.value(graph.value(distribution, checksum), value)
        told.add((name, int(str(graph.value(distribution, DCAT.byteSize))), digest.value.hex()))
        assert (file["bytes"], file["sha256"]) == next((b, s) for n, b, s in told if n == name)
    assert {name for name, _, _ in told} == {
        "regiokompas.db",
        *(f"{table}.{extension}" for table in PUBLIC_TABLES for extension in ("csv", "nl.csv", "parquet")),
    }


def test_the_catalogue_takes_its_times_and_years_from_the_release(graph: Graph, sample_release: Path) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        landed = db.execute("select newest_landed_at from release").fetchone()[0]
        years = db.execute("select min(year), max(year) from observations").fetchone()
    moments = {str(m) for p in (DCTERMS.modified, DCTERMS.issued) for m in graph.objects(None, p)}
    assert moments == {landed}
    dataset = next(d for d in graph.subjects(RDF.type, DCAT.Dataset) if str(d).endswith("/observations#dataset"))
    period = graph.value(dataset, DCTERMS.temporal)
    edges = [str(graph.value(period, p))[:4] for p in (DCAT.startDate, DCAT.endDate)]
    assert edges == [str(year) for year in years]


def test_the_same_release_gives_the_same_catalogue_at_any_address_that_is_set(sample_run: Run, tmp_path: Path) -> None:
    code = (
        "import sys, json, duckdb; from pathlib import Path; from pipelines.publish.manifest import public_tables;"
        "from pipelines.publish.catalogue import write_catalogue; data, folder, url = sys.argv[1:];"
        "from pipelines.publish.metadata import contact_of; from pipelines.publish.release import describe_files;"
        "con = duckdb.connect(f'{data}/build/regiokompas.duckdb', read_only=True);"
        "facts = con.sql('select * from release').pl().row(0, named=True);"
        "tables = public_tables(Path(data) / 'build/dbt/manifest.json');"
        "write_catalogue(con, tables, facts, Path(folder), contact_of(url, ''), describe_files(Path(folder)))"
    )
    made = []
    # Python orders its sets by this seed, and rdflib writes from sets.
    for seed, url in (("1", "https://regiokompas.example"), ("2", "https://cijfers.example/")):
        folder = tmp_path / seed
        shutil.copytree(sample_run.release, folder, copy_function=os.link)
        for name in ("catalogue.ttl", "catalogue.jsonld"):
            (folder / name).unlink()
        subprocess.run(
            [sys.executable, "-c", code, str(sample_run.data), str(folder), url],
            check=True,
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT)},
        )
        made.append([(folder / n).read_text(encoding="utf-8") for n in ("catalogue.ttl", "catalogue.jsonld")])
    published = [(sample_run.release / n).read_text(encoding="utf-8") for n in ("catalogue.ttl", "catalogue.jsonld")]
    assert made[0] == published
    assert "https://cijfers.example/regiokompas/observations" in made[1][0] and "regiokompas.example" not in made[1][0]


@pytest.mark.parametrize("path", MACHINE_READABLE)
def test_files_for_programs_are_open_to_other_sites_and_not_sent_twice(portal: Datasette, path: str) -> None:
    answer = ask(portal, path)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    again = ask(portal, path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and again.text == ""


def test_the_catalogue_is_served_as_it_was_made(portal: Datasette, sample_release: Path) -> None:
    for name, kind in (("catalogue.ttl", "text/turtle"), ("catalogue.jsonld", "application/ld+json")):
        answer = ask(portal, f"/{name}")
        assert answer.content == (sample_release / name).read_bytes()
        assert answer.headers["content-type"].startswith(kind)
    assert ask(portal, "/catalogue.xml").status_code == 404


def test_a_table_is_told_to_search_engines(portal: Datasette, sample_release: Path) -> None:
    page = ask(portal, "/regiokompas/observations").text
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    told = json.loads(block)
    about = json.loads((sample_release / "metadata.json").read_text(encoding="utf-8"))
    about = about["databases"]["regiokompas"]["tables"]["observations"]
    assert told["@type"] == "Dataset" and told["name"] == about["title"]
    assert about["description_nl"] in told["description"] and "Invented sample figures" in told["description"]
    assert [v["name"] for v in told["variableMeasured"]] == list(about["columns"])
    for file in told["distribution"]:
        path = re.sub(r"^https?://[^/]+", "", file["contentUrl"])
        answer = ask(portal, path)
        assert answer.status_code == 200 and f"{len(answer.content)} B" == file["contentSize"]


def test_no_text_can_close_the_block_that_it_stands_in() -> None:
    text = "</script><script>alert(1)</script> & <!--"
    block = as_block({"name": text})
    assert "<" not in block and json.loads(block)["name"] == text


@pytest.fixture(scope="module")
def sitemap(portal: Datasette) -> ET.Element:
    return ET.fromstring(ask(portal, "/sitemap.xml").content)


def labour_pages(slug: str) -> list[str]:
    return [f"/arbeidsmarkt/{slug}", f"/en/labour-market/{slug}"]


def paths(sitemap: ET.Element) -> list[str]:
    return [re.sub(r"^https?://[^/]+", "", str(loc.text)) for loc in sitemap.findall("s:url/s:loc", NAMES)]


def test_the_sitemap_has_every_current_region_indicator_and_table(
    portal: Datasette, sitemap: ET.Element, sample_release: Path
) -> None:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        regions = db.execute("select scheme, region_code from regions where is_current = 1").fetchall()
        # The page of a region across the border is another than that of its kind.
        regions = [row for row in regions if row[0] != "eurometropool"]
        indicators = [row[0] for row in db.execute("select indicator_id from indicators")]
        markets = [row[0] for row in db.execute("select distinct region_code from labour_tension")]
    listed = paths(sitemap)
    assert len(listed) == len(set(listed)) < 50_000
    wanted = {"/", "/en", *(f"/regiokompas/{table}" for table in PUBLIC_TABLES)}
    release = release_of(portal)
    wanted |= {release.region_url(code, lang) for _, code in regions for lang in ("nl", "en")}
    wanted |= {path for i in indicators for path in (f"/indicator/{i}", f"/en/indicator/{i}")}
    wanted |= {path for code in markets for path in labour_pages(release.slugs.regions[code])}
    for lang in ("nl", "en"):
        wanted |= {
            page_url("municipality_similar", lang, region="zwolle"),
            page_url("municipality_brief", lang, region="zwolle"),
            page_url("region_brief", lang, scheme="province", region="overijssel"),
        }
    wanted |= {"/gemeente/zwolle/thema/menselijk-kapitaal", "/en/region/corop/zuidwest-gelderland/theme/human-capital"}
    wanted |= {path for page in ("compare", "own_region", "indicators", "sources") for path in PATHS[page].values()}
    wanted |= {"/grens/eurometropool", "/en/border/eurometropool", "/samenwerking", "/en/cooperation/regio-zwolle"}
    assert "/regio/eurometropool/eurometropool-lille-kortrijk-tournai" not in listed
    assert wanted <= set(listed)
    assert "/gemeente/utrecht" in listed and not [path for path in listed if "?" in path]


# They lead to another page, have files only, or are for other sites to show.
NOT_LISTED = {"maps", "borders", "labour_moves", "embed", "municipality_embed"}


def test_every_kind_of_page_is_in_a_sitemap(portal: Datasette, sitemap: ET.Element) -> None:
    """As the routes have the kinds, in both languages; and every group that there is a programme page of."""
    themes = re.findall(r"/(sitemap-[a-z_]+\.xml)", ask(portal, "/robots.txt").text)
    listed = paths(sitemap)
    for theme in themes:
        listed += paths(ET.fromstring(ask(portal, f"/{theme}").content))
    patterns = {
        (kind, lang): re.compile(pattern)
        for kind, addresses in PATHS.items()
        for lang, (pattern, _) in zip(addresses, routes(kind, None), strict=True)
    }
    found = {kind: next((path for path in listed if pattern.match(path)), None) for kind, pattern in patterns.items()}
    missing = {kind for (kind, _), path in found.items() if path is None}
    assert missing == NOT_LISTED
    for path in filter(None, found.values()):
        assert ask(portal, path).status_code == 200, path
    for group in GROUPS:
        assert {page_url("programme", lang, group=group) for lang in ("nl", "en")} <= set(listed)


def test_every_map_and_page_of_the_documentation_that_is_listed_shows_something(
    portal: Datasette, sitemap: ET.Element
) -> None:
    listed = set(paths(sitemap))
    maps = {path.rpartition("/")[2] for path in listed if path.startswith("/kaart/")}
    assert maps == set(release_of(portal).maps.shown_at)
    docs = re.findall(r'href="(/en/docs/[a-z-]+)"', ask(portal, "/en/docs").text)
    assert docs and set(docs) <= listed


def test_every_figure_is_in_the_sitemap_of_its_theme(portal: Datasette, sample_release: Path) -> None:
    robots = ask(portal, "/robots.txt").text
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        figures = db.execute(
            "select count(distinct indicator_id || ' ' || region_code) from observations_on_boundaries"
            " where value is not null and is_over"
        ).fetchone()[0]
        themes = [row[0] for row in db.execute("select theme from themes")]
    found = set()
    for theme in themes:
        assert f"/sitemap-{theme}.xml" in robots
        listed = paths(ET.fromstring(ask(portal, f"/sitemap-{theme}.xml").content))
        assert 1000 < len(listed) < 50_000
        found |= set(listed)
    assert len(found) == 2 * figures and "/gemeente/zwolle/banen" in found
    assert ask(portal, "/sitemap-nothing.xml").status_code == 404
    for path in sorted(found)[::4999]:
        assert ask(portal, path).status_code == 200, path


def test_a_page_and_its_twin_name_each_other(sitemap: ET.Element) -> None:
    twins = {}
    for url in sitemap.findall("s:url", NAMES):
        links = {link.get("hreflang"): link.get("href") for link in url.findall("x:link", NAMES)}
        if links:
            twins[url.findtext("s:loc", namespaces=NAMES)] = links
    assert all(set(links) == {"nl", "en"} and page in links.values() for page, links in twins.items())
    assert all(twins[twin] == links for links in twins.values() for twin in links.values())


# The kinds of page that are there; whoever adds a kind adds one of its addresses.
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/en",
        "/gemeente/zwolle",
        "/en/region/corop/groot-amsterdam",
        "/gemeente/zwolle/thema/vitale-binnensteden",
        "/en/region/province/overijssel/theme/regional-economy",
        "/gemeente/zwolle/vergelijkbaar",
        "/en/municipality/zwolle/brief",
        "/regio/arbeidsmarktregio/groningen/kort",
        "/gemeente/zwolle/nulmeting",
        "/vergelijk",
        "/en/own-region",
        "/kaart/jobs_count",
        "/en/indicator/jobs_count",
        "/bronnen",
        "/en/changes",
        "/gegevens",
        "/regiokompas/regions",
    ],
)
def test_pages_of_the_sitemap_are_there(portal: Datasette, sitemap: ET.Element, path: str) -> None:
    assert path in paths(sitemap)
    assert ask(portal, path).status_code == 200


def test_crawlers_stay_off_query_strings(portal: Datasette) -> None:
    text = ask(portal, "/robots.txt").text
    rules = [tuple(line.split(": ", 1)) for line in text.splitlines() if ": " in line]

    def allowed(path: str) -> bool:
        """The longest rule that fits decides, as RFC 9309 has it."""
        fits = [
            (len(rule), kind == "Allow")
            for kind, rule in rules
            if kind in ("Allow", "Disallow") and re.match(re.escape(rule).replace(r"\*", ".*"), path)
        ]
        return max(fits, default=(0, True))[1]

    for path in (
        "/",
        "/gemeente/zwolle",
        "/static/portal.css?1a2b",
        "/-/static/app.css?1a2b",
        "/downloads/regions.csv",
    ):
        assert allowed(path), path
    for path in ("/?q=zwolle", "/regiokompas?sql=select+1", "/regiokompas/observations?_next=2", "/-/search"):
        assert not allowed(path), path
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    assert parser.site_maps() and parser.site_maps()[0].endswith("/sitemap.xml")


def test_the_feed_has_the_release(portal: Datasette, sample_release: Path) -> None:
    feed = ET.fromstring(ask(portal, "/atom.xml").content)
    for element in (feed, *feed.findall("a:entry", ATOM)):
        for needed in ("id", "title", "updated"):
            assert element.findtext(f"a:{needed}", namespaces=ATOM), needed
        assert element.find("a:link", ATOM) is not None
    assert feed.findtext("a:entry/a:title", namespaces=ATOM) == f"Release {sample_release.resolve().name}"


def test_every_entry_of_the_feed_says_that_its_figures_are_invented(portal: Datasette) -> None:
    feed = ET.fromstring(ask(portal, "/atom.xml").content)
    summaries = [entry.findtext("a:summary", "", ATOM) for entry in feed.findall("a:entry", ATOM)]
    assert summaries and all("Invented sample figures" in text for text in summaries)
    assert "Invented sample figures" in (feed.findtext("a:subtitle", "", ATOM))
    published = ET.fromstring(write_feed("https://example.test", "Releases", "2026-11-02-1", []))
    assert published.find("a:subtitle", ATOM) is None and "Invented" not in ET.tostring(published, "unicode")


def test_the_feed_tells_what_each_release_changed() -> None:
    changes: list[dict[str, Any]] = [
        {
            "older": "2026-10-01-aaaaaaaa",
            "newer": "2026-11-02-bbbbbbbb",
            "figures": [
                {"indicator_id": "jobs_count", "boundary_year": None, "change": "value_changed", "figures": 3},
                {"indicator_id": "jobs_count", "boundary_year": 2026, "change": "value_changed", "figures": 4},
                {"indicator_id": "jobs_count", "boundary_year": None, "change": "removed", "figures": 1},
            ],
        }
    ]
    feed = ET.fromstring(write_feed("https://x.example", "Releases", "2026-11-02-bbbbbbbb", changes))
    entries = feed.findall("a:entry", ATOM)
    assert [e.findtext("a:updated", namespaces=ATOM) for e in entries] == [
        "2026-11-02T00:00:00Z",
        "2026-10-01T00:00:00Z",
    ]
    summary = str(entries[0].findtext("a:summary", namespaces=ATOM))
    assert "7 cijfers kregen een andere waarde" in summary and "1 figures were removed" in summary
    assert "added" not in summary
    assert "No figure changed" in tell_changes({**changes[0], "figures": []})


@pytest.fixture(scope="module")
def searchable(sample_release: Path) -> Iterator[dict[str, list[str]]]:
    with closing(sqlite3.connect(sample_release / "regiokompas.db")) as db:
        names = [row[0] for row in db.execute("select name from sqlite_master where sql like '%using fts5%'")]
        yield {
            name: [row[1] for row in db.execute(f'pragma table_xinfo("{name.removesuffix("_fts")}")')] for name in names
        }


def test_the_search_page_looks_in_every_table_with_full_text_and_in_no_boundaries(
    portal: Datasette, searchable: dict[str, list[str]]
) -> None:
    page = ask(portal, "/-/search", params={"q": "zwolle"})
    assert page.status_code == 200
    found = set(re.findall(r'data-table="([^"]+)"', page.text))
    assert found == {name.removesuffix("_fts") for name in searchable}
    assert not [column for columns in searchable.values() for column in columns if "geometry" in column]
    assert ask(portal, "/-/versions").status_code == 404


def test_rows_can_be_copied_as_markdown(portal: Datasette) -> None:
    path = "/regiokompas/regions.copyable?region_code=GM0193&_col=name&_table_format=github&_raw=1"
    assert "Zwolle" in ask(portal, path).text and "|--" in ask(portal, path).text.replace("| --", "|--")


def test_long_answers_are_sent_small(portal: Datasette) -> None:
    answer = ask(portal, "/regiokompas/regions.json?_size=500", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "path", ["/regiokompas.db", "/downloads/observations.parquet", "/gemeente/zwolle.zip", "/gemeente/zwolle.xlsx"]
)
def test_files_that_compressing_does_not_help_are_sent_as_they_are(portal: Datasette, path: str) -> None:
    method = "HEAD" if path.endswith(".db") else "GET"
    answer = ask(portal, path, method, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200 and "content-encoding" not in answer.headers


def test_the_catalogue_needs_every_file(sample_run: Run, tmp_path: Path) -> None:
    tables = public_tables(sample_run.data / "build" / "dbt" / "manifest.json")
    with duckdb.connect(str(sample_run.data / "build" / "regiokompas.duckdb"), read_only=True) as con:
        facts = con.sql("select * from release").pl().row(0, named=True)
        with pytest.raises(KeyError):
            write_catalogue(
                con, tables, facts, tmp_path, contact_of("https://regiokompas.example", ""), describe_files(tmp_path)
            )
