"""The filters and functions for templates of several pages; those for a single page are in its plugin."""

import re
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from portal.ages import days_in_words, format_age, format_day
from portal.context import context_of
from portal.figure_rows import named_source, said_once, unit_after
from portal.formats import format_bytes, format_number, format_period, format_rank, format_signed
from portal.page_data import describe_page, page_from, picture_of
from portal.pages import DATABASE, QUESTION_LANGUAGE, page_url, question_url, site_address
from portal.programme import GROUPS
from portal.question_choices import choices_for
from portal.region_groups import compare_address
from portal.structured_data import as_block, describe_dataset
from portal.tables import public_tables, sealed, table_files

# A paragraph or a list of a description in two languages, as pipelines/publish/queries.py writes it.
DESCRIBED = re.compile(r'<(?P<tag>p|ul)\b[^>]* lang="(?P<lang>nl|en)".*?</(?P=tag)>', re.DOTALL)


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Gives the templates our formatting filters, and what Datasette's own pages show about a table."""
    env.filters["number"] = format_number
    env.globals["rank_text"] = lambda high, low, count, lang: format_rank(
        high, low, count, context_of(datasette).texts["ranks"], lang
    )
    env.filters["signed"] = format_signed
    env.filters["filesize"] = format_bytes
    env.filters["age"] = format_age
    env.filters["period"] = lambda code, lang: format_period(code, context_of(datasette).texts["periods"], lang)
    env.filters["day"] = lambda moment, lang: format_day(moment, context_of(datasette).texts["months"], lang)
    env.filters["days"] = lambda text, lang: days_in_words(text, context_of(datasette).texts["months"], lang)
    env.globals["page_url"] = page_url
    env.globals["question_url"] = question_url
    env.globals["question_language"] = _question_language
    env.filters["in_language"] = _in_language
    env.globals["unit_after"] = unit_after
    env.globals["said_once"] = said_once
    env.globals["named_source"] = lambda source, lang: named_source(
        source, context_of(datasette).text("publishers", source["publisher"], lang)
    )
    env.globals["programme_groups"] = GROUPS
    env.globals["methods_url"] = lambda section, lang: (
        f"{page_url('doc', lang, name='methods')}#{context_of(datasette).text('methods_sections', section, lang)}"
    )
    env.globals["compare_url"] = lambda region, theme, lang: compare_address(context_of(datasette), region, theme, lang)
    env.globals["choices_for"] = lambda parameter: choices_for(parameter, context_of(datasette))
    env.globals["table_files"] = table_files
    env.globals["sealed"] = sealed
    env.globals["table_title"] = lambda table: public_tables(datasette).get(table, {}).get("title", table)
    env.globals["page_data"] = _page_data
    env.globals["page_picture"] = _page_picture
    env.globals["structured_data"] = lambda *about: _structured_data(datasette, *about)


def _question_language(request: Request) -> str:
    """The language in which the page of a ready-made question is asked for."""
    return "en" if request.args.get(QUESTION_LANGUAGE) == "en" else "nl"


def _in_language(description: str, lang: str) -> str:
    """The parts of the description of a question, which is in both languages, that are in one."""
    return "\n".join(match[0] for match in DESCRIBED.finditer(description) if match["lang"] == lang)


@pass_context
def _page_data(context: Context, title: Markup, description: Markup, address: Markup) -> Markup:
    """The description of one of our own pages for search engines."""
    page = page_from(context.get_all(), *(text.unescape().strip() for text in (title, description, address)))
    return as_block(describe_page(page, context["portal"]))


@pass_context
def _page_picture(context: Context) -> str:
    """The address of the picture that a shared link to a page shows; empty if there is none."""
    return picture_of(page_from(context.get_all(), "", "", ""), context["portal"]) or ""


def _structured_data(datasette: Datasette, request: Request, table: str, files: dict[str, int]) -> Markup:
    """The description of a table for search engines."""
    context, about = context_of(datasette), public_tables(datasette)[table]
    release: dict[str, Any] = {
        "release_id": context.release_id,
        "newest_landed_at": context.newest_landed_at,
        "notice": {lang: f"{sentence}." for lang, sentence in context.notice_parts},
    }
    path = datasette.urls.table(DATABASE, table)
    return as_block(describe_dataset(site_address(datasette, request), path, about, files, release))
