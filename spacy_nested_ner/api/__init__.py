"""The public functions, one per file; `from spacy_nested_ner import evaluate` imports one."""
