"""Which figures a profile shows first: equally many of each theme, or the next of the list."""

from hypothesis import given
from hypothesis import strategies as st

from portal.headlines import choose, plain

ORDER = [f"{theme}{number}" for theme in "abcd" for number in range(5)]
INDICATORS = {name: {"theme": name[0]} for name in ORDER}


def test_each_theme_has_as_many_and_the_first_of_the_list_come_first() -> None:
    assert choose(ORDER, ORDER, INDICATORS, 8) == ["a0", "a1", "b0", "b1", "c0", "c1", "d0", "d1"]


def test_what_a_region_has_no_figure_of_is_replaced_by_the_next_of_its_theme() -> None:
    known = set(ORDER) - {"a0", "b1", "b2"}
    assert choose(known, ORDER, INDICATORS, 8) == ["a1", "a2", "b0", "b3", "c0", "c1", "d0", "d1"]


def test_a_theme_with_too_few_is_filled_from_the_others_in_the_order_of_the_list() -> None:
    known = {name for name in ORDER if name[0] != "c"} | {"c4"}
    assert choose(known, ORDER, INDICATORS, 8) == ["a0", "a1", "a2", "b0", "b1", "c4", "d0", "d1"]


@given(st.sets(st.sampled_from(ORDER)), st.integers(1, 20))
def test_as_many_are_shown_as_there_are_each_once_and_in_order(known: set[str], count: int) -> None:
    chosen = choose(known, ORDER, INDICATORS, count)
    assert len(chosen) == min(count, len(known)) and set(chosen) <= known
    assert chosen == [name for name in ORDER if name in chosen]


def test_of_an_empty_list_nothing_is_chosen() -> None:
    assert choose({"a0"}, [], INDICATORS, 8) == []


def test_a_sentence_does_not_repeat_the_figure_that_stands_above_it() -> None:
    assert plain("Dat is hoger dan in Nederland ({value}), wat gunstiger is.") == (
        "Dat is hoger dan in Nederland, wat gunstiger is."
    )
