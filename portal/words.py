"""The names that the release itself has for its themes, kinds of region, warnings and periods."""

from datasette.app import Datasette

from portal.extract import Texts
from portal.rows import read_rows

LANGUAGES = ("nl", "en")

# For each group of texts: its table, the key, the prefix of the columns with its words, and the order.
GROUPS = {
    "themes": ("themes", "theme", "title", "theme_order"),
    "sub_themes": ("sub_themes", "sub_theme", "title", "sub_theme_order"),
    "building_blocks": ("building_blocks", "building_block", "title", "building_block"),
    "usage_warnings": ("usage_warnings", "warning_id", "title", "warning_id"),
    "usage_warning_texts": ("usage_warnings", "warning_id", "text", "warning_id"),
    "periods": ("periods", "period_code", "title", "period_code"),
    "peer_groups": ("peer_groups", "peer_group", "title", "group_order"),
    "tension_classes": ("tension_classes", "class_id", "label", "lower_bound"),
    "peer_features": ("peer_features", "feature", "title", "feature"),
    # The smallest kind of region first.
    "schemes": ("region_schemes", "scheme", "title", "level_order desc"),
}


async def read_words(datasette: Datasette) -> Texts:
    """Returns the names in the release by group and key, in the order of the release."""
    return {name: await _read_group(datasette, *group) for name, group in GROUPS.items()}


async def _read_group(datasette: Datasette, table: str, key: str, word: str, order: str) -> dict[str, dict[str, str]]:
    columns = ", ".join(f"{word}_{lang} as {lang}" for lang in LANGUAGES)
    sql = f"select {key} as key, {columns} from {table} order by {order}"
    rows = await read_rows(datasette, sql)
    return {str(row["key"]): {lang: row[lang] for lang in LANGUAGES} for row in rows}
