"""Links from the home page lead to every kind of page, in both languages; `make screenshots` finds them by these."""

from portal.pages import PATHS
from tools.make_pictures import find_every_kind

# They lead to another page, or are addresses of files only.
NO_PAGES = ("maps", "borders", "labour_moves")


def test_links_from_the_home_page_lead_to_every_kind_of_page(address: str) -> None:
    found = find_every_kind(address)
    assert set(found) == {f"{kind}.{lang}" for kind, paths in PATHS.items() if kind not in NO_PAGES for lang in paths}
