"""The public functions, one a file; `from spacy_nested_ner import evaluate` finds them."""
