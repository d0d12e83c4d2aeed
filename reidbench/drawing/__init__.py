"""Figures and LaTeX tables for papers: what all of them share."""
