"""Nested spans compared: nesting relations, matching, the registered scorer."""
