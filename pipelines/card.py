"""Source cards: what is fetched from whom, and what is expected of it. A card is data; see `cards/*.yml`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.errors import CardError, shown

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Strict(BaseModel):
    """Base of every part of a card: unknown keys are refused and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Certainty(StrEnum):
    """How sure we are of a code: seen in recorded answers, seen in working code, or only believed."""

    RECORDED = "recorded"
    SEEN = "seen"
    ASSUMED = "assumed"


class Cadence(StrEnum):
    """How often the publisher brings new figures."""

    YEARLY = "yearly"
    QUARTERLY = "quarterly"
    MONTHLY = "monthly"


class Protocol(StrEnum):
    """The wire protocols that a card can name, each one module in `clients/`."""

    CBS_ODATA4 = "cbs_odata4"
    CBS_ODATA3 = "cbs_odata3"


class Bilingual(Strict):
    """One text in Dutch and in English."""

    nl: Text
    en: Text


class Code(Strict):
    """A code that indicators select by, and the other spellings that the source has for it.

    `aliases` holds the spelling on another road or of another vintage: a v3 topic key (its running number `_N`
    may be left out, since it shifts when CBS inserts a topic), a total code from before a redesign.
    """

    code: Text
    title: Text
    certainty: Certainty
    aliases: tuple[Text, ...] = ()


class Measure(Code):
    """A measure: a code with the unit that its values must have; without a unit the source's own is taken."""

    unit: Text | None = None


class Dimension(Strict):
    """A dimension of the table: its role, and the codes to keep; without codes everything is kept."""

    role: Literal["region", "period", "category"]
    codes: tuple[Code, ...] = ()


class RowBounds(Strict):
    """How many observations a healthy answer has; outside of them the answer is refused."""

    min: Annotated[int, Field(ge=1)]
    max: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is larger than max {self.max}")
        return self


class SourceCard(Strict):
    """One source table: the whole of what the project knows about it before asking for it."""

    publisher: Literal["cbs"]
    table: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
    protocols: Annotated[tuple[Protocol, ...], Field(min_length=1)]
    title: Bilingual
    licence: Text
    licence_url: Text
    attribution: Text
    homepage: Text
    cadence: Cadence
    dimensions: Annotated[dict[Text, Dimension], Field(min_length=1)]
    measures: tuple[Measure, ...] = ()
    region_frame: Annotated[int, Field(ge=1990, le=2100)] | None = None
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    rows: RowBounds

    @property
    def dataset_id(self) -> str:
        """The id by which everything downstream knows the source, such as `cbs/81575NED`."""
        return f"{self.publisher}/{self.table}"

    @property
    def slug(self) -> str:
        """The dataset id as one safe file name."""
        return f"{self.publisher}__{self.table}"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.measures) == bool(self.region_frame):
            raise ValueError("give either `measures` (a table of figures) or `region_frame` (a table of regions)")
        roles = [d.role for d in self.dimensions.values()]
        if roles.count("region") > 1 or roles.count("period") > 1:
            raise ValueError("a card can have at most one region and one period dimension")
        codes = [m.code for m in self.measures]
        if twice := sorted({c for c in codes if codes.count(c) > 1}):
            raise ValueError(f"measure given twice: {shown(twice)}")
        return self

    def dimension(self, role: Literal["region", "period"]) -> str | None:
        """The name of the dimension with this role, if the table has one."""
        return next((name for name, d in self.dimensions.items() if d.role == role), None)


def load_cards(folder: Path) -> dict[str, SourceCard]:
    """Read every card below `folder`, by dataset id, in the order of the files.

    A file holds `defaults`, which every card of it shares, and `cards`.

    Raises:
        CardError: a card has an unknown key, a missing key or a wrong value; the text names file, card and key.
    """
    cards: dict[str, SourceCard] = {}
    for path in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or set(content) != {"defaults", "cards"}:
            raise CardError(f"{path.name}: expected the keys `defaults` and `cards`, and no others")
        for entry in content["cards"]:
            card = _read_card(path.name, {**content["defaults"], **entry})
            if card.dataset_id in cards:
                raise CardError(f"{path.name}: card {card.dataset_id} stands there twice -> remove one")
            cards[card.dataset_id] = card
    if not cards:
        raise CardError(f"{folder}: no cards found -> expected at least one *.yml")
    return cards


def _read_card(file: str, entry: dict[str, object]) -> SourceCard:
    try:
        return SourceCard.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            problem = f"unknown key `{key}`"
            todo = f"remove it, or use one of: {', '.join(SourceCard.model_fields)}"
        elif first["type"] == "missing":
            problem, todo = f"key `{key}` is missing", "add it"
        else:
            problem = f"key `{key or 'card'}` holds {first['input']!r:.80}: {first['msg']}"
            todo = "correct it"
        name = f"{entry.get('publisher', '?')}/{entry.get('table', '?')}"
        raise CardError(f"card {name} in {file}: {problem} -> {todo}") from None
