"""pandera schemas: what sources send, what marts contain, and statistical checks.

Reading and repairing data does not belong here: a schema only accepts or refuses. Start with `shapes.py`.
"""
