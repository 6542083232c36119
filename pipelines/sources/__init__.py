"""What a source is: its card, its ways of access, the columns of its files, its periods and units."""
