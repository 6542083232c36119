"""The store of bytes as received, and the pages of a fetch that broke off.

What the bytes mean is for `reading`. Read `store.py` first.
"""
