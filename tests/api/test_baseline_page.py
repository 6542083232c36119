"""The baseline of an economic plan: five building blocks, the targets of a plan, and what is missing."""

import re
import sqlite3
from html import unescape
from pathlib import Path

import pytest
import yaml
from datasette.app import Datasette
from support_portal import ask, fetch, open_portal
from support_releases import with_other_words

from pipelines.settings import PORTAL
from portal.formats import format_number

# A region of each kind, with its code.
REGIONS = {
    "GM0193": {"nl": "/gemeente/zwolle/nulmeting", "en": "/en/municipality/zwolle/baseline"},
    "GM0088": {"nl": "/gemeente/schiermonnikoog/nulmeting", "en": "/en/municipality/schiermonnikoog/baseline"},
    "PV23": {"nl": "/regio/provincie/overijssel/nulmeting", "en": "/en/region/province/overijssel/baseline"},
    "NL01": {"nl": "/regio/land/nederland/nulmeting", "en": "/en/region/country/nederland/baseline"},
}
ZWOLLE = REGIONS["GM0193"]
PLAN = """
insert into plan_monitor (region_code, indicator_id, title_nl, title_en, base_period, base_value, target_value,
    target_year, period_code, value, value_status, boundary_method, planned_value, distance_to_target, progress)
values ('GM0193', 'shop_vacancy_share_pct', 'Minder lege winkels', 'Fewer empty shops', '2020JJ00', 6.4, 4, 2030,
    '2024JJ00', 5.25, 'final', 'published', 5.4, -1.25, 'on_path')
"""


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def sections(page: str) -> dict[str, str]:
    """The parts of the page by their headings."""
    found = {}
    for part in re.findall(r"<section.*?</section>", page, re.DOTALL):
        heading = re.search(r"<h2[^>]*>(.*?)</h2>", part, re.DOTALL)
        assert heading
        found[plain(heading[1])] = part
    return found


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("code", REGIONS)
def test_every_figure_is_in_its_building_block(
    portal: Datasette, database: sqlite3.Connection, code: str, lang: str
) -> None:
    parts = sections(fetch(portal, REGIONS[code][lang]).text)
    seen = 0
    for block in database.execute("select * from building_blocks order by building_block"):
        part = parts[f"{block['building_block']}. {block[f'title_{lang}']}"]
        shown = {}
        for row in re.findall(r'<th scope="row">(.*?)</tr>', part, re.DOTALL):
            title, _, rest = row.partition("</th>")
            shown[plain(title)] = plain(rest)
        rows = database.execute(
            "select i.*, b.value, b.building_block from baseline as b join indicators as i using (indicator_id) "
            "where b.region_code = ? and b.building_block = ? and b.gap is null",
            [code, block["building_block"]],
        ).fetchall()
        assert shown.keys() == {" ".join(row[f"title_{lang}"].split()) for row in rows}
        for row in rows:
            written = format_number(row["value"], row["decimals"], lang)
            assert f" {shown[' '.join(row[f'title_{lang}'].split())]}".startswith(f" {written}")
        seen += len(rows)
    assert seen > 80


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("code", REGIONS)
def test_what_is_missing_is_in_one_part_with_its_reason_and_block(
    portal: Datasette, database: sqlite3.Connection, code: str, lang: str
) -> None:
    texts = yaml.safe_load((PORTAL / "texts" / "profile.yml").read_text(encoding="utf-8"))
    part = sections(fetch(portal, REGIONS[code][lang]).text)[texts["profile"]["gaps"][lang]]
    blocks = {row["building_block"]: row[f"title_{lang}"] for row in database.execute("select * from building_blocks")}
    found, reason = set(), ""
    for piece in re.findall(r"<h3>.*?</h3>|<dt>.*?</dd>", part, re.DOTALL):
        if piece.startswith("<h3>"):
            reason = plain(piece)
            continue
        block, _, names = piece.partition("</dt>")
        found |= {(reason, plain(block), plain(name)) for name in re.findall(r"<a [^>]*>(.*?)</a>", names)}
    rows = database.execute(
        "select i.*, b.gap from baseline as b join indicators as i using (indicator_id) "
        "where b.region_code = ? and b.gap is not null",
        [code],
    ).fetchall()
    assert found == {
        (
            texts["gaps"][row["gap"]][lang],
            f"{row['building_block']}. {blocks[row['building_block']]}",
            " ".join(row[f"title_{lang}"].split()),
        )
        for row in rows
    }
    assert len(rows) > 10


def test_the_group_beside_it_is_the_one_that_was_asked_for(portal: Datasette) -> None:
    own, g40 = (fetch(portal, f"{ZWOLLE['nl']}{query}").text for query in ("", "?group=g40"))
    assert '<option value="g40" selected>' in g40 and '<option value="g40">' in own
    assert plain(own).count("mediaan") > 30 and plain(own) != plain(g40)
    unknown = ask(portal, f"{ZWOLLE['en']}?group=nothing").text
    assert "is not compared in the group “nothing”" in plain(unknown)


def test_the_country_is_not_given_a_place_among_countries(portal: Datasette) -> None:
    assert "gelijk bij alle" not in plain(fetch(portal, REGIONS["NL01"]["nl"]).text)


def test_the_targets_of_a_plan_are_there_if_there_is_one(
    portal: Datasette, sample_release: Path, tmp_path: Path
) -> None:
    assert "Het eigen plan" not in sections(fetch(portal, ZWOLLE["nl"]).text)
    planned = open_portal(with_other_words(sample_release, tmp_path / sample_release.resolve().name, PLAN))
    part = plain(sections(fetch(planned, ZWOLLE["nl"]).text)["Het eigen plan"])
    # The value is half way between two that can be written, and goes up.
    for words in ("Minder lege winkels", "4,0 % van de winkels in 2030", "6,4 2020", "5,3 2024", "op schema", "1,3"):
        assert words in part
    assert "Fewer empty shops" in sections(fetch(planned, ZWOLLE["en"]).text)["The region's own plan"]


def test_the_file_that_the_page_names_has_the_same_figures(portal: Datasette, database: sqlite3.Connection) -> None:
    for code, paths in REGIONS.items():
        (path,) = re.findall(
            r'href="(/regiokompas/baseline_by_building_block\.csv[^"]*)"', fetch(portal, paths["nl"]).text
        )
        rows = fetch(portal, path).text.strip().splitlines()[1:]
        (count,) = database.execute("select count(*) from baseline where region_code = ?", [code]).fetchone()
        assert len(rows) == count
