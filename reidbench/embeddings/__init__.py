"""Features and the items they belong to: extracted by a model, or read from a file."""

from .embeddings import Embeddings

__all__ = ["Embeddings"]
