"""An Atom feed of the releases and what each changed from the one before it, newest first."""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from portal.pages import page_url

ATOM = "http://www.w3.org/2005/Atom"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {
    "value_changed": ("cijfers kregen een andere waarde", "figures changed value"),
    "status_changed": ("cijfers kregen een andere status", "figures changed status"),
    "added": ("cijfers kwamen erbij", "figures were added"),
    "removed": ("cijfers vervielen", "figures were removed"),
}


def write_feed(
    address: str, title: str, release_id: str, changes: Sequence[dict[str, Any]], notice: str | None = None
) -> bytes:
    """Returns the feed of a release and of those before it.

    Args:
        address: the address of the portal, without a trailing slash.
        title: the title of the feed.
        release_id: the release that is served.
        changes: what it changed, what the one before it changed and so on, as recorded beside the releases.
        notice: what every copy has to say of the figures; None if they are published.
    """
    ET.register_namespace("", ATOM)
    root = ET.Element(_name("feed"))
    _text(root, "id", f"{address}/atom.xml")
    _text(root, "title", title)
    if notice:
        _text(root, "subtitle", notice)
    _text(root, "updated", _moment(release_id))
    _link(root, "self", f"{address}/atom.xml")
    _link(root, "alternate", address + page_url("changes", "nl"))
    _text(ET.SubElement(root, _name("author")), "name", "Regiokompas")
    told = {change["newer"]: change for change in changes}
    for each in (release_id, *(change["older"] for change in changes)):
        _add_entry(root, address, each, told.get(each), notice)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def tell_changes(change: dict[str, Any] | None) -> str:
    """Returns a short description, in Dutch and English, of what a release changed."""
    if change is None:
        return "De eerste release. / The first release."
    counts = {kind: sum(row["figures"] for row in change["figures"] if row["change"] == kind) for kind in KINDS}
    told = [(count, *KINDS[kind]) for kind, count in counts.items() if count]
    if not told:
        return "Geen cijfer veranderde. / No figure changed."
    nl, en = (", ".join(f"{count} {words[lang]}" for count, *words in told) for lang in (0, 1))
    since_nl, since_en = f"Vergeleken met {change['older']}", f"Compared with {change['older']}"
    return f"{since_nl}: {nl}. / {since_en}: {en}."


def _add_entry(
    root: ET.Element, address: str, release_id: str, change: dict[str, Any] | None, notice: str | None
) -> None:
    entry = ET.SubElement(root, _name("entry"))
    page = f"{address}{page_url('changes', 'nl')}#{release_id}"
    _text(entry, "id", page)
    _text(entry, "title", f"Release {release_id}")
    _text(entry, "updated", _moment(release_id))
    _link(entry, "alternate", page)
    # A reader of feeds shows entries, and seldom what stands above them.
    _text(entry, "summary", " ".join(filter(None, (tell_changes(change), notice and f"{notice}."))))


def _moment(release_id: str) -> str:
    """Returns the date in the name of a release, that of its newest source, as an Atom timestamp."""
    day = DAY.search(release_id)
    return f"{day[0] if day else '1970-01-01'}T00:00:00Z"


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = text


def _link(parent: ET.Element, rel: str, href: str) -> None:
    ET.SubElement(parent, _name("link"), {"rel": rel, "href": href})


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"
