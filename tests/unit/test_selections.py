"""Own selections: whatever a spreadsheet makes of a list of codes is read, whatever else is told with file and line."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SelectionError
from pipelines.ingest.selections import Member, Selections, digest_of, read_selections, region_code
from pipelines.reading.existing import boundaries

HEADER = "municipality_code,valid_from,valid_to,region_name\n"
Period = tuple[date | None, date | None]


def put(folder: Path, **files: str | bytes) -> Path:
    """A folder of selections, each by its name without `.csv`."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def codes(members: list[Member]) -> list[str]:
    return [member.municipality_code for member in members]


def test_the_shortest_selection_is_a_list_of_codes(tmp_path: Path) -> None:
    found = read_selections(put(tmp_path, oost="municipality_code\nGM0193\nGM0148\n"))
    assert not found.replaced and found.members == [
        Member("OWN-OOST", code, None, None, name="oost", file="oost.csv") for code in ("GM0148", "GM0193")
    ]


def test_a_selection_has_a_name_and_days(tmp_path: Path) -> None:
    text = HEADER + "GM0163,2026-02-01,,Twente bij Zwolle\nGM0193,,31-12-2025,\nGM0193,1-1-2027,,\nGM0148,,,\n"
    assert read_selections(put(tmp_path, oost=text)).members == [
        Member("OWN-OOST", "GM0148", None, None, "Twente bij Zwolle", "oost.csv"),
        Member("OWN-OOST", "GM0163", date(2026, 2, 1), None, "Twente bij Zwolle", "oost.csv"),
        Member("OWN-OOST", "GM0193", None, date(2025, 12, 31), "Twente bij Zwolle", "oost.csv"),
        Member("OWN-OOST", "GM0193", date(2027, 1, 1), None, "Twente bij Zwolle", "oost.csv"),
    ]


def test_what_a_dutch_spreadsheet_writes_is_read(tmp_path: Path) -> None:
    text = "\ufeffMunicipality_code;region_name;;\r\n14;Súdwest;;\r\n;;;\r\n1680;;;\r\n"
    found = read_selections(put(tmp_path, noord=text)).members
    assert codes(found) == ["GM0014", "GM1680"] and {member.name for member in found} == {"Súdwest"}


def test_several_files_are_several_regions(tmp_path: Path) -> None:
    put(tmp_path, b="municipality_code\n14\n", a="municipality_code\n14\n")
    (tmp_path / "C.CSV").write_text("municipality_code\n14\n", encoding="utf-8")
    for name in (".~lock.a.csv#", "~$a.xlsx", ".hidden.csv", "README.md"):
        (tmp_path / name).write_text("not read", encoding="utf-8")
    assert [member.region_code for member in read_selections(tmp_path).members] == ["OWN-A", "OWN-B", "OWN-C"]


def test_without_a_folder_or_files_there_is_no_selection(tmp_path: Path) -> None:
    assert read_selections(tmp_path) == read_selections(tmp_path / "absent") == Selections([], {})


@pytest.mark.parametrize(
    ("stem", "code"),
    [("noord-oost", "OWN-NOORD-OOST"), ("G4 plus", "OWN-G4-PLUS"), ("s\u00fad", "OWN-S-D"), ("su\u0301d", "OWN-S-D")],
)
def test_the_name_of_a_file_gives_the_code(stem: str, code: str) -> None:
    assert region_code(stem) == code


GOOD = "municipality_code\nGM0014\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": the file is empty, expected the header municipality_code ->"),
        ("\ufeff\r\n;;\r\n", ": the file is empty"),
        ("municipality_code\n\n", ": it lists no municipality -> write a code such as GM0014"),
        ("gemeente\nGM0014\n", " line 1: the header is 'gemeente', expected municipality_code in it ->"),
        ("municipality_code,kleur\nGM0014,x\n", " line 1: column 'kleur' is not known, expected municipality_code, "),
        (
            "municipality_code,municipality_code\n14,15\n",
            " line 1: the header is 'municipality_code', 'municipality_code'",
        ),
        ("municipality_code\nGM0014,Groningen\n", " line 2: found 'Groningen' beyond the last column of the header"),
        ('municipality_code,region_name\n14,"A" B\n', " line 2: it is not valid CSV ("),
        ("municipality_code\n14\nGroningen\n", " line 3: municipality_code is 'Groningen', expected a code of CBS"),
        ("municipality_code\n14\nPV20\n", " line 3: municipality_code is 'PV20', expected a code of CBS"),
        ("municipality_code\n14.0\n", " line 2: municipality_code is '14.0'"),
        ("municipality_code\n0000\n", " line 2: municipality_code is '0000'"),
        ("municipality_code,region_name\n,Noord\n", " line 2: municipality_code is ''"),
        ("municipality_code\n14\n15\nGM0014\n", " line 4: GM0014 is on line 2 too, expected each municipality once"),
        (HEADER + "14,,2020-01-01,\n14,2020-01-01,,\n", " line 3: GM0014 is on line 2 too"),
        (HEADER + "14,2021-01-01,2020-01-01,\n", " line 2: valid_from 2021-01-01 is after valid_to 2020-01-01"),
        (HEADER + "14,2021-02-30,,\n", " line 2: valid_from is '2021-02-30', expected a day such as 2026-12-31"),
        (HEADER + "14,,vorig jaar,\n", " line 2: valid_to is 'vorig jaar', expected a day"),
        (
            HEADER + "14,1/7/2026,,\n",
            " line 2: valid_from is '1/7/2026', expected a day such as 2026-12-31 or 31-12-2026",
        ),
        (HEADER + "14,2020-1-7,,\n", " line 2: valid_from is '2020-1-7', expected a day such as 2026-12-31"),
        (HEADER + "14,07-01/2020,,\n", " line 2: valid_from is '07-01/2020'"),
        (HEADER + "14,,31-12-20,\n", " line 2: valid_to is '31-12-20'"),
        (
            "municipality_code\n14\n9999\n",
            " line 3: municipality_code is '9999', which no municipality has had since 2010",
        ),
        (
            HEADER + "14,,,\n1979,,2020-12-31,\n",
            " line 3: valid_to is 2020-12-31, but GM1979 is known from 2021-01-01 on",
        ),
        (
            HEADER + "14,,,\n15,,2009-12-31,\n",
            " line 3: valid_to is 2009-12-31, but GM0015 is known from 2010-01-01 on",
        ),
        (
            HEADER + "14,,31-12-2025,\n3,,31-12-2020,\n",
            ": no municipality is in the region on 2026-01-01, expected at least one",
        ),
        (HEADER + "14,2-1-2026,,\n", ": no municipality is in the region on 2026-01-01, expected at least one ->"),
        (HEADER + "14,0021-01-01,,\n", " line 2: valid_from is '0021-01-01'"),
        (HEADER + "14,,,Groningen\n15,,,Grootegast\n", " line 3: region_name is 'Grootegast', and 'Groningen' earlier"),
        ("municipality_code,region_name\n14,Súd\n".encode("cp1252"), " line 2: found b'\\xfa', expected UTF-8 -> save"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_what_to_do(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(SelectionError) as error:
        read_selections(put(tmp_path, mijn=text, goed=GOOD))
    (line,) = str(error.value).splitlines()
    assert line.startswith(f"selection mijn.csv{problem}") and " -> " in line


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, a="municipality_code\nx\n14\ny\n", b="", goed=GOOD)
    with pytest.raises(SelectionError) as error:
        read_selections(tmp_path)
    begins = ("selection a.csv line 2:", "selection a.csv line 4:", "selection b.csv:")
    lines = str(error.value).splitlines()
    assert len(lines) == 3 and all(line.startswith(begin) for line, begin in zip(lines, begins, strict=True))


def test_two_files_with_one_code_are_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "noord oost.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "Noord-Oost.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(
        SelectionError, match=r"noord oost.csv: its region code is OWN-NOORD-OOST, like that of Noord-Oost"
    ):
        read_selections(tmp_path)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("a.xlsx", "found a spreadsheet, expected CSV -> save it as CSV UTF-8"), ("---.csv", "-> rename the file")],
)
def test_a_file_that_cannot_be_a_selection_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(SelectionError, match=problem):
        read_selections(tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(SelectionError, match="expected a folder of CSV files"):
        read_selections(tmp_path / "a.csv")


def test_the_digest_tells_selections_apart(tmp_path: Path) -> None:
    texts = (
        GOOD,
        "municipality_code\nGM0015\n",
        "municipality_code,region_name\n14,Noord\n",
        HEADER + "14,,1-1-2026,\n",
    )
    seen = {digest_of(read_selections(put(tmp_path, a=text)).members) for text in texts} | {digest_of([])}
    assert len(seen) == len(texts) + 1
    spelt_otherwise = read_selections(put(tmp_path, a=b"\xef\xbb\xbfmunicipality_code\r\n0014"))
    assert digest_of(spelt_otherwise.members) == digest_of(read_selections(put(tmp_path, a=GOOD)).members)


KNOWN = boundaries()
# Who was always there: what becomes of others is in test_heirs.py.
LASTING = sorted(
    code for code, life in KNOWN.lives.items() if life == (KNOWN.known_from, date.max) and code != "GM0014"
)
DAYS = st.dates(KNOWN.known_from, date(2100, 12, 31))


def in_sequence(days: list[date]) -> list[Period]:
    """Periods that do not overlap, the first and the last of them perhaps without end."""
    days = sorted(set(days))[: 2 * (len(set(days)) // 2)]
    return list(zip(days[::2], days[1::2], strict=True))


PERIODS = st.one_of(
    st.just([(None, None)]),
    DAYS.map(lambda day: [(None, day - timedelta(1)), (day, None)] if day > KNOWN.known_from else [(day, None)]),
    st.lists(DAYS, min_size=2, max_size=6).map(in_sequence).filter(bool),
)
SELECTIONS = st.dictionaries(st.sampled_from(LASTING).map(lambda code: int(code[2:])), PERIODS, min_size=1, max_size=12)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), max_size=20)


@given(data=st.data(), selection=SELECTIONS, name=NAMES.map(str.strip))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_selection_is_read_as_it_was_meant(
    tmp_path: Path, data: st.DataObject, selection: dict[int, list[Period]], name: str
) -> None:
    """However a spreadsheet writes it: order of columns and rows, separator, line ends, code forms, forms of days."""
    name = " ".join(name.split())
    draw = data.draw
    forms = [lambda n: f"GM{n:04}", lambda n: f"{n:04}", str, lambda n: f" gm{n:04}  "]
    days = [date.isoformat, lambda d: f"{d.day}-{d.month}-{d.year}", lambda d: f"{d.day:02}-{d.month:02}-{d.year}"]

    def day(at: date | None) -> str:
        return draw(st.sampled_from(days))(at) if at else ""

    # A region has a member on 1 January of the newest boundaries.
    selection = {14: [(None, None)], **selection}
    rows = [
        {"municipality_code": draw(st.sampled_from(forms))(n), "valid_from": day(first), "valid_to": day(last)}
        for n, periods in selection.items()
        for first, last in periods
    ]
    rows = draw(st.permutations(rows))
    rows[0]["region_name"] = name
    columns = draw(st.permutations(["municipality_code", "valid_from", "valid_to", "region_name"]))
    text = io.StringIO(newline="")
    end, separator = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from([",", ";"]))
    writer = csv.DictWriter(text, columns, delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    body = text.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8-sig"])))
    found = read_selections(put(tmp_path, mijn=body)).members
    assert [(m.municipality_code, m.valid_from, m.valid_to) for m in found] == [
        (f"GM{n:04}", first, last) for n, periods in sorted(selection.items()) for first, last in periods
    ]
    assert {(m.region_code, m.name, m.file) for m in found} == {("OWN-MIJN", name or "mijn", "mijn.csv")}


@given(body=st.one_of(st.binary(max_size=60), st.text('municipality_code,;"\n\r0149GM- ', max_size=60).map(str.encode)))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_is_read_or_refused_in_our_own_words(tmp_path: Path, body: bytes) -> None:
    try:
        assert read_selections(put(tmp_path, mijn=body)).members
    except SelectionError as error:
        assert all(line.startswith("selection mijn.csv") and " -> " in line for line in str(error).splitlines())
