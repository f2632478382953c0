"""Span logits to predicted spans: threshold, whitespace filter, overlap policy."""
