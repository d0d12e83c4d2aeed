"""Leaderboards: entries collected into one board, and what is made from it."""
