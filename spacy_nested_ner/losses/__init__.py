"""Losses on span logits: the formulas, the competing spans, the registered names."""
