"""The pipe `nested_spancat`."""
