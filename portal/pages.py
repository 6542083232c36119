"""What every page of our own has in common."""

DATABASE = "regiokompas"
# Our own pages carry no script at all and ask nothing outside.
OWN_PAGES_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
