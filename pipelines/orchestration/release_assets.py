"""Publishing as Dagster assets: the database, the extracts, and the release that holds both."""

import shutil
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.database import connect
from pipelines.errors import RegiokompasError
from pipelines.orchestration.acceptance import Acceptance
from pipelines.orchestration.asset_metadata import COLUMN_SCHEMA, OWNERS, URI, bundle_metadata, bundle_schema, described
from pipelines.publish.catalogue import write_catalogue
from pipelines.publish.datapackage import write_package
from pipelines.publish.extracts import write_extracts
from pipelines.publish.gate import Bounds
from pipelines.publish.manifest import PublicTable
from pipelines.publish.map_paths import write_maps
from pipelines.publish.metadata import DATABASE, contact_of, datasette_metadata, write_metadata
from pipelines.publish.packing import pack
from pipelines.publish.refused import submit
from pipelines.publish.release import describe_files
from pipelines.publish.sqlite import write_sqlite
from pipelines.run_lock import send_to_storage
from pipelines.settings import PORTAL, Settings

RELEASE_OP = "publish__release"
"""The step that publishes; its configuration is an `Acceptance`."""


def publish_assets(tables: list[PublicTable], keys: dict[str, dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The assets that turn the checked marts into a release."""
    marts = [keys[table.model] for table in tables]
    schema = bundle_schema({table.name: _schema(table) for table in tables})
    columns = {COLUMN_SCHEMA: schema}

    @dg.asset(key_prefix="publish", deps=marts, group_name="release", owners=OWNERS, kinds={"sqlite"}, metadata=columns)
    def database_file(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
        """The public tables as one SQLite file, for Datasette."""
        folder = _folder(settings)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rows = write_sqlite(settings.database, tables, folder / f"{DATABASE}.db")
        made_of = {f"{t.name}.{c.name}": [dg.TableColumnDep(keys[t.model], c.name)] for t in tables for c in t.columns}
        return dg.MaterializeResult(
            metadata={
                **bundle_metadata(rows, schema, made_of),
                URI: f"{settings.public_url}/{DATABASE}.db",
            }
        )

    @dg.asset(
        key_prefix="publish",
        deps=[database_file],
        group_name="release",
        owners=OWNERS,
        kinds={"parquet", "csv"},
        metadata=columns,
    )
    def extracts(settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
        """Every public table as Parquet, and as compressed CSV and Dutch CSV."""
        folder = _folder(settings) / "tables"
        rows = write_extracts(settings.database, tables, folder)
        return dg.MaterializeResult(
            metadata={
                **bundle_metadata(rows, schema, _as_in("database_file", schema)),
                "files": len(list(folder.iterdir())),
            }
        )

    @dg.asset(
        key_prefix="publish", deps=[extracts], group_name="release", owners=OWNERS, kinds={"dataset"}, metadata=columns
    )
    def release(config: Acceptance, settings: dg.ResourceParam[Settings]) -> dg.MaterializeResult[None]:
        """The release directory, sealed and made current; its metadata says what is missing from it."""
        folder = _folder(settings)
        contact = contact_of(settings.public_url, settings.contact)
        files = describe_files(folder)
        with connect(settings.database, read_only=True) as con:
            facts = con.sql("select * from release").pl().row(0, named=True)
            sources = con.sql("select * from sources order by dataset_id").pl().to_dicts()
            held_back = dict(
                con.sql("select indicator_id, state_reason from indicators where state = 'blocked'").fetchall()
            )
            counts = {t.name: con.sql(f"select count(*) from {t.name}").fetchall()[0][0] for t in tables}
            write_catalogue(con, tables, facts, folder, contact, files)
            write_maps(con, folder)
        write_metadata(datasette_metadata(tables, PORTAL / "queries", facts, contact), folder / "metadata.json")
        write_package(folder, tables, facts, sources, counts, files)
        pack(folder)
        kept = ("release_format", "is_invented", "notice")
        told: dict[str, Any] = {**{name: facts[name] for name in kept}, "rows": counts}
        try:
            done = submit(
                folder, settings.releases, facts["release_id"], told, files, Bounds.of(settings), config.accept
            )
            # What a run of the UI sends at its very end cannot make it fail any more.
            send_to_storage(settings)
        except RegiokompasError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        return dg.MaterializeResult(
            metadata={
                **bundle_metadata(counts, schema, _as_in("extracts", schema)),
                URI: settings.public_url,
                "release_id": done.release_id,
                "folder": dg.MetadataValue.path(str(done.folder)),
                "not_current": dg.MetadataValue.json(_not_current(sources)),
                "held_back": dg.MetadataValue.json(held_back),
            }
        )

    return [database_file, extracts, release]


def _schema(table: PublicTable) -> dg.TableSchema:
    return described(
        {column.name: column.data_type for column in table.columns},
        {column.name: column.description_en for column in table.columns},
        [column.name for column in table.columns if not column.is_nullable],
    )


def _as_in(asset: str, schema: dg.TableSchema) -> dict[str, list[dg.TableColumnDep]]:
    """Every column of the release, with the column of the same name in the previous step as its origin."""
    key = dg.AssetKey(["publish", asset])
    return {column.name: [dg.TableColumnDep(key, column.name)] for column in schema.columns}


def _not_current(sources: list[dict[str, Any]]) -> dict[str, str]:
    """The sources that are missing or out of date in a release, each with its state and the reason."""
    return {
        source["dataset_id"]: f"{source['state']} {source['reason_en'] or ''}".strip()
        for source in sources
        if source["state"] in ("kept", "absent", "awaited")
    }


def _folder(settings: Settings) -> Path:
    return settings.build / "release"
