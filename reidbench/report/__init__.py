"""The report of finished runs: what was ranked and why it scored so, as one HTML file."""
