"""How a source is doing: its state, and when its next figures should appear.

Belongs here: what readers are told of that, in sentences of our own. Not here: what a source answered, which is never
published: it is in the log and in `regiokompas status`.
"""

import calendar
from datetime import date

from pipelines.errors import Trouble
from pipelines.landing.store import Failure, Snapshot
from pipelines.sources.access import FileAccess, Protocol
from pipelines.sources.card import Cadence, SourceCard
from pipelines.sources.periods import period_end
from pipelines.sources.strict import Bilingual

# How many months after the end of a period its figures usually appear, and how many months later counts as late.
_LAG = {Cadence.YEARLY: 12, Cadence.HALF_YEARLY: 6, Cadence.QUARTERLY: 4, Cadence.MONTHLY: 3, Cadence.WEEKLY: 1}
_LATE = {Cadence.YEARLY: 6, Cadence.HALF_YEARLY: 4, Cadence.QUARTERLY: 3, Cadence.MONTHLY: 2, Cadence.WEEKLY: 1}
_MONTHS = {Cadence.YEARLY: 12, Cadence.HALF_YEARLY: 6, Cadence.QUARTERLY: 3, Cadence.MONTHLY: 1, Cadence.WEEKLY: 0}
TROUBLES = {
    Trouble.UNCONFIRMED: Bilingual(nl="het adres is nooit bevestigd", en="its address was never confirmed"),
    Trouble.GONE: Bilingual(nl="hier wordt hij niet meer aangeboden", en="it is no longer offered there"),
    Trouble.CHANGED: Bilingual(nl="de bron is niet meer wat zijn kaart zegt", en="it is not what its card says"),
    Trouble.REFUSED: Bilingual(
        nl="geweigerd, of niet te vertrouwen", en="it refuses us, or what it sent cannot be trusted"
    ),
    Trouble.UNREACHABLE: Bilingual(nl="de bron geeft geen antwoord", en="it gives no answer"),
    Trouble.AWAITED: Bilingual(nl="iemand moet het bestand ophalen", en="a person has to fetch it"),
    Trouble.FAULT: Bilingual(nl="het programma faalde", en="the program failed"),
}
"""What kind of trouble a source is in, as worded on pages and in the terminal."""
_ENDED = ("gediscontinueerd", "stopgezet")


def state(
    card: SourceCard,
    snapshot: Snapshot | None,
    failure: Failure | None,
    newest_period: str | None,
    says: str,
    as_of: date,
) -> tuple[str, Bilingual | None]:
    """The state of a source, and the reason for it.

    Args:
        card: the source.
        snapshot: what has landed, if anything.
        failure: why the last refresh failed, if it did.
        newest_period: the newest period that has a figure.
        says: what the source says about itself, such as `Regulier` or `Gediscontinueerd`.
        as_of: the day to judge by.

    Returns:
        `current`, `kept` (the last refresh failed, in whole or in part), `stale` (its next figures are late),
        `stopped`, `archived`, `awaited` (a person has to fetch it) or `absent` (it never landed); and the reason, None
        for `current`. A reason that concerns a moment begins with its date.
    """
    if failure:
        return "kept" if snapshot else "absent", _failed(failure)
    if snapshot is None:
        awaited = all(access.protocol is Protocol.DROP for access in card.access)
        return "awaited" if awaited else "absent", None
    if snapshot.lacking:
        return "kept", _lacking(card, snapshot)
    if card.ended:
        return card.ended.state, _since(card.ended.since, card.ended.reason.nl, card.ended.reason.en)
    if any(word in says.casefold() for word in _ENDED):
        nl, en = "de bron zegt dat hij is stopgezet", "the source says that it was discontinued"
        return "stopped", _since(snapshot.changed_at[:10], nl, en)
    expected = expected_next(card, newest_period)
    if expected and as_of > _later(expected, _LATE[card.cadence]):
        return "stale", _since(
            expected,
            f"toen verwacht, de nieuwste periode is {newest_period}",
            f"expected then, newest is {newest_period}",
        )
    return "current", None


def expected_next(card: SourceCard, newest_period: str | None) -> date | None:
    """The day by which the figures of the next period should be available; None for a source that gets no more."""
    ends = period_end(newest_period) if newest_period else None
    if card.ended or card.cadence is Cadence.ONCE or ends is None:
        return None
    lag = _LAG[card.cadence] if card.publication_lag_months is None else card.publication_lag_months
    return _later(ends, _MONTHS[card.cadence] + lag)


def _later(day: date, months: int) -> date:
    """The last day of the month that many months later."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def _failed(failure: Failure) -> Bilingual:
    """Since when a source has been failing, and the kind of trouble."""
    told = TROUBLES[failure.trouble]
    return _since(failure.began, told.nl, told.en)


def _lacking(card: SourceCard, snapshot: Snapshot) -> Bilingual:
    """How many of several files are missing and how many of those are shown as they landed before.

    Files are named where the card gives their address; elsewhere the source chose their names.
    """
    ours = {url for access in card.access if isinstance(access, FileAccess) for url in access.urls}
    told = [lack.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1] for lack in snapshot.lacking if lack.url in ours]
    names = f" ({', '.join(told)})" if told else ""
    count, kept = len(snapshot.lacking), sum(lack.is_kept for lack in snapshot.lacking)
    nl = f"{count} bestanden ontbreken" if count > 1 else "1 bestand ontbreekt"
    en = f"{count} files are missing" if count > 1 else "1 file is missing"
    since = min(lack.since for lack in snapshot.lacking)
    return _since(
        since,
        f"{nl}{names}" + (f"; zoals eerder opgehaald: {kept}" if kept else ""),
        f"{en}{names}" + (f"; shown as landed before: {kept}" if kept else ""),
    )


def _since(when: date | str, nl: str, en: str) -> Bilingual:
    return Bilingual(nl=f"{when}: {nl}", en=f"{when}: {en}")
