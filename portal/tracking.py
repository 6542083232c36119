"""What other sites append to a link that is shared there: it says nothing about what is asked, so it is left out."""

import re
from urllib.parse import unquote_plus

# Campaigns, and the click identifiers of the sites and mail programs that add one.
_TRACKING = re.compile(
    r"(?:utm|mtm|pk|gad)_\w+|(?:fb|g|d|tt|tw|y)clid|gclsrc|msclkid|[gw]braid|igshid|igsh|li_fat_id"
    r"|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|_g[al]"
)


def without_tracking(query: bytes) -> bytes:
    """Returns a query string without the parameters that only follow readers around; the rest is as it was."""
    if not query:
        return query
    return b"&".join(pair for pair in query.split(b"&") if not _TRACKING.fullmatch(_name_of(pair)))


def _name_of(pair: bytes) -> str:
    return unquote_plus(pair.partition(b"=")[0].decode("latin-1")).lower()
