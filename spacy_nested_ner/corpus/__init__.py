"""Corpora: published files become .spacy files, and inspection counts what those contain."""
