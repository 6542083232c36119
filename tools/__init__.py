"""Scripts that are run by hand; nothing in the program imports them."""
