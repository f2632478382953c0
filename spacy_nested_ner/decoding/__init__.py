"""Span logits to spans: threshold, whitespace, overlap policy."""
