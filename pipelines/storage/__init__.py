"""The storage that several machines share, by its URL: a run's lock, what it takes from there and what it puts there.

What the files mean is for others: here they have a path within the data folder, a size and a sha256. Start with
`working_copy.py`.
"""
