"""`python -m spacy nested-ner …`: the same commands as a subcommand of spaCy.

The entry point `spacy_cli` names this module; spaCy imports it for each of its commands.
"""

from spacy.cli._util import app as spacy_app

from . import app

spacy_app.add_typer(app, name="nested-ner")
