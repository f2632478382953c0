"""Encoders: layers that make token vectors."""
