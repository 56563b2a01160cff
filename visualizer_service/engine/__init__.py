"""Draws tasks step by step: the seam, the step loop, and a file per model family."""
