"""What is in a file: its text or workbook, its columns and rows, and what its cells say.

What a card makes of the rows is for the package around this one. Read `table_file.py` first.
"""
