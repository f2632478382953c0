"""How the command line says that a setting is left to the recipe: where None cannot be written,
as in the variables of a project, a word can."""

from typing import Optional

RECIPE = "recipe"


def leave_to_recipe(value: str) -> Optional[str]:
    """For options whose default is the word."""
    return None if value == RECIPE else value
