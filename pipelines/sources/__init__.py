"""What a source is: its card, its ways of access, the columns of its files, its periods and units.

Nothing here asks a source for anything or reads what it sent. Read `card.py` first.
"""
