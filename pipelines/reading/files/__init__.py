"""What is in a file: its text or workbook, its columns and rows, and what its cells say."""
