"""What a reader may fill in for a parameter of a ready-made question: codes with the names of what they are of."""

from portal.context import ReleaseContext
from portal.pages import MUNICIPALITY


def choices_for(parameter: str, release: ReleaseContext) -> list[tuple[str, str]]:
    """Returns each code with its name; none for a parameter that is not a code.

    The names are in both languages where these differ, as the page of a question is.
    """
    if parameter == "region":
        current = [row for row in release.registry.regions.values() if row["is_current"]]
        current.sort(key=lambda row: (row["scheme"] != MUNICIPALITY, row["scheme"], row["name"]))
        return [(row["region_code"], _region(row["name"], row["scheme"], release)) for row in current]
    if parameter == "indicator":
        rows = sorted(release.registry.indicators.values(), key=lambda row: str(row["title_nl"]).casefold())
        return [(row["indicator_id"], f"{row['title_nl']} / {row['title_en']}") for row in rows]
    periods = release.texts["periods"] if parameter == "period" else {}
    return [(code, _both(words)) for code, words in periods.items()]


def _region(name: str, scheme: str, release: ReleaseContext) -> str:
    return name if scheme == MUNICIPALITY else f"{name} ({_both(release.texts['schemes'][scheme])})"


def _both(words: dict[str, str]) -> str:
    return " / ".join(dict.fromkeys((words["nl"], words["en"])))
