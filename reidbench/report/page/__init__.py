"""The report as one file: a static page that needs no server and no network."""
