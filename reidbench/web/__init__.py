"""What the pages of the harness share: one HTML file with all that it needs, and nothing loaded."""
