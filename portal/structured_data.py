"""A table as schema.org describes a dataset, for search engines that list datasets."""

import json
from typing import Any

from markupsafe import Markup

LANGUAGES = ("nl", "en")
MEDIA_TYPES = {"csv": "text/csv", "nl.csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
# Characters that HTML could read as the end of the block, escaped as JSON allows.
ESCAPES = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"}


def describe_dataset(
    address: str, path: str, about: dict[str, Any], files: dict[str, int], release: dict[str, Any]
) -> dict[str, Any]:
    """Returns a table as schema.org/Dataset.

    Args:
        address: the address of the portal, without a trailing slash.
        path: the page of the table, such as `/regiokompas/observations`.
        about: its metadata in the release.
        files: the size of each of its files, by extension.
        release: the id of the release, the time of its newest source and, for invented figures, the notice.
    """
    name = path.rsplit("/", 1)[-1]
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": f"{address}{path}#dataset",
        "url": f"{address}{path}",
        # Plain texts: programs that read schema.org datasets do not accept texts by language.
        "name": about["title"],
        "alternateName": [about[f"title_{lang}"] for lang in LANGUAGES],
        "description": " / ".join(
            " ".join(filter(None, (release["notice"].get(lang), about[f"description_{lang}"]))) for lang in LANGUAGES
        ),
        "isAccessibleForFree": True,
        "license": f"{address}{about['license_url']}",
        "creator": {"@type": "Organization", "name": "Regiokompas", "url": f"{address}/"},
        "version": release["release_id"],
        "dateModified": release["newest_landed_at"],
        "inLanguage": list(LANGUAGES),
        "spatialCoverage": {"@type": "Place", "name": "Nederland / Netherlands"},
        "variableMeasured": [
            {"@type": "PropertyValue", "name": column, "description": text} for column, text in about["columns"].items()
        ],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Regiokompas", "url": f"{address}/catalogue.ttl"},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": f"{name}.{extension}",
                "encodingFormat": MEDIA_TYPES[extension],
                "contentUrl": f"{address}/downloads/{name}.{extension}",
                "contentSize": f"{size} B",
            }
            for extension, size in files.items()
        ],
    }


def as_block(content: dict[str, Any]) -> Markup:
    """Returns the JSON as it can be put in a page: no text of a column can close the block that it is in."""
    text = json.dumps(content, ensure_ascii=False)
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 - escaped just here
