"""reidbench: train, distil and evaluate cross-modal person re-identification models."""
