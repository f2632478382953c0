"""`python -m spacy nested-ner …`: the same commands below spaCy's own.

spaCy imports this module, which its entry point `spacy_cli` names, on each of its commands.
"""

from spacy.cli._util import app as spacy_app

from . import app

spacy_app.add_typer(app, name="nested-ner")
