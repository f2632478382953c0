"""The word `recipe` as the value of an option: the recipe of the corpus sets the option.

On the command line and in the variables of a project there is no None.
"""

from typing import Optional

RECIPE = "recipe"


def leave_to_recipe(value: str) -> Optional[str]:
    """Callback of an option: turn the word into None."""
    return None if value == RECIPE else value
