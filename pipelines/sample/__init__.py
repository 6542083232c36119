"""The bundled sample: invented figures for real regions, served in the wire formats of the sources.

Clients and readers of the real sources do not belong here. Read `source.py` first: it shows what serves which protocol.
"""
