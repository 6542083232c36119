"""What a person says of a loss: one word for a whole run, for what sources send as for what a release has."""

import dagster as dg


class Acceptance(dg.Config):
    """What a person says before a run: `accept`, why it is right that something is gone."""

    accept: str = ""
