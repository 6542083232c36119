"""The API for programs, /v1: what may be asked stands in `description`, and all the rest follows from it."""
