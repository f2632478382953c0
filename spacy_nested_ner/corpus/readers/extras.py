"""Libraries that only some readers need: extras of the package."""

from importlib import import_module
from types import ModuleType

from ...user_error import UserError


def import_extra(module: str, extra: str) -> ModuleType:
    """Import a library.

    RAISES (UserError): It is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise UserError(
            f"This format needs the library '{module}', which is not installed: run `pip "
            f'install "spacy-nested-ner[{extra}]"`.'
        ) from None
