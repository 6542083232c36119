"""Units as CBS writes them."""

import re

# `x 1 000` in one table is `x 1000` in another, and money comes in `1 000 euro`.
_THOUSANDS = re.compile(r"(?:x )?(?P<number>1(?:[ .]?000)+)\b\s*(?P<unit>.*)", re.DOTALL)
_COUNTED = re.compile(r"(aantal|aantallen|personen|mensen|vestigingen|bedrijven|vacatures|banen|objecten|woningen)\b")


def thousands_in(unit: str) -> int:
    """The factor in a unit: 1000 in `x 1 000` and `1 000 euro`, 1 in most others."""
    found = _THOUSANDS.fullmatch(unit.strip())
    return int(re.sub(r"[ .]", "", found["number"])) if found else 1


def is_count(unit: str) -> bool:
    """Whether figures in this unit count things one by one, so that none has a fraction."""
    words = unit.strip().casefold()
    return bool(_COUNTED.match(words)) and " per " not in words


def without_thousands(unit: str) -> str:
    """The unit of a figure that was multiplied by its factor: `euro` for `1 000 euro`, empty for `x 1 000`."""
    found = _THOUSANDS.fullmatch(unit.strip())
    return (found["unit"] if found else unit).strip()
