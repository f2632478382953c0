"""Which documents a person should annotate next (the field's term is active learning)."""
