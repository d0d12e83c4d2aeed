"""A leaderboard: a folder with benchmarks, submitted embeddings, and figures scored from them."""
