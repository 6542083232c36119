"""What is printed on each sheet of a PDF that chromium made: no library of the project reads PDF."""

import re
import zlib
from dataclasses import dataclass
from unicodedata import normalize

from playwright.sync_api import Page

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"/Length (\d+)\b.*?>>\s*stream\r?\n(.*)", re.DOTALL)
_PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
_TOKEN = re.compile(rb"/(?P<font>\w+) [\d.]+ Tf|<(?P<hex>[0-9A-Fa-f]+)>\s*Tj|\[(?P<array>[^\]]*)\]\s*TJ")
_RANGE = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]+)>")
_CHARACTER = re.compile(rb"<([0-9A-F]+)> <([0-9A-F]+)>")


@dataclass(frozen=True)
class Sheet:
    """A printed sheet: its texts, in the order in which they were drawn, without spaces and ligatures."""

    text: str

    def has(self, words: str) -> bool:
        """Whether words are on the sheet, however they are spaced."""
        return re.sub(r"\s", "", normalize("NFKC", words)) in self.text


def sheets_of(pdf: bytes) -> list[Sheet]:
    """Returns the sheets of a PDF."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    return [Sheet(_text_of(body, objects)) for body in objects.values() if _PAGE.search(body)]


def _reference(body: bytes, key: bytes) -> int | None:
    found = re.search(rb"/" + key + rb"\s+(\d+) 0 R", body)
    return int(found[1]) if found else None


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    content = found[2][: int(found[1])]
    return zlib.decompress(content) if b"/FlateDecode" in body[: found.start(2)] else content


def _text_of(page: bytes, objects: dict[int, bytes]) -> str:
    fonts = {name: _characters(objects, int(number)) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    contents = _reference(page, b"Contents")
    found, known = [], dict[int, str]()
    for token in _TOKEN.finditer(_stream(objects[contents]) if contents else b""):
        if token["font"]:
            known = fonts.get(token["font"], {})
        for shown in [token["hex"]] if token["hex"] else re.findall(rb"<([0-9A-Fa-f]+)>", token["array"] or b""):
            found += [known.get(int(shown[at : at + 4], 16), "") for at in range(0, len(shown), 4)]
    return re.sub(r"\s", "", normalize("NFKC", "".join(found)))


def _characters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """Returns the character of each glyph of a font."""
    table = _reference(objects[font], b"ToUnicode")
    text = _stream(objects[table]) if table else b""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        found |= {int(glyph, 16): _decode(character) for glyph, character in _CHARACTER.findall(block)}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, character in _RANGE.findall(block):
            start = int(character, 16)
            found |= {glyph: chr(start + step) for step, glyph in enumerate(range(int(first, 16), int(last, 16) + 1))}
    return found


def _decode(character: bytes) -> str:
    return bytes.fromhex(character.decode()).decode("utf-16-be")


def print_page(page: Page) -> list[Sheet]:
    """The sheets of a page as it is printed."""
    return sheets_of(page.pdf(prefer_css_page_size=True))
