"""A release as a web server: what stands around Datasette when the public asks."""
