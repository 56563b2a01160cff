"""Judges answers of text and pictures on many axes: our own server's, or anybody's. See docs/quality.md."""
