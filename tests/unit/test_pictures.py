"""A picture stands alone: its styles and words are in it, and its PNG shows them."""

import asyncio
import re
import struct
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.settings import PORTAL
from portal import png
from portal.charts import large_chart, marked_lines
from portal.pictures import DRAWN, EDGE, WIDTH, Picture, draw_picture, resolve_style
from portal.png import BusyError, PictureError, render_png
from portal.series import Drawn, of_year

STATIC = PORTAL / "static"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def style() -> str:
    return resolve_style(*((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in ("charts", "portal")))


def picture(title: str = "Banen, Zwolle", source: str = "Bron: CBS", notice: str = "") -> Picture:
    lines = marked_lines([("Zwolle", [of_year(2024, 1.0), of_year(2025, 2.0)])])
    chart = large_chart(Drawn(lines), heading=title, description="", decimals=0, lang="nl", size=DRAWN)
    return Picture(title, "Zwolle komt uit op 2 banen (2025).", chart, "Eenheid: banen.", source, notice, "nl")


def test_every_colour_of_the_styles_is_written_out(style: str) -> None:
    assert "var(" not in style and "/*" not in style and "@" not in style
    assert ".s0 { color: #0b5a75; }" in style and "'Source Sans 3'" in style
    assert resolve_style("a { fill: var(--x, #123) } b { fill: var(--y) }", ":root { --y: #fff; }") == (
        "a { fill: #123 } b { fill: #fff }"
    )


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300))
def test_a_picture_is_whole_whatever_its_words(words: str) -> None:
    root = ElementTree.fromstring(draw_picture(picture(words, words, words), ".a { fill: #000 }"))
    assert root.findtext(f"{SVG}title") == words
    height = float(root.get("height", "nan"))
    for text in root.findall(f"{SVG}text"):
        assert float(text.get("x", "nan")) == EDGE and 0 < float(text.get("y", "nan")) < height


def test_a_text_that_does_not_fit_on_a_line_goes_on_on_the_next(style: str) -> None:
    long = ElementTree.fromstring(draw_picture(picture("Deel van de vestigingen " * 12), style))
    short = ElementTree.fromstring(draw_picture(picture(), style))
    assert float(long.get("height", "0")) > float(short.get("height", "0"))
    address = "https://example.org/" + "a" * 300
    (pressed,) = (t for t in ElementTree.fromstring(draw_picture(picture(source=address), style)) if t.text == address)
    assert pressed.get("textLength") == str(WIDTH - 2 * EDGE)


def test_a_png_has_the_size_of_its_picture_and_its_words_in_it(style: str) -> None:
    svg = draw_picture(picture(), style)
    first = asyncio.run(render_png(svg))
    width, height = struct.unpack(">II", first[16:24])
    assert first.startswith(b"\x89PNG") and f'viewBox="0 0 {width} {height}"' in svg
    # A font that is not found drops a text without a word about it.
    for text in (">Banen, Zwolle</text>", ">Bron: CBS</text>", ">2024</text>", ">Zwolle 2</text>"):
        blank = svg.replace(text, "></text>")
        assert blank != svg and asyncio.run(render_png(blank)) != first, text


def test_the_same_picture_is_not_drawn_twice(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    svg = draw_picture(picture("Eenmaal"), style)
    first = asyncio.run(render_png(svg))

    async def never(svg: str) -> bytes:
        raise AssertionError

    monkeypatch.setattr(png, "_run", never)
    assert asyncio.run(render_png(svg)) is first


def test_what_is_no_picture_is_a_fault() -> None:
    with pytest.raises(PictureError, match=r"\S"):
        asyncio.run(render_png("no svg"))


def test_a_few_are_drawn_at_once_and_the_next_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(svg: str) -> bytes:
        await asyncio.sleep(0.2)
        return svg.encode()

    async def ask_three() -> list[object]:
        return await asyncio.gather(*(render_png(f"picture {n}") for n in range(3)), return_exceptions=True)

    monkeypatch.setattr(png, "_run", slow)
    answers = asyncio.run(ask_three())
    assert answers[:2] == [b"picture 0", b"picture 1"] and isinstance(answers[2], BusyError)
    assert asyncio.run(render_png("picture 3")) == b"picture 3"


def colours_of(block: str) -> dict[str, str]:
    return {name: value for name, value in re.findall(r"(--[\w-]+): ([^;]+);", block) if name != "--font"}


def test_a_device_that_is_dark_has_another_colour_of_every_name_and_pictures_do_not() -> None:
    page = (STATIC / "portal.css").read_text(encoding="utf-8")
    (light,) = re.findall(r"^:root \{(.*?)^\}", page, re.DOTALL | re.MULTILINE)
    (dark,) = re.findall(
        r"^@media screen and \(prefers-color-scheme: dark\) \{\n  :root \{(.*?)\n  \}", page, re.DOTALL | re.MULTILINE
    )
    by_day, by_night = colours_of(light), colours_of(dark)
    assert by_day.keys() == by_night.keys() and len(by_day) > 40
    assert {name for name in by_day if by_day[name] == by_night[name]} == set()
    for sheet in ("charts", "map_colours"):
        style = resolve_style((STATIC / f"{sheet}.css").read_text(encoding="utf-8"), page)
        assert "var(" not in style and by_day["--own"] in style
        assert not [value for name, value in by_night.items() if value not in by_day.values() and value in style]


def test_charts_and_maps_have_no_colour_that_is_the_same_by_night() -> None:
    for sheet in ("charts", "figure", "map", "map_colours", "profile", "programme"):
        style = (STATIC / f"{sheet}.css").read_text(encoding="utf-8").partition("@media print")[0]
        # White letters are on a colour that is dark on every device.
        without = re.sub(r"background: var\(--button\); color: #fff", "", style)
        assert re.findall(r"#(?:[0-9a-fA-F]{3}){1,2}\b", without) == [], sheet
