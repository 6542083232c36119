"""No text of a chart lies outside its drawing: on every kind of page, of every indicator, of every region."""

import pytest
from datasette.app import Datasette
from support_charts import charts_in, outside
from support_page_kinds import READ_CHARTS, address_of, kinds
from support_portal import ask, release_of

from portal.pages import MUNICIPALITY, page_url, profile_tab

LANGUAGES = ("nl", "en")
# Kinds of page that have charts, of whatever sort; the others have none.
DRAWN = {
    *READ_CHARTS,
    *(f"{scheme}_{tab}" for scheme in ("municipality", "region") for tab in ("brief",)),
    *("municipality", "region", "municipality_embed", "embed"),
}


def faults_of(portal: Datasette, address: str) -> tuple[int, list[str]]:
    """How many charts a page has, and what is outside of one."""
    answer = ask(portal, address, follow_redirects=True)
    assert answer.status_code == 200, address
    charts = charts_in(answer.text)
    return len(charts), [f"{address}: {told}" for svg in charts for told in outside(svg)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_of_every_kind_of_page(portal: Datasette, lang: str) -> None:
    found = {kind: faults_of(portal, address_of(kind, lang) + READ_CHARTS.get(kind, "")) for kind in kinds()}
    assert [fault for _, faults in found.values() for fault in faults] == []
    assert {kind for kind, (count, _) in found.items() if count} == DRAWN


def test_of_every_region(portal: Datasette) -> None:
    faults, drawn, release = [], 0, release_of(portal)
    for code, row in release.registry.regions.items():
        if not row["is_current"]:
            continue
        brief = profile_tab("brief", row["scheme"])
        for address in (
            release.region_url(code, "nl"),
            page_url(brief, "nl", scheme=row["scheme"], region=code),
        ):
            answer = ask(portal, address, follow_redirects=True)
            # A region with a profile of its own need not have figures for the sheet.
            assert answer.status_code == 200 or address != release.region_url(code, "nl"), address
            charts = charts_in(answer.text)
            drawn += len(charts)
            faults += [f"{address}: {told}" for svg in charts for told in outside(svg)]
    municipalities = [r for r in release.registry.regions.values() if r["scheme"] == MUNICIPALITY]
    assert faults == [] and drawn > 16 * len([row for row in municipalities if row["is_current"]])


def test_of_every_indicator(portal: Datasette) -> None:
    faults, drawn = [], 0
    for name in release_of(portal).registry.indicators:
        for lang in LANGUAGES:
            count, found = faults_of(portal, page_url("indicator", lang, indicator=name))
            drawn, faults = drawn + count, faults + found
    assert faults == [] and drawn > len(LANGUAGES) * 50
