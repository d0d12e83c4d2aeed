"""A leaderboard of submitted results: collected, checked, ranked and shown."""
