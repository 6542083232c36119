"""What other sites append to a link changes nothing; all else in an address is kept to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tracking import without_tracking


@pytest.mark.parametrize(
    "added",
    [
        *(b"utm_source=x", b"utm_campaign=a%20b", b"UTM_MEDIUM=x", b"fbclid=IwAR0", b"gclid=1", b"gclsrc=aw.ds"),
        *(b"dclid=1", b"msclkid=1", b"ttclid=1", b"twclid=1", b"yclid=1", b"gbraid=1", b"wbraid=1", b"gad_source=1"),
        *(b"igshid=1", b"li_fat_id=1", b"mc_cid=1", b"mc_eid=1", b"mkt_tok=1", b"_hsenc=1", b"_ga=2", b"_gl=1"),
        *(b"mtm_campaign=x", b"pk_source=x"),
    ],
)
def test_a_parameter_that_follows_readers_is_left_out(added: bytes) -> None:
    assert without_tracking(added) == b""
    assert without_tracking(b"region=GM0193&" + added + b"&region=GM0363") == b"region=GM0193&region=GM0363"


@pytest.mark.parametrize(
    "kept", [b"", b"q=utm_source", b"region=GM0193", b"_sort=year", b"clid=1", b"group=g40", b"a=1;b=2", b"=x", b"&&"]
)
def test_what_is_asked_is_kept_as_it_was(kept: bytes) -> None:
    assert without_tracking(kept) == kept


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(query: bytes) -> None:
    assert set(without_tracking(query).split(b"&")) <= set(query.split(b"&")) | {b""}
