"""The labour market of a region, as its readers ask for it, held against the rows of the release."""

import asyncio
import csv
import io
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from datasette.app import Datasette
from support import query
from support_portal import ask, fetch, open_portal, release_of, rows_of_csv, runs_script
from support_releases import with_other_words

from portal.csv_text import write_csv
from portal.tension import TensionClass, bounds, format_bound, place

BOTH = [("/arbeidsmarkt", "nl"), ("/en/labour-market", "en")]
REGION, NAME = "AM11", "flevoland"
UNKNOWN = "\N{EN DASH}"


def classes_of(portal: Datasette) -> dict[str, TensionClass]:
    """The classes as the pages know them."""
    fetch(portal, "/arbeidsmarkt")
    found: dict[str, TensionClass] = portal.jinja_env.globals["tension_classes"]
    return found


@pytest.fixture(scope="module")
def newest(sample_release: Path) -> str:
    return str(query(sample_release, "select max(period_code) from labour_tension")[0][0])


def written(value: float, decimals: int, lang: str) -> str:
    text = f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    return text if lang == "en" else text.replace(",", " ").replace(".", ",").replace(" ", ".")


def section(page: str, name: str) -> str:
    return page.split(f'<section id="{name}"', 1)[1].split("</section>")[0]


@pytest.mark.parametrize(("root", "lang"), BOTH)
def test_every_region_is_listed_with_its_tension(
    portal: Datasette, sample_release: Path, newest: str, root: str, lang: str
) -> None:
    page = fetch(portal, root).text
    assert f'<html lang="{lang}"' in page
    totals = query(
        sample_release,
        "select region_code, tension_ratio from labour_tension where occupation_level = 'total' and period_code = ?",
        newest,
    )
    assert len(totals) == 36
    slugs = release_of(portal).slugs.regions
    for code, tension in totals:
        row = page.split(f'href="{root}/{slugs[code]}"', 1)[1].split("</tr>")[0]
        assert (f"<strong>{written(tension, 2, lang)}</strong>" if tension is not None else UNKNOWN) in row


@pytest.mark.parametrize(("root", "lang"), BOTH)
def test_a_region_shows_its_newest_total_and_every_occupation_with_a_figure(
    portal: Datasette, sample_release: Path, newest: str, root: str, lang: str
) -> None:
    page = fetch(portal, f"{root}/{NAME}").text
    title = "coalesce(title_en, title_nl)" if lang == "en" else "title_nl"
    rows = query(
        sample_release,
        f"select {title}, vacancies_count, ww_short_count, tension_ratio, occupation_level from labour_tension"
        " where region_code = ? and period_code = ? and occupation_level in ('group', 'uwv_group', 'class', 'total')",
        REGION,
        newest,
    )
    (total,) = (row for row in rows if row[4] == "total")
    lead = page.split('<p class="lead">')[1].split("</p>")[0]
    assert all(written(number, 0, lang) in lead for number in total[1:3]) and written(total[3], 2, lang) in lead
    table = section(page, "occupations").replace("&#39;", "'")
    for name, vacancies, people, tension, level in rows:
        if level != "total":
            row = re.split(rf">{re.escape(name)}\s*<", table, maxsplit=1)[1].split("</tr>")[0]
            found = re.findall(r'<td class="n"[^>]*>(?:<strong>)?([^<]+)', row)
            assert found == [written(vacancies, 0, lang), written(people, 0, lang), written(tension, 2, lang)], name


def test_shortages_and_surpluses_are_those_of_the_bounds(portal: Datasette, sample_release: Path, newest: str) -> None:
    rows = query(
        sample_release,
        "select title_nl, 1.0 * vacancies_count / ww_short_count from labour_tension where region_code = ?"
        " and period_code = ? and occupation_level in ('group', 'uwv_group')",
        REGION,
        newest,
    )
    expected = [
        [name for name, t in sorted(rows, key=lambda row: -row[1]) if t >= 1.5][:10],
        [name for name, t in sorted(rows, key=lambda row: row[1]) if t < 2 / 3][:10],
    ]
    lists = section(fetch(portal, f"/arbeidsmarkt/{NAME}").text, "lists").replace("&#39;", "'").split("<ol")[1:]
    found = [re.findall(r'class="what"><span>([^<]+)</span>', part) for part in lists]
    assert [sorted(names) for names in found] == [sorted(names) for names in expected]


def test_where_people_could_move_is_every_row_of_the_region(portal: Datasette, sample_release: Path) -> None:
    moves = query(
        sample_release,
        "select f.title_nl, t.title_nl, m.to_vacancies_count from occupation_mobility as m"
        " join occupations as f on f.code = m.from_occupation_code"
        " join occupations as t on t.code = m.to_occupation_code where m.region_code = ?",
        REGION,
    )
    cards = section(fetch(portal, f"/arbeidsmarkt/{NAME}").text, "moves").replace("&#39;", "'").split("<article")[1:]
    found = set()
    for card in cards:
        origin = re.findall(r"<h3><span>([^<]+)</span>", card)[0]
        for name, vacancies in re.findall(r"<li><span>([^<]+)</span> <span class=\"detail\">(\d+) vacatures", card):
            found.add((origin, name, float(vacancies)))
    assert moves and found == set(moves)


def with_labour_market(release: Path, folder: Path, changes: str) -> Datasette:
    """The portal on the release with another labour market."""
    return open_portal(with_other_words(release, folder / release.name, changes))


NO_SURPLUS = {
    "nl": "geen enkele beroepsgroep in deze regio een overschot",
    "en": "no occupational group in this region",
}
NO_WAY = {"nl": "Er zijn in dit kwartaal overschotten", "en": "There are surpluses in this quarter"}
STUCK = {"nl": "Overschotten zonder zo", "en": "Surpluses without such a shortage"}


@pytest.mark.parametrize(("root", "lang"), BOTH)
def test_where_nobody_can_move_the_page_says_why(
    sample_release: Path, newest: str, tmp_path: Path, root: str, lang: str
) -> None:
    surplus = f"region_code = '{REGION}' and period_code = '{newest}' and market = 'surplus'"
    none_left = f"delete from occupation_mobility where region_code = '{REGION}';"
    nowhere = section(
        fetch(with_labour_market(sample_release, tmp_path / "a", none_left), f"{root}/{NAME}").text, "moves"
    )
    assert (
        NO_WAY[lang] in nowhere
        and NO_SURPLUS[lang] not in nowhere
        and "<article" not in nowhere
        and ".csv" not in nowhere
    )
    balanced = f"{none_left} update labour_tension set market = 'balanced', tension_class = 'balanced' where {surplus};"
    portal = with_labour_market(sample_release, tmp_path / "b", balanced)
    quiet = section(fetch(portal, f"{root}/{NAME}").text, "moves")
    assert NO_SURPLUS[lang] in quiet and NO_WAY[lang] not in quiet and "<article" not in quiet
    question = fetch(portal, f"/regiokompas/from_surplus_to_shortage.json?region={REGION}&_shape=array").json()
    assert [(row["way"], row["from_occupation"]) for row in question] == [("geen overschot / no surplus", None)]


@pytest.mark.parametrize(("root", "lang"), BOTH)
def test_a_surplus_without_a_way_is_named(
    portal: Datasette, sample_release: Path, newest: str, root: str, lang: str
) -> None:
    title = "coalesce(title_en, title_nl)" if lang == "en" else "title_nl"
    stuck = query(
        sample_release,
        f"select {title} from labour_tension where region_code = ? and period_code = ? and market = 'surplus'"
        " and occupation_level in ('group', 'uwv_group') and occupation_code not in"
        " (select from_occupation_code from occupation_mobility where region_code = ?)",
        REGION,
        newest,
        REGION,
    )
    told = section(fetch(portal, f"{root}/{NAME}").text, "moves").split(STUCK[lang])[1].split("</p>")[0]
    names = re.sub(r"<[^>]+>", "", told).split(":", 1)[1].replace("&#39;", "'").strip(" .")
    assert stuck and sorted(names.split("; ")) == sorted(name for (name,) in stuck)


@pytest.mark.parametrize(
    ("root", "of_groups", "of_uwv"),
    [
        ("/arbeidsmarkt", "Opgeteld uit {} beroepsgroepen; {} van de {}", "UWV geeft dit totaal zelf."),
        ("/en/labour-market", "Added up from {} occupational groups; {} of UWV's {}", "UWV itself gives this total."),
    ],
)
def test_a_total_says_of_how_many_groups_it_is(
    portal: Datasette, sample_release: Path, newest: str, tmp_path: Path, root: str, of_groups: str, of_uwv: str
) -> None:
    lang = "en" if root.startswith("/en") else "nl"
    (counts,) = query(
        sample_release,
        "select groups_count, parts_known_count, parts_count from labour_tension"
        " where region_code = 'NL01' and occupation_level = 'total' and period_code = ?",
        newest,
    )
    assert counts[1] < counts[2]
    told = of_groups.format(*(written(count, 0, lang) for count in counts))
    for path in (root, f"{root}/nederland"):
        assert told in fetch(portal, path).text.replace("&#39;", "'")
    changes = f"""update labour_tension set method = 'published', parts_count = null, parts_known_count = null,
        groups_count = null where occupation_level = 'total' and region_code = '{REGION}';"""
    own = with_labour_market(sample_release, tmp_path, changes)
    assert of_uwv in fetch(own, f"{root}/{NAME}").text


def test_a_tension_that_is_not_there_is_no_zero_and_says_why(
    portal: Datasette, sample_release: Path, newest: str
) -> None:
    code, name = query(
        sample_release,
        "select region_code, title_nl from labour_tension where no_ratio_reason = 'figure_unknown'"
        " and period_code = ? order by 1, 2 limit 1",
        newest,
    )[0]
    page = fetch(portal, f"/arbeidsmarkt/{release_of(portal).slugs.regions[code]}").text
    left_out = section(page, "left-out")
    assert "UWV geeft het aantal vacatures of mensen niet." in left_out and name in left_out
    row = section(page, "occupations").split(f">{name}<", 1)[1].split("</tr>")[0]
    assert "UWV geeft geen aantal" in row and "geheim" in row and "<strong>0" not in row


def test_the_word_of_uwv_stands_beside_ours_and_a_difference_is_marked(
    portal: Datasette, sample_release: Path, newest: str
) -> None:
    words = {c.class_id: c.labels["nl"] for c in classes_of(portal).values()}
    published = query(
        sample_release,
        "select region_code, tension_label_uwv, tension_class from labour_tension"
        " where tension_label_uwv is not null and tension_class is not null and period_code = ?",
        newest,
    )
    differing = [code for code, label, ours in published if words[ours] != label]
    for code in {*differing, REGION}:
        page = section(fetch(portal, f"/arbeidsmarkt/{release_of(portal).slugs.regions[code]}").text, "occupations")
        assert page.count(">wijkt af</span>") == differing.count(code)


@pytest.mark.parametrize(("extension", "mark"), [("csv", "."), ("nl.csv", ",")])
def test_the_file_of_a_region_holds_all_its_rows(
    portal: Datasette, sample_release: Path, extension: str, mark: str
) -> None:
    answer = fetch(portal, f"/arbeidsmarkt/{NAME}.{extension}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f".{extension}" in answer.headers["content-disposition"]
    rows = rows_of_csv(portal, answer.content.decode("utf-8"))
    expected = query(
        sample_release,
        "select occupation_code, period_code, tension_ratio from labour_tension where region_code = ?",
        REGION,
    )
    found = {(r["occupation_code"], r["period_code"], float(r["tension_ratio"].replace(mark, "."))) for r in rows}
    assert found == set(expected) and len(rows) == len(expected)
    assert {r["release_id"] for r in rows} == {answer.headers["x-regiokompas-release"]}
    assert all("Invented" in r["notice"] and r["source"] == "Bron: UWV" for r in rows)


def test_the_files_of_moves_and_regions_are_whole(portal: Datasette, sample_release: Path) -> None:
    moves = list(csv.DictReader(io.StringIO(fetch(portal, f"/arbeidsmarkt/{NAME}/overstap.csv").text)))
    expected = query(sample_release, "select count(*) from occupation_mobility where region_code = ?", REGION)
    assert [(len(moves),)] == expected
    assert len(list(csv.DictReader(io.StringIO(fetch(portal, "/en/labour-market.csv").text)))) == 36


@pytest.mark.parametrize("code", ["AM99", "GM0363", "PV20"])
def test_what_is_no_labour_market_region_is_not_found(portal: Datasette, code: str) -> None:
    assert asyncio.run(portal.client.get(f"/arbeidsmarkt/{code}")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        ("/arbeidsmarkt/AM11", "/arbeidsmarkt/flevoland"),
        ("/arbeidsmarkt/NL01.csv", "/arbeidsmarkt/nederland.csv"),
        ("/en/labour-market/am11.nl.csv", "/en/labour-market/flevoland.nl.csv"),
        ("/arbeidsmarkt/AM11/overstap.csv", "/arbeidsmarkt/flevoland/overstap.csv"),
    ],
)
def test_a_code_is_led_to_the_name(portal: Datasette, asked: str, address: str) -> None:
    answer = ask(portal, asked)
    assert (answer.status_code, answer.headers["location"]) == (301, address)


def test_a_page_is_safe_and_leads_to_itself_in_the_other_language(portal: Datasette) -> None:
    answer = fetch(portal, f"/arbeidsmarkt/{NAME}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text and not runs_script(answer.text)
    assert f'href="/en/labour-market/{NAME}"' in answer.text
    assert f'href="/arbeidsmarkt/{NAME}"' in fetch(portal, f"/en/labour-market/{NAME}").text


def test_the_scale_marks_the_bounds_of_the_classes_and_ends_where_it_ends(portal: Datasette) -> None:
    marks = bounds(classes_of(portal))
    assert [mark.value for mark in marks] == [Fraction(1, 4), Fraction(2, 3), Fraction(3, 2), 4]
    assert [format_bound(mark.value, "nl") for mark in marks] == ["0,25", "2/3", "1,5", "4"]
    page = fetch(portal, "/en/labour-market").text
    assert "loose below 2/3, balanced below 1.5, tight below 4" in page
    places = [place(0), *(mark.x for mark in marks), place(10_000)]
    assert places == sorted(places) and len(set(places)) == len(places)
    assert place(0.25) + place(4) == pytest.approx(2 * place(1))


def test_text_that_a_spreadsheet_would_run_is_guarded_and_numbers_are_not() -> None:
    written_rows = write_csv([{"a": "=1+1", "b": -2.5, "c": None, "d": 3.0, "e": True}], list("abcde"), dutch=True)
    assert written_rows == "\ufeffa;b;c;d;e\r\n'=1+1;-2,5;;3;true\r\n"
