"""Makes what the public asks of the database count, see `portal/serving/limits.py`."""

from datasette import hookimpl
from datasette.app import Datasette

from portal.pages import DATABASE
from portal.serving.limits import limit


@hookimpl
def startup(datasette: Datasette) -> None:
    """Limits the database that is served."""
    limit(datasette.get_database(DATABASE))
