"""What a corpus asks of a model: nesting, rare labels, widths, leakage."""
