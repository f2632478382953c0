"""displaCy colours, one a label, light enough for black text."""

GENIA = {
    "DNA": "#9bd1ff",
    "RNA": "#a6e3b8",
    "cell_line": "#ffc78a",
    "cell_type": "#f6e27f",
    "protein": "#f7a8b8",
}
