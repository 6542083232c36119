"""The encoding of a text, decided on all of its bytes: known with certainty, or refused with the line.

UTF-8 and UTF-16 prove themselves. A single-byte code page does not: any byte is a character in each of them. So each
byte above 127 is judged by its neighbours. `Caf` and 0x82 is `Café` in the code pages of DOS, and ends in a low
quotation mark in that of Windows, which no writer puts after a letter. A code page is chosen when all bytes make sense
in it and in no other. If that of Windows is one of several, it is chosen, since it is what Dutch publishers export.
"""

import codecs
import re
import unicodedata

from pipelines.reading.files.table_columns import TableOrigin

_CHUNK = 1_000_000
_PAGES = {"cp1252": "Windows", "cp850": "DOS", "mac_roman": "Mac"}
_BYTE = re.compile(rb"(?s)(?:(?<=(.))|\A)([\x80-\xff])(?=(.)|\Z)")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# Letters of Dutch and of names in it; the others do not count as proof of an old code page.
_LETTERS = "éèëêïîíöôóüûúäâáàçñß"
_MORE_LETTERS = {"cp1252": "ùåæøÿãõìòîí"}
_CAPITALS = "ÉÈËÊÏÎÖÓÔÜÚÛÄÂÁÅÇÑØÆ"
_TODO = "save the file as UTF-8, or ask the source for a sound one"


def utf8(origin: TableOrigin, body: bytes) -> bytes:
    """The text of a file as UTF-8, without a byte order mark.

    Raises:
        SourceError: its encoding cannot be determined; the error names the line.
    """
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise origin.unsound("the file is written in UTF-32", _TODO)
    for mark, marked in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if body.startswith(mark):
            return _from_utf16(origin, body.removeprefix(mark), marked)
    if (page := _unmarked_utf16(body)) is not None:
        return _from_utf16(origin, body, page)
    says_utf8 = body.startswith(codecs.BOM_UTF8)
    body = body.removeprefix(codecs.BOM_UTF8)
    wrong = _not_utf8(body)
    if wrong is None:
        return body
    if says_utf8:
        raise origin.unsound(f"line {_line(body, wrong)} is not UTF-8, as the file says that it is", _TODO)
    if mixed := _MULTIBYTE.search(body):
        first, other = sorted((mixed.start(), wrong))
        problem = f"line {_line(body, first)} is encoded differently from line {_line(body, other)}"
        raise origin.unsound(f"{problem}: one of them in UTF-8 and the other not", _TODO)
    return body.decode(_page(origin, body)).encode()


def _not_utf8(body: bytes) -> int | None:
    """Where the first byte is that is not UTF-8."""
    # A part at a time: as one text, hundreds of megabytes would be in memory twice.
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(body), _CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(body[start : start + _CHUNK], final=start + _CHUNK >= len(body))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _unmarked_utf16(body: bytes) -> str | None:
    """The form of UTF-16 of bytes in which mostly every other one is zero."""
    size = len(body) // 2
    zeros = body[0::2].count(0), body[1::2].count(0)
    if size and max(zeros) > size * 0.4 and min(zeros) < size * 0.1:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def _from_utf16(origin: TableOrigin, body: bytes, page: str) -> bytes:
    try:
        return body.decode(page).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        line = body[: error.start].decode(page, "ignore").count("\n") + 1
        raise origin.unsound(f"line {line} is not UTF-16, although the file begins as such", _TODO) from None


def _page(origin: TableOrigin, body: bytes) -> str:
    contexts: dict[tuple[bytes | None, ...], int] = {}
    for found in _BYTE.finditer(body):
        contexts.setdefault(found.groups(), found.start(2))
    senseless = {page: [at for context, at in contexts.items() if not _makes_sense(page, context)] for page in _PAGES}
    fitting = [page for page, wrong in senseless.items() if not wrong]
    if fitting and (len(fitting) == 1 or fitting[0] == "cp1252"):
        return fitting[0]
    start = min(senseless["cp1252"])
    near = body[max(start - 12, 0) : start + 12].decode("ascii", "backslashreplace")
    tried = ", ".join(_PAGES.values())
    problem = f"line {_line(body, start)} holds letters of an unknown code page, near {near!r}"
    raise origin.unsound(f"{problem}: not UTF-8, nor certainly one of {tried}", _TODO)


def _makes_sense(page: str, context: tuple[bytes | None, ...]) -> bool:
    """Whether a byte is a character of that code page which Dutch writers put between these neighbours."""
    try:
        before, sign, after = (part.decode(page) if part else " " for part in context)
    except UnicodeDecodeError:
        return False
    letters = before.isalpha(), after.isalpha()
    if sign in _LETTERS + _MORE_LETTERS.get(page, ""):
        # A lower-case letter inside a word in capitals means a wrong code page.
        return (any(letters) and not (before.isupper() and after.isupper())) or (sign == "à" and not any(letters))
    if sign in _CAPITALS:
        return not (before.isalpha() and before.islower()) and any(letters)
    return _fits_between(sign, before, after)


def _fits_between(sign: str, before: str, after: str) -> bool:
    """Whether a character that is not a letter can be between these."""
    letters = before.isalpha(), after.isalpha()
    rules = {
        "\u2019\u00b4": any(letters) or before.isdigit() or after.isdigit(),
        "\u2018“„": not letters[0] and not after.isspace(),
        "”": not letters[1] and not before.isspace(),
        "²³®©™": not before.isspace() and not letters[1],
        "°•": not letters[0],
        "…": not letters[1],
        "\u2013—": not all(letters),
        "€½¼¾±«»\u00d7·£§": not any(letters),
    }
    fits = next((fits for signs, fits in rules.items() if sign in signs), None)
    return unicodedata.category(sign) == "Zs" if fits is None else fits


def _line(body: bytes, at: int) -> int:
    return body.count(b"\n", 0, at) + 1
