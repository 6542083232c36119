"""The form in which every script here says what it measured: our way of doing something beside another, as a ratio.

Seconds depend on the machine; ratios hardly do. Belongs here: how two ways are measured alternately, and the table. Not
here: what is measured.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")
HEAD = "| work | beside | ours | other | ratio | goal | |\n|---|---|---:|---:|---:|---|---|"


@dataclass(frozen=True)
class Ratio:
    """A line of the table.

    Attributes:
        work: what is done.
        beside: what the same is done with, or what it is a share of.
        ours: what ours took, with its unit.
        other: what the other took.
        value: how many times as fast ours is; or, where `is_share`, which part of the other it takes.
        goal: at least so many times as fast, or at most such a part; None where there is none.
        is_share: whether less is better.
    """

    work: str
    beside: str
    ours: str
    other: str
    value: float
    goal: float | None = None
    is_share: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.is_share else self.value >= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"at {'most' if self.is_share else 'least'} {self._told(self.goal)}"
        met = {True: "met", False: "**not met**", None: ""}[self.is_met]
        return (
            f"| {self.work} | {self.beside} | {self.ours} | {self.other} | {self._told(self.value)} | {goal} | {met} |"
        )

    def _told(self, value: float) -> str:
        return f"{value:.0%}" if self.is_share else f"{value:.1f} x"


def alternately(ours: Callable[[], T], other: Callable[[], T], rounds: int) -> list[tuple[T, T]]:
    """What both gave, in turn, so that what else the machine does is shared."""
    return [(ours(), other()) for _ in range(rounds)]


def quotient(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """The median of ours, that of the other, and that of other over ours, each pair by itself."""
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(b / a for a, b in pairs)


def processor_seconds(work: Callable[[], object]) -> float:
    """The processor time of a piece of work, in this process and in those that it starts and waits for."""
    before = os.times()
    work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def speed(rows: int, seconds: float) -> str:
    """How many rows a second that is."""
    return f"{rows / seconds / 1e6:.2f} Mrow/s"


def show(ratios: list[Ratio]) -> None:
    """Print the table."""
    print("\n".join([HEAD, *map(str, ratios)]))
