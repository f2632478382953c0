"""Facts of a corpus that matter for a model: nesting, rare labels, widths, leakage."""
