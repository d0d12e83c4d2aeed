"""What embeddings look like: their spectra, subspaces, and what few components give."""
