"""The pages for search engines, each with its counterpart in the other language, in the format of sitemaps.org."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
# Query strings are endless (filters, paging, custom SQL), so only pages with an address of their own are for crawlers.
ROBOTS = """User-agent: *
Disallow: /*?
Disallow: /-/
Allow: /static/
Allow: /-/static/

{sitemaps}
"""
# A sitemap has at most 50,000 addresses, so the pages of figures have one for each theme.
FIGURES = "sitemap-{theme}.xml"


def write_robots(address: str, themes: Iterable[str]) -> str:
    """Returns robots.txt: what crawlers stay off, and the sitemaps: of all pages, and of the figures of each theme."""
    names = ["sitemap.xml", *(FIGURES.format(theme=theme) for theme in themes)]
    return ROBOTS.format(sitemaps="\n".join(f"Sitemap: {address}/{name}" for name in names))


def write_sitemap(address: str, pages: Iterable[dict[str, str]], changed_on: str | None) -> bytes:
    """Returns the sitemap of pages, each given as its path by language; a page with one address has one language.

    Args:
        address: the address of the portal, without a trailing slash.
        pages: the paths of each page, by language.
        changed_on: the date on which the release last changed.
    """
    ET.register_namespace("", SITEMAP)
    ET.register_namespace("xhtml", XHTML)
    root = ET.Element(f"{{{SITEMAP}}}urlset")
    for page in pages:
        for path in page.values():
            url = ET.SubElement(root, f"{{{SITEMAP}}}url")
            ET.SubElement(url, f"{{{SITEMAP}}}loc").text = address + path
            if changed_on:
                ET.SubElement(url, f"{{{SITEMAP}}}lastmod").text = changed_on
            for lang, twin in page.items() if len(page) > 1 else ():
                ET.SubElement(url, f"{{{XHTML}}}link", {"rel": "alternate", "hreflang": lang, "href": address + twin})
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
