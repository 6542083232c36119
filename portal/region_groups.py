"""Groups of regions that are compared at once, by the word that an address has for them.

A group is all regions of a kind (`province`), the municipalities of a region (`g40`, `PV23`, `Overijssel`), or those
most like the first region that a reader named (`similar`).
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from datasette.app import Datasette

from portal.context import ReleaseContext
from portal.csv_text import Row
from portal.pages import MUNICIPALITY, page_url
from portal.region_sheets import MOST_BESIDE, SIMILAR
from portal.rows import read_rows

LIKE_OWN = "similar"
# The kinds of region whose municipalities are offered as a group.
OFFERED = ("province", "labour_market_region", "corop")


def kinds(release: ReleaseContext) -> dict[str, list[str]]:
    """Returns the codes of the regions of each kind of which there are some, and few enough to compare."""
    found: dict[str, list[str]] = {scheme: [] for scheme in release.texts["schemes"]}
    for row in sorted(release.registry.regions.values(), key=lambda row: str(row["name"])):
        if row["is_current"] and row["scheme"] in found:
            found[row["scheme"]].append(row["region_code"])
    return {scheme: codes for scheme, codes in found.items() if 1 < len(codes) <= MOST_BESIDE}


def named_groups(release: ReleaseContext) -> list[str]:
    """Returns the groups of municipalities that have a name of their own, such as `g40`, and few enough members."""
    members = release.relations.members
    groups = release.relations.groups
    return [code.lower() for code in groups if 1 < len(members.get(code, ())) <= MOST_BESIDE]


def offered_regions(release: ReleaseContext) -> Mapping[str, Sequence[str]]:
    """Returns the codes of the regions whose municipalities can be compared, by kind."""
    members, regions = release.relations.members, release.registry.regions
    found: dict[str, list[str]] = {scheme: [] for scheme in OFFERED}
    for code, inside in members.items():
        scheme = regions[code]["scheme"]
        if scheme in found and 1 < len(inside) <= MOST_BESIDE:
            found[scheme].append(code)
    return {scheme: sorted(codes, key=lambda code: str(regions[code]["name"])) for scheme, codes in found.items()}


def compare_address(release: ReleaseContext, region: Row, theme: str, lang: str) -> str:
    """Returns the address of a comparison on a theme, of a region beside those that are like it or of its kind."""
    scheme, asked = region["scheme"], [("region", region["region_code"])]
    group = LIKE_OWN if scheme == MUNICIPALITY and region["is_current"] else scheme
    if group == LIKE_OWN or group in kinds(release):
        asked.append(("group", group))
    return f"{page_url('compare', lang)}?{urlencode([*asked, ('theme', theme)])}"


async def codes_of_group(datasette: Datasette, release: ReleaseContext, asked: str, own: str | None) -> list[str]:
    """Returns the codes of the regions of a group, by name; none if there is no such group.

    `own` is the first region that the reader named.
    """
    if asked == LIKE_OWN:
        if own is None or release.registry.regions[own]["scheme"] != MUNICIPALITY:
            return []
        return [row["region_code"] for row in await read_rows(datasette, SIMILAR, {"region": own})]
    alike = kinds(release).get(asked)
    if alike:
        return alike
    return [row["region_code"] for row in release.relations.members.get(region_named(release, asked) or "", ())]


def region_named(release: ReleaseContext, asked: str) -> str | None:
    """Returns the code of the region that is called so exactly and has municipalities."""
    code = asked.strip().upper()
    if code in release.relations.members:
        return code
    exact = (row["region_code"] for row in release.find_regions(asked) if row["is_exact"])
    return next((each for each in exact if each in release.relations.members), None)
