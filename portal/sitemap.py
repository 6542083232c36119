"""The pages that a search engine should know, each with its twin in the other language, as sitemaps.org writes them."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
# Query strings have no end (filters, pages, own SQL), so only pages with an address of their own are for crawlers.
ROBOTS = """User-agent: *
Disallow: /*?
Disallow: /-/
Allow: /static/
Allow: /-/static/

Sitemap: {address}/sitemap.xml
"""


def write_sitemap(address: str, pages: Iterable[dict[str, str]], changed_on: str | None) -> bytes:
    """Returns the sitemap of pages, given as a path by language; a page of one address has one language.

    Args:
        address: where the portal is reached, without a slash at the end.
        pages: the paths of each page, by language.
        changed_on: the day on which the release last changed.
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
