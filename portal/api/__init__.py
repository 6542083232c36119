"""The API for programs, /v1: its description, and how requests are checked and responses written by it.

Sending responses belongs in `datasette/plugins/api_v1.py`. Read `description.py` first: all else follows from it.
"""
