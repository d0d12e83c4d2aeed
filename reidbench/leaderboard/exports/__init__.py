"""What is written from a board for other readers: README, CSV, two formats for results."""
