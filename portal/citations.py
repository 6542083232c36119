"""How a figure is cited: as a text, as BibTeX and as RIS, each with its source, release and address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BIBTEX_SPECIAL = re.compile(r"[&%$#_{}\\]")
# BibTeX counts braces, also those that are escaped, so they are named.
_BIBTEX_NAMES = {"\\": r"\textbackslash{}", "{": r"\lbrace{}", "}": r"\rbrace{}"}


@dataclass(frozen=True)
class Citation:
    """What every form of a citation names."""

    key: str
    """Letters, digits and hyphens: no two figures of one release have the same."""
    title: str
    """The indicator, the region and the period."""
    sources: str
    """The attributions of the sources."""
    licence: str
    release: str
    date: str
    """When the newest source of the release was fetched, as 2026-11-02."""
    address: str
    notice: str
    lang: str

    @property
    def year(self) -> str:
        """The year of the release."""
        return self.date[:4]


def as_text(citation: Citation, words: Mapping[str, Mapping[str, str]]) -> str:
    """Returns the citation as a sentence, in the language of the page."""
    text = words["cite_text"][citation.lang].format(
        title=citation.title,
        sources=citation.sources,
        release=citation.release,
        licence=citation.licence,
        address=citation.address,
    )
    return f"{text} {citation.notice}." if citation.notice else text


def as_bibtex(citation: Citation) -> str:
    """Returns the citation as an entry for BibTeX."""
    fields = {
        "title": f"{{{_escaped(citation.title)}}}",
        "author": "{Regiokompas}",
        "year": citation.year,
        "version": _escaped(citation.release),
        "url": citation.address,
        "note": _escaped(_note(citation)),
        "language": {"nl": "dutch", "en": "english"}[citation.lang],
    }
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{citation.key},\n{body}}}\n"


def as_ris(citation: Citation) -> str:
    """Returns the citation in the format RIS, which reference managers read."""
    lines = [
        ("TY", "DATA"),
        ("TI", citation.title),
        ("AU", "Regiokompas"),
        ("PY", citation.year),
        ("DA", citation.date.replace("-", "/")),
        ("ET", citation.release),
        ("N1", _note(citation)),
        ("LA", citation.lang),
        ("UR", citation.address),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value or tag == "ER")


def _note(citation: Citation) -> str:
    return ". ".join(filter(None, (citation.sources, citation.licence, citation.notice)))


def _escaped(text: str) -> str:
    return _BIBTEX_SPECIAL.sub(lambda found: _BIBTEX_NAMES.get(found[0], f"\\{found[0]}"), text)
