"""How wide a text is, so that a chart leaves room for its labels and no label leaves its chart.

Readers have fonts of their own, so it is measured in the widest of the usual ones, DejaVu Sans. In others it is
narrower.
"""

from functools import lru_cache

# Thousandths of the size of the font, and the characters that are at most that wide.
_WIDTHS = {
    275: "'",
    300: "IJijlï",
    325: " ,.·\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}",
    350: "/:;\\|",
    375: "-f",
    400: "()[]t",
    425: "!r²",
    500: '*_`\N{EN DASH}"',
    525: "sz“”",
    550: "?cç",
    575: "FL",
    600: "kvxy",
    625: "PTYaeoéëèöáâô",
    650: "$0123456789ESbdghnpqu{}ü€",
    700: "ABCKRVXZ",
    750: "NU",
    800: "&DGHOQ",
    850: "#+<=>^~\N{MULTIPLICATION SIGN}\N{MINUS SIGN}w",
    875: "M",
    1000: "%m@W—…",
}
_WIDEST = 1000
_OF_CHARACTER = {character: width for width, characters in _WIDTHS.items() for character in characters}
_BOLD = 1.12


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, is_bold: bool = False) -> float:
    """Returns the width of a text at a size of the font; a character that is not known counts as the widest."""
    width = sum(_OF_CHARACTER.get(character, _WIDEST) for character in text) * size / 1000
    return width * _BOLD if is_bold else width


def shorten(text: str, size: float, most: float) -> str:
    """Returns a text that fits in a width: itself, or its beginning with an ellipsis."""
    if text_width(text, size) <= most:
        return text
    kept = text
    while kept and text_width(f"{kept.rstrip()}…", size) > most:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrapped(text: str, size: float, most: float, *, is_bold: bool = False) -> list[str]:
    """Returns the lines of a text that are at most so wide; a word that is wider by itself is a line."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, is_bold=is_bold) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
