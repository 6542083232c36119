"""Why a person accepts a loss: one reason for a whole run, for sources and release alike."""

import dagster as dg


class Acceptance(dg.Config):
    """What a person states before a run: `accept`, the reason why something may be missing."""

    accept: str = ""
