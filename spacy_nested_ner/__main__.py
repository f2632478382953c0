"""`python -m spacy_nested_ner`."""

from spacy_nested_ner.cli import main

if __name__ == "__main__":
    main()
