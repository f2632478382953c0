"""Recognise the format of a source by the names and the first bytes of its files."""
