"""A citation names the figure, its source, the release and the address, in every form."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.citations import Citation, as_bibtex, as_ris, as_text

WORDS = {
    "cite_text": {"nl": "{sources}. {title}. {release}, {address}. Licentie: {licence}.", "en": "{title} {release}"}
}


def citation(title: str = "Banen, Zwolle, 2025", notice: str = "") -> Citation:
    return Citation(
        key="regiokompas-zwolle-banen-r1",
        title=title,
        sources="Bron: CBS",
        licence="CC BY 4.0",
        release="r1",
        date="2026-11-02",
        address="https://example.org/gemeente/zwolle/banen",
        notice=notice,
        lang="nl",
    )


def test_a_text_has_all_that_a_reader_needs() -> None:
    told = "Bron: CBS. Banen, Zwolle, 2025. r1, https://example.org/gemeente/zwolle/banen. Licentie: CC BY 4.0."
    assert as_text(citation(), WORDS) == told
    assert as_text(citation(notice="Verzonnen"), WORDS) == f"{told} Verzonnen."


def test_bibtex_is_one_entry_with_its_special_characters_escaped() -> None:
    entry = as_bibtex(citation("Personen tot 105% & meer_minder"))
    assert entry.startswith("@misc{regiokompas-zwolle-banen-r1,\n") and entry.endswith("}\n")
    assert r"title = {{Personen tot 105\% \& meer\_minder}}" in entry
    assert "year = {2026}" in entry and "note = {Bron: CBS. CC BY 4.0}" in entry and "language = {dutch}" in entry
    assert "url = {https://example.org/gemeente/zwolle/banen}" in entry


def test_ris_has_a_tag_on_each_line_and_ends_the_record() -> None:
    lines = as_ris(citation()).split("\r\n")
    assert lines[0] == "TY  - DATA" and lines[-2:] == ["ER  - ", ""]
    assert "DA  - 2026/11/02" in lines and "UR  - https://example.org/gemeente/zwolle/banen" in lines
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines[:-1])


@pytest.mark.parametrize("form", [as_bibtex, as_ris])
def test_what_is_not_known_is_left_out(form: object) -> None:
    empty = Citation("key", "Banen", "", "", "r1", "", "https://example.org/", "", "en")
    text = as_bibtex(empty) if form is as_bibtex else as_ris(empty)
    assert "{}" not in text and not re.search(r"(?m)^(?!ER)[A-Z]{2}  - $", text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=80))
def test_braces_of_a_title_never_close_the_entry(title: str) -> None:
    entry = as_bibtex(citation(title))
    depth = 0
    for character in entry:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
