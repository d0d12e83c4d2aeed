"""The report of runs: one value of plain JSON, and the page that is made from it."""
