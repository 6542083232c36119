"""The sources as they are on a live day: the sample with the habits of real ones, and what fails on the first day.

What CBS lists is changed before it takes the form of a protocol; all other habits are in what is sent.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support import DEAD, copy_project

from pipelines.errors import Trouble
from pipelines.sample import serve_cbs, serve_eurostat, serve_files
from pipelines.sample.answers import Answer, json_answer
from pipelines.sample.over_http import SampleServer, Sent, on_server, serving
from pipelines.settings import CARDS
from pipelines.sources.access import FileAccess
from pipelines.sources.card import load_cards

ALL = load_cards(CARDS)
Rows = list[dict[str, Any]]
Sets = dict[str, Any]
REFUSED_HOST, UNKNOWN_HOST = "http://127.0.0.1:9", "http://gemeente.invalid"
# Tables whose periods have no status, by either way, and one whose titles are in capitals.
WITHOUT_STATUS = {"82522NED", "83599NED", "83635NED", "85924NED"}
IN_CAPITALS = "82522NED"
# The topics of 70072ned as lists of columns of 2026 have them; students stand under the title of graduates too.
LIVE_KEYS = {
    "TotaalAantalBanen_112": "TotaalBanen_116",
    "WoMasterDoctoraal_111": "WetenschappelijkOnderwijsMaster_112",
    "HogerBeroepsonderwijsBachelor_110": "HogerBeroepsonderwijsBachelor_111",
    "MiddelbaarBeroepsonderwijs_109": "MiddelbaarBeroepsonderwijs_110",
}
STUDENTS, NUMBER_OF_STUDENTS = "MiddelbaarBeroepsonderwijs_105", 987_654
# A region that Eurostat leaves out of a dataset, whoever asks for it.
DROPPED_BY_EUROSTAT = ("nama_10r_3gdp", "NL415")
MOST_PAGES = 100
# What CBS changes overnight: the crimes of Zwolle in the newest year.
CHANGING = ("70072ned", "85926NED", "86276NED", "86131NED", "83648NED", DROPPED_BY_EUROSTAT[0])
NEWS_TABLE, NEWS_REGION, NEWS_MODIFIED = "83648NED", "GM0193", "2026-11-29T02:00:00"
CORRECTED = "86131NED"
OUT_OF_BOUNDS = 250.0


@dataclass(frozen=True)
class Trial:
    """What happens to a source on the first day.

    Attributes:
        state: its state that evening.
        trouble: in which group it is told; none where it is told otherwise.
        told: what its reason says.
        at: the answers to which something happens, by their address.
        between: what happens to them.
        host: where its files are instead.
    """

    state: str
    trouble: Trouble | None
    told: str
    at: str = "no address"
    between: Callable[[Answer], Sent] = Sent
    host: str = ""


def _status(status: int) -> Callable[[Answer], Sent]:
    return lambda answer: Sent(Answer(status, b"Helaas.", {"Content-Type": "text/plain"}))


def _html(answer: Answer) -> Sent:
    return Sent(Answer(200, b"<!DOCTYPE html><html><title>Onderhoud</title></html>", {"Content-Type": "text/html"}))


def _silent(answer: Answer) -> Sent:
    return Sent(answer, is_silent=True)


TRIALS: dict[str, Trial] = {
    "cbs/82015NED": Trial("absent", Trouble.GONE, "HTTP 404, expected 200", "/82015NED", _status(404)),
    "cbs/85926NED": Trial("absent", Trouble.REFUSED, "observations, expected 170 to 2600"),
    "cbs/86276NED": Trial("absent", Trouble.CHANGED, "holds 'geheim'"),
    "pdok/gemeente_gegeneraliseerd_2020": Trial(
        "absent", Trouble.UNREACHABLE, "HTTP 500", r"jaarcode=2020", _status(500)
    ),
    "eurostat/lfst_r_lfu3rt": Trial("absent", Trouble.UNREACHABLE, "it stayed silent", r"lfst_r_lfu3rt", _silent),
    "amsterdam/subsidies_2016": Trial(
        "absent", Trouble.REFUSED, "HTTP 403", r"voorbeeld/amsterdam__subsidies_2016", _status(403)
    ),
    "rijk/subsidies_2015": Trial("absent", Trouble.REFUSED, "of type text/html", r"rijk__subsidies_2015/", _html),
    "zaanstad/subsidies": Trial("absent", Trouble.CHANGED, "which its card does not name", host=REFUSED_HOST),
    "utrecht/subsidies": Trial("absent", Trouble.UNCONFIRMED, "Name or service not known", host=UNKNOWN_HOST),
    "arnhem/subsidies": Trial("absent", Trouble.UNCONFIRMED, "Connection refused", host=REFUSED_HOST),
    "groningen/subsidies": Trial("kept", None, "1 file is missing", r"subsidieregister-2019-excel", _status(404)),
}
# Nobody ever confirmed where Den Haag has its file, and a person brought it.
DEAD_BUT_BROUGHT = "den_haag/subsidies"
BROUGHT = {DEAD_BUT_BROUGHT, "cbs/landelijke_monitor_leegstand"}
AWAITED = {"uwv/spanningsindicator", "uwv/ww_municipality", "uwv/werknl_vacancies"}
# Held back on the first day, each with what its source did.
HELD_BACK = {
    "shops_vacant_count": "FUNCTION=Winkels",
    "shops_in_scope_count": "FUNCTION=Winkels",
    "poverty_105_pct": "value 250",
}


# What CBS lists.


def _written(table: str, rows: Rows) -> Rows:
    """Titles with spaces too many, and units as some tables have them."""

    def title(text: str) -> str:
        spaced = text.replace(" ", "  ") + " "
        return spaced.upper() if table == IN_CAPITALS else spaced

    return [
        {**row, "Title": title(str(row["Title"])), "Unit": (row.get("Unit") or "").replace("x 1 000", "x 1000")}
        for row in rows
    ]


def _described(path: str, answer: Answer) -> Answer:
    """The answers in which CBS describes a table, as it writes them."""
    found = re.search(r"/(\w+)/(MeasureCodes|DataProperties|PeriodenCodes|Perioden)(\?|$)", path)
    if found is None or answer.status != 200:
        return answer
    table, content = found[1], json.loads(answer.body)
    if found[2] in ("MeasureCodes", "DataProperties"):
        content["value"] = _written(table, content["value"])
    elif table in WITHOUT_STATUS:
        content["value"] = [{**row, "Status": None} for row in content["value"]]
    return json_answer(content)


def _with_live_keys(sets: Sets) -> Sets:
    text = json.dumps(sets)
    # The last first: a new key is that of another topic.
    for before, after in LIVE_KEYS.items():
        text = text.replace(f'"{before}"', f'"{after}"')
    changed: Sets = json.loads(text)
    graduates = next(p for p in changed["DataProperties"] if p["Key"] == "MiddelbaarBeroepsonderwijs_110")
    changed["DataProperties"].append({**graduates, "ID": len(changed["DataProperties"]), "Key": STUDENTS})
    for row in (*changed["UntypedDataSet"], *changed["TypedDataSet"]):
        row[STUDENTS] = row["MiddelbaarBeroepsonderwijs_110"] and f"{NUMBER_OF_STUDENTS:8}"
    return changed


def _of_first_day(table: str, sets: Sets) -> Sets:
    """What some tables have on the first day: half of their rows, a mark that nobody knows, a rate of 250 percent."""
    changed = dict(sets)
    if table == "85926NED":
        changed["Observations"] = sets["Observations"][:150]
    elif table == "86276NED":
        first, *others = sets["Observations"]
        changed["Observations"] = [{**first, "Value": None, "ValueAttribute": "geheim"}, *others]
    elif table == "86131NED":
        first, *others = sets["UntypedDataSet"]
        changed["UntypedDataSet"] = [{**first, "PersonenTot105ArmoedegrensRelatief_1": f"{OUT_OF_BOUNDS:8}"}, *others]
    return changed


def _of_second_day(table: str, sets: Sets) -> Sets:
    """A newer figure than on the first day, and the source's word for it."""
    if table == CORRECTED:
        return _news(sets)
    if table != NEWS_TABLE:
        return sets
    newest = max(row["Perioden"] for row in sets["UntypedDataSet"])
    topic = next(key for key in sets["UntypedDataSet"][0] if key.startswith("TotaalGeregistreerdeMisdrijven"))

    def newer(row: dict[str, Any]) -> dict[str, Any]:
        meant = row["RegioS"].strip() == NEWS_REGION and row["Perioden"] == newest
        return {**row, topic: f"{int(row[topic]) + 1:8}"} if meant else row

    return {**_news(sets), "UntypedDataSet": [newer(row) for row in sets["UntypedDataSet"]]}


def _news(sets: Sets) -> Sets:
    return {**sets, "TableInfos": [{**info, "Modified": NEWS_MODIFIED} for info in sets["TableInfos"]]}


# What is sent.


def _as_sent(path: str, answer: Answer) -> Answer:
    """The habits of the others: no count of all areas at PDOK, no page above a hundred at Amsterdam."""
    if "/pdok/" in path and answer.status == 200:
        content = json.loads(answer.body)
        content.pop("numberMatched", None)
        return json_answer(content, "application/geo+json")
    page = re.search(r"[?&]page=(\d+)", path)
    if "/amsterdam/" in path and page and int(page[1]) > MOST_PAGES:
        return Answer(403, b'{"title":"Forbidden"}', {"Content-Type": "application/problem+json"})
    return answer


@dataclass
class World:
    """The sources on one of the days, and the project and data folder of whoever runs."""

    server: SampleServer
    project: Path
    data: Path
    day: int = 1
    warned: set[str] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        """What a run needs to ask these sources and no others, without much patience."""
        hasty = {"TRIES": "2", "TIMEOUT": "10", "MAX_WAIT": "0.1"}
        return {**self.server.environment, **{f"REGIOKOMPAS_HTTP_{name}": value for name, value in hasty.items()}}

    @property
    def without_any(self) -> dict[str, str]:
        """What a run needs to reach nothing at all."""
        return {**self.environment, **DEAD}

    def between(self, path: str, answer: Answer) -> Sent:
        """What is sent of an answer on this day."""
        if self.day == 1:
            for trial in TRIALS.values():
                if re.search(trial.at, path):
                    return trial.between(answer)
        if "/eurostat/" in path and path not in self.warned:
            # Once of everything, with the status of an answer.
            self.warned.add(path)
            warning = {"status": 413, "label": "ASYNCHRONOUS_RESPONSE. Your request will be treated asynchronously."}
            return Sent(json_answer({"warning": warning}))
        if self.day == 1 and "package_show?id=subsidies-zaanstad" in path:
            moved = answer.body.replace(self.server.bases["ckan"].encode(), REFUSED_HOST.encode())
            return Sent(answer._replace(body=moved))
        return Sent(_as_sent(path, _described(path, answer)))

    def bring(self, *dataset_ids: str) -> None:
        """Put files into the drop folder, as a person would."""
        serve_files.drop_files({name: _only_dropped(name) for name in dataset_ids}, self.data / "drop")

    def bring_shops_by_another_name(self) -> None:
        """Put the vacancy monitor there with `Winkels` where the indicators look for `Winkelfunctie`."""
        sheets_of = serve_files.sheets_of

        def renamed(card: Any) -> Any:
            def cell(value: Any) -> Any:
                return "Winkels" if value == "Winkelfunctie" else value

            return [replace(s, rows=[[cell(value) for value in row] for row in s.rows]) for s in sheets_of(card)]

        with patch.object(serve_files, "sheets_of", renamed):
            self.bring("cbs/landelijke_monitor_leegstand")

    def heal(self) -> None:
        """Let the next day begin: all sources are well, and who had no address has one on the card."""
        self.day = 2
        self.server.serve(ALL, anew="|".join(CHANGING))
        write_addresses(self.project, self.server.files, {})


def _only_dropped(dataset_id: str) -> Any:
    card = ALL[dataset_id]
    return card.model_copy(
        update={"access": tuple(access for access in card.access if not isinstance(access, FileAccess))}
    )


def write_addresses(project: Path, base: str, elsewhere: dict[str, str]) -> None:
    """Write on the cards of a project where the files are: on a server, or of some cards at another host."""
    for path in (project / "pipelines" / "cards").glob("*.yml"):
        text = (CARDS / path.name).read_text(encoding="utf-8")
        for dataset_id, card in ALL.items():
            for access in card.access:
                for url in access.urls if isinstance(access, FileAccess) else ():
                    text = text.replace(url, on_server(url, elsewhere.get(dataset_id, base)))
        path.write_text(text, encoding="utf-8")


@contextmanager
def live_world(folder: Path) -> Iterator[World]:
    """The sources on the first day, for a run in a copy of the project."""
    with ExitStack() as stack:
        world: list[World] = []

        def as_cbs_has_it(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def table(card: Any) -> Any:
                made = make(card)
                sets = _with_live_keys(made.sets) if card.table == "70072ned" else dict(made.sets)
                sets = (_of_first_day if world[0].day == 1 else _of_second_day)(card.table, sets)
                counted = {"ObservationCount": len(sets["Observations"])} if "Observations" in sets else {}
                more = {"properties": {**made.properties, **counted}} if counted else {}
                return replace(made, sets=sets, **more)

            return table

        dimensions = serve_eurostat._dimensions

        def as_eurostat_has_it(card: Any, access: Any) -> Any:
            found = dimensions(card, access)
            dataset, dropped = DROPPED_BY_EUROSTAT
            if access.dataset == dataset:
                del found[str(card.dimension("region"))][dropped]
            return found

        stack.enter_context(patch.object(serve_eurostat, "_dimensions", as_eurostat_has_it))
        for name in ("v4_table", "v3_table"):
            stack.enter_context(patch.object(serve_cbs, name, as_cbs_has_it(getattr(serve_cbs, name))))
        server = stack.enter_context(serving({}))
        world.append(World(server, copy_project(folder / "project"), folder / "data"))
        server.between = world[0].between
        server.serve(ALL)
        server.recall(ALL)
        server.serve(ALL, anew="|".join(CHANGING))
        hosts = {name: trial.host for name, trial in TRIALS.items() if trial.host} | {DEAD_BUT_BROUGHT: REFUSED_HOST}
        write_addresses(world[0].project, server.files, hosts)
        yield world[0]
