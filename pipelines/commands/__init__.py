"""What the commands of `regiokompas` do, and what they show in a terminal.

Options and arguments belong in `pipelines/cli.py`, the work itself in the other packages. Start with `main_job.py`.
"""
