"""pandera schemas: what sources send, what marts hold, statistical checks."""
