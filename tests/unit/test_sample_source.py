"""The bundled sample speaks the sources' wire formats, and its invented figures hang together."""

import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from pipelines.landing.store import NOTICE
from pipelines.sample.boundaries import ancestors, in_year, municipalities, territories
from pipelines.sample.source import SampleSource
from pipelines.settings import CARDS
from pipelines.sources.access import Host, Protocol, Server
from pipelines.sources.card import load_cards

V4, V3, BULK = "https://v4.example/odata/v1/CBS", "https://v3.example", "https://bulk.example/csv"
ADDRESSES: dict[Server, str] = {server: f"https://{server}.example" for server in (*Protocol, *Host)} | {
    Protocol.CBS_ODATA4: V4,
    Protocol.CBS_ODATA3: V3,
    Protocol.CBS_BULK: BULK,
}
V3_TABLES = ["70072ned", "83648NED", "83583NED", "82949NED", "83287NED", "86247NED"]
COUNTS = ["TotaleBevolking_1", "Werkloosheid_159", "BedrijfsvestigingenTotaal_168", "WoMasterDoctoraal_111"]


@pytest.fixture(scope="module")
def source() -> SampleSource:
    return SampleSource(load_cards(CARDS), ADDRESSES)


def get(source: SampleSource, url: str) -> Any:
    answer = source.respond(url)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def pages(source: SampleSource, table: str, options: str = "") -> list[list[dict[str, Any]]]:
    url, found = f"{V3}/ODataFeed/odata/{table}/UntypedDataSet?$format=json{options}", []
    while url:
        page = get(source, url)
        found.append(page["value"])
        url = page.get("odata.nextLink", "")
    return found


def untyped(source: SampleSource, table: str) -> list[dict[str, Any]]:
    return [row for page in pages(source, table) for row in page]


def observations(source: SampleSource, section: str = "T001081") -> list[dict[str, Any]]:
    wanted = f"BedrijfstakkenBranchesSBI2008 in ('{section}') and Measure eq 'M000200'"
    url = f"{V4}/81575NED/Observations?$filter={wanted}&$count=true"
    page = get(source, url)
    assert page["@odata.count"] == len(page["value"])
    return page["value"]


def number(text: str) -> float | None:
    text = text.strip()
    return 0.0 if text == "-" else None if text in ("", ".", "x") else float(text)


def test_two_instances_give_equal_bytes(source: SampleSource) -> None:
    other = SampleSource(load_cards(CARDS), ADDRESSES)
    urls = [f"{V4}/81575NED/Observations", f"{V4}/81575NED/Properties", f"{BULK}/81575NED"]
    urls += [f"{V3}/ODataFeed/odata/{table}/UntypedDataSet?$format=json" for table in V3_TABLES]
    for url in urls:
        assert source.respond(url) == other.respond(url)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2010, 431),
        (2014, 403),
        (2015, 393),
        (2016, 390),
        (2018, 380),
        (2019, 355),
        (2022, 345),
        (2023, 342),
        (2026, 342),
    ],
)
def test_municipalities_per_year(year: int, expected: int) -> None:
    assert len(in_year(year)) == expected


def test_before_the_first_boundary_year_a_territory_is_divided_and_nothing_of_it_lost() -> None:
    for year in range(2010, 2015):
        holds = territories(year)
        assert holds.keys() == {m.code for m in in_year(year)}
        totals: Counter[str] = Counter()
        for parts in holds.values():
            totals.update(parts)  # type: ignore[arg-type] # parts are fractions
        assert totals.keys() == {m.code for m in in_year(2015)}
        assert all(total == pytest.approx(1) for total in totals.values())
    # Boarnsterhim was divided in 2014, and Rozenburg went into Rotterdam in 2010.
    assert territories(2013)["GM0055"].keys() == {"GM0074", "GM0080", "GM1900", "GM1921"}
    assert territories(2010)["GM0600"]["GM0599"] == pytest.approx(1 / 4)


@pytest.mark.parametrize(
    ("table", "expected"), [("80397ned", 431), ("82949NED", 393), ("83287NED", 390), ("86247NED", 342)]
)
def test_areas_are_complete_and_padded(source: SampleSource, table: str, expected: int) -> None:
    rows = untyped(source, table)
    assert len({row["RegioS"] for row in rows}) == len(rows) == expected
    assert {len(row["RegioS"]) for row in rows} == {10}
    assert {len(row["Naam_2"]) for row in rows} == {50}


@pytest.mark.parametrize(
    ("table", "column", "expected"),
    [
        ("86247NED", "Code_4", 35),
        ("83287NED", "Code_4", 35),
        ("86247NED", "Code_6", 40),
        ("86247NED", "Code_8", 12),
    ],
)
def test_areas_name_every_region(source: SampleSource, table: str, column: str, expected: int) -> None:
    assert len({row[column].strip() for row in untyped(source, table)}) == expected


def test_area_columns_move_between_years(source: SampleSource) -> None:
    old, new = untyped(source, "83287NED")[0], untyped(source, "86247NED")[0]
    assert old["Code_8"].startswith("LD") and new["Code_8"].startswith("PV")


def test_key_figures_add_up_on_every_level(source: SampleSource) -> None:
    sums: dict[tuple[str, str, str], float] = defaultdict(float)
    for row in untyped(source, "70072ned"):
        for column in [*COUNTS, "TotaalAantalBanen_112"]:
            sums[row["RegioS"][:2], row["Perioden"], column] += number(row[column]) or 0.0
    for (_, period, column), total in sums.items():
        assert total == pytest.approx(sums["NL", period, column], abs=0.1), (period, column)


def test_sectors_stay_within_the_total(source: SampleSource) -> None:
    for row in untyped(source, "70072ned"):
        sectors = [
            number(v) or 0.0 for k, v in row.items() if k.split("_")[-1] in {str(topic) for topic in range(169, 176)}
        ]
        assert len(sectors) == 7
        assert sum(sectors) <= (number(row["BedrijfsvestigingenTotaal_168"]) or 0.0)


def test_size_classes_add_up(source: SampleSource) -> None:
    sums: dict[tuple[str, str, bool], float] = defaultdict(float)
    for row in untyped(source, "83583NED"):
        if row["Bedrijfsgrootte"].startswith("X"):
            continue  # a code that the card does not ask for, of which there is only a part
        is_total = row["Bedrijfsgrootte"] == "T001098"
        value = number(row["BanenVanWerknemersInDecember_1"])
        sums[row["BedrijfstakkenBranchesSBI2008"], row["Perioden"], is_total] += round(value or 0.0, 1)
    for (section, period, _), total in sums.items():
        assert total == pytest.approx(sums[section, period, True]), (section, period)


def test_both_tables_give_the_same_establishments(source: SampleSource) -> None:
    wide = {
        (row["RegioS"], row["Perioden"]): number(row["BedrijfsvestigingenTotaal_168"])
        for row in untyped(source, "70072ned")
    }
    compared = 0
    for row in observations(source):
        if row["Value"] is not None and (row["RegioS"], row["Perioden"]) in wide:
            compared += 1
            assert wide[row["RegioS"], row["Perioden"]] == row["Value"]
            assert row["Value"] % 5 == 0
    assert compared > 3_000


def test_sections_add_up_to_the_total(source: SampleSource) -> None:
    sums: dict[tuple[str, str], float] = defaultdict(float)
    totals = {(r["RegioS"], r["Perioden"]): r["Value"] for r in observations(source) if r["Value"] is not None}
    codes = get(source, f"{V4}/81575NED/BedrijfstakkenBranchesSBI2008Codes")["value"]
    sections = [c["Identifier"] for c in codes if c["Title"][1] == " "]
    assert len(sections) == 19
    for section in sections:
        for row in observations(source, section):
            sums[row["RegioS"], row["Perioden"]] += row["Value"] or 0
    assert {period[:4] for _, period in totals} == {str(year) for year in range(2010, 2027)}
    for (region, period), total in totals.items():
        # Of the years before 2016 the sample has totals only.
        assert sums.get((region, period)) == (total if period >= "2016" else None), (region, period)


def test_a_merger_moves_figures_without_a_jump(source: SampleSource) -> None:
    values = {(r["RegioS"], r["Perioden"][:4]): r["Value"] for r in observations(source)}
    before = sum(values[code, "2022"] for code in ("GM0501", "GM0530", "GM0614"))
    assert values["GM1992", "2023"] == pytest.approx(before, rel=0.15)
    assert values.get(("GM1992", "2022")) is None and values.get(("GM0501", "2023")) is None


def test_v4_leaves_abolished_municipalities_out_in_three_ways(source: SampleSource) -> None:
    rows = observations(source)
    found = {(row["RegioS"], row["Perioden"]): row["ValueAttribute"] for row in rows if row["Value"] is None}
    gone = [code for code, m in municipalities().items() if not m.exists(2026)]
    ways = Counter(found.get((code, "2026JJ00"), "absent") for code in gone)
    assert set(ways) == {"absent", "None", "Impossible"}
    assert ("GM0088", "2010JJ00") in found


def test_v3_has_every_mark_and_zeros_but_not_in_totals(source: SampleSource) -> None:
    rows = untyped(source, "70072ned")
    cells = Counter(value for row in rows for key, value in row.items() if key[-1].isdigit())
    for mark in ("       .", "", "       x", "       -", "       0"):
        assert cells[mark], f"no cell with {mark!r}"
    # The topic that no card asks for has a few cells only.
    asked = [key for key in rows[0] if key[-1].isdigit() and not key.endswith("_999")]
    above = [r[key] for r in rows if r["RegioS"][:2] != "GM" for key in asked]
    assert not {value.strip() for value in above} & {"", ".", "x", "-"}
    assert "       ." in {row["TotaalGeregistreerdeMisdrijven_1"] for row in untyped(source, "83648NED")}


def test_v3_pads_keys_and_values(source: SampleSource) -> None:
    row = untyped(source, "70072ned")[0]
    assert row["RegioS"] == "NL01  " and len(row["TotaalAantalBanen_112"]) == 8
    jobs = untyped(source, "83583NED")
    assert {len(r["BedrijfstakkenBranchesSBI2008"]) for r in jobs} == {7}
    assert any(len(r["BanenVanWerknemersInDecember_1"]) > 12 for r in jobs), "no single precision artefact"


def test_v3_pages_and_refuses_more_than_a_page_elsewhere(source: SampleSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sample.serve_cbs.V3_PAGE", 4_000)
    first, second = pages(source, "70072ned")
    assert len(first) == 4_000 and second[0]["ID"] == 4_000
    total_only = [
        row
        for page in pages(source, "83648NED", "&$filter=SoortMisdrijf eq '0000000'&$select=RegioS,Perioden")
        for row in page
    ]
    assert len(total_only) == sum((m.last_year or 2026) >= 2018 for m in municipalities().values()) * 8
    assert set(total_only[0]) == {"RegioS", "Perioden"}
    status, body, _ = source.respond(f"{V3}/ODataApi/odata/70072ned/UntypedDataSet")
    assert status == 500 and b"more than 10000 records" in body


def test_v3_filters_join_with_or_and_and(source: SampleSource) -> None:
    options = "&$filter=(RegioS eq 'GM0363' or RegioS eq 'NL01  ') and Perioden eq '2016JJ00'"
    (rows,) = pages(source, "70072ned", options)
    assert [row["RegioS"] for row in rows] == ["NL01  ", "GM0363"]


def test_v3_metadata_agrees_with_the_rows(source: SampleSource) -> None:
    for table in V3_TABLES:
        base = f"{V3}/ODataApi/odata/{table}"
        entries = get(source, base)["value"]
        assert all(entry["url"] == f"{base}/{entry['name']}" for entry in entries)
        properties = get(source, f"{base}/DataProperties")["value"]
        assert {"ID", *(p["Key"] for p in properties if p["Key"])} == set(untyped(source, table)[0])
        for dimension in (p["Key"] for p in properties if p["Type"].endswith("Dimension")):
            keys = {row["Key"] for row in get(source, f"{base}/{dimension}")["value"]}
            assert keys == {row[dimension] for row in untyped(source, table)}


def test_periods_carry_their_status(source: SampleSource) -> None:
    v4 = {r["Identifier"]: r["Status"] for r in get(source, f"{V4}/81575NED/PeriodenCodes")["value"]}
    assert (v4["2026JJ00"], v4["2025JJ00"], v4["2024JJ00"]) == ("Voorlopig", "NaderVoorlopig", "Definitief")
    v3 = {r["Key"]: r["Status"] for r in get(source, f"{V3}/ODataApi/odata/70072ned/Perioden")["value"]}
    assert (v3["2025JJ00"], v3["2024JJ00"], v3["2023JJ00"]) == ("Voorlopig", "NaderVoorlopig", "Definitief")


def test_v4_service_document_and_count(source: SampleSource) -> None:
    names = {entry["name"] for entry in get(source, f"{V4}/81575NED")["value"]}
    assert {
        "MeasureCodes",
        "Dimensions",
        "RegioSCodes",
        "RegioSGroups",
        "Observations",
        "Properties",
    } <= names
    status, body, _ = source.respond(f"{V4}/81575NED/Observations/$count")
    assert status == 200 and body.startswith(b"\xef\xbb\xbf")
    assert int(body.decode("utf-8-sig")) == get(source, f"{V4}/81575NED/Properties")["ObservationCount"]
    codes = [row["Identifier"] for row in get(source, f"{V4}/81575NED/RegioSCodes")["value"]]
    assert [code for code in codes if code.startswith("GM")] == list(municipalities())
    assert len(codes) > len(municipalities()), "no region that the card does not ask for"


def test_v4_pages_carry_their_options(source: SampleSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sample.serve_cbs.V4_PAGE", 3000)
    url, seen = f"{V4}/81575NED/Observations?$filter=Perioden ge '2017JJ00'&$count=true", []
    while url:
        page = get(source, url)
        assert page["@odata.count"] > 3000
        seen += page["value"]
        url = page.get("@odata.nextLink", "")
    assert len({row["Id"] for row in seen}) == len(seen) == page["@odata.count"]


def test_other_tables_and_bad_queries_are_refused(source: SampleSource) -> None:
    status, body, _ = source.respond(f"{V4}/70072ned")
    assert status == 404 and "70072ned" in json.loads(body)["error"]["message"]
    assert source.respond(f"{V3}/ODataApi/odata/81575NED")[0] == 404
    assert source.respond(f"{V4}/81575NED/Observations?$select=Nothing")[0] == 400
    assert source.respond(f"{V4}/81575NED/Observations?$filter=Perioden eq")[0] == 400
    assert source.respond("https://elsewhere.example/")[0] == 404


def test_every_table_with_invented_figures_says_so(source: SampleSource) -> None:
    assert get(source, f"{V4}/81575NED/Properties")["Summary"] == NOTICE
    for table in ("70072ned", "83648NED", "83583NED"):
        assert get(source, f"{V3}/ODataApi/odata/{table}/TableInfos")["value"][0]["Summary"] == NOTICE


def test_municipalities_of_2026_know_where_they_belong() -> None:
    for municipality in in_year(2026):
        corop, province, part, country = ancestors(municipality)
        assert (corop[:2], province[:2], part[:2], country) == ("CR", "PV", "LD", "NL01")
        assert municipality.am_2026.startswith("AM")
    for municipality in municipalities().values():
        shares = [share for _, share in municipality.successors]
        assert not shares or sum(shares) == pytest.approx(1) or set(shares) == {1.0}
