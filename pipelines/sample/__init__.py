"""The bundled sample: invented figures for real regions, served in the wire formats of the sources."""
