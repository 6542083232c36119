"""From landed bytes to rows in the shape of their card.

Nothing here asks a source for anything. Read `snapshot.py` first.
"""
