"""Makes what the public asks of the database count, see `portal/serving/limits.py`."""

from datasette import hookimpl
from datasette.app import Datasette

from portal.pages import served_databases
from portal.serving.limits import limit


@hookimpl
def startup(datasette: Datasette) -> None:
    """Limits the databases that are served."""
    for name in served_databases(datasette):
        limit(datasette.get_database(name))
