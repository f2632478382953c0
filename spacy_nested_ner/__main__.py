"""`python -m spacy_nested_ner`."""

from .cli import main

if __name__ == "__main__":
    main()
