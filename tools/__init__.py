"""Scripts that developers run by hand.

Nothing that `pipelines`, `portal` or `datasette` imports belongs here. Each script stands alone: read only the one that
you run.
"""
