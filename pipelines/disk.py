"""What is wrong with a disk, told in one line, from the errors of all that writes to it; and what is not finished.

Belongs here: recognising that a file could not be written, whichever library says so, or is unfinished. Not here:
writing.
"""

TOLD = {
    "the disk is full -> free some space, and run again": (
        "no space left on device",
        "database or disk is full",
        "disk quota exceeded",
        "file too large",
    ),
    "the data folder cannot be written to -> make it writable, or set REGIOKOMPAS_DATA to another folder": (
        "read-only file system",
        "permission denied",
        "attempt to write a readonly database",
        "unable to open database file",
    ),
    "the disk fails while it is written to, or is full -> look at the disk, and run again": (
        "disk i/o error",
        "input/output error",
    ),
}


def disk_trouble(error: BaseException | str) -> str:
    """What is wrong with the disk, with what to do; empty where an error is of something else."""
    text = str(error).casefold()
    return next((told for told, signs in TOLD.items() if any(sign in text for sign in signs)), "")


def is_unfinished(name: str) -> bool:
    """Whether the name of a file or folder in a data folder is that of something unfinished: with a dot in front."""
    return name.startswith(".")
