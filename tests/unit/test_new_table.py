"""What is read from the words of a table that has no card yet: ids, units, how often figures come."""

import pytest

from pipelines.clients.description import SourceCode
from pipelines.commands.new_table import cadence_of, id_of
from pipelines.sources.card import Cadence
from pipelines.sources.units import thousands_in, without_thousands


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Wmo-cliënten", "wmo_clienten"),
        ("Uitgesproken  faillissementen", "uitgesproken_faillissementen"),
        ("Afstand tot café e.d.", "afstand_tot_cafe_e_d"),
        ("Ça, ïng", "ca_ing"),
        ("15 tot 20 jaar", None),
        ("%", None),
        ("", None),
    ],
)
def test_an_id_has_the_whole_words_of_a_title(title: str, expected: str | None) -> None:
    assert id_of(title) == expected


@pytest.mark.parametrize(
    ("unit", "times", "rest"),
    [
        ("x 1 000", 1000, ""),
        ("x 1000", 1000, ""),
        ("x 1.000", 1000, ""),
        ("1 000 euro", 1000, "euro"),
        ("x 1 000 000", 1_000_000, ""),
        (" x 1 000 ", 1000, ""),
        ("per 1 000 inwoners", 1, "per 1 000 inwoners"),
        ("mln euro", 1, "mln euro"),
        ("%", 1, "%"),
        ("", 1, ""),
    ],
)
def test_a_unit_of_thousands_is_taken_apart(unit: str, times: int, rest: str) -> None:
    assert (thousands_in(unit), without_thousands(unit)) == (times, rest)


@pytest.mark.parametrize(
    ("says", "codes", "cadence"),
    [
        ("Regulier Perjaar", ["2024JJ00"], Cadence.YEARLY),
        ("Regulier Perhalfjaar", ["2024HJ01"], Cadence.HALF_YEARLY),
        ("Regulier Per week", ["20240101"], Cadence.WEEKLY),
        ("Per kwartaal", ["2024KW01", "2024JJ00"], Cadence.QUARTERLY),
        ("Gediscontinueerd Stopgezet", ["2024MM01", "2024KW01", "2024JJ00"], Cadence.MONTHLY),
        ("Stopgezet", ["2024HJ01", "2024JJ00"], Cadence.HALF_YEARLY),
        ("Stopgezet", ["2024W132"], Cadence.WEEKLY),
        ("Stopgezet", ["20240101", "2024JJ00"], Cadence.WEEKLY),
        ("Stopgezet", ["2024W401"], Cadence.MONTHLY),
        ("Stopgezet", ["2024X000"], Cadence.YEARLY),
        ("Perjaar", [], Cadence.ONCE),
    ],
)
def test_how_often_figures_come_is_said_or_follows_from_the_periods(
    says: str, codes: list[str], cadence: Cadence
) -> None:
    assert cadence_of(says, [SourceCode(code, 0, "", None) for code in codes]) == cadence
