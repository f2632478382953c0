"""Mistakes in a config, told the way spaCy's commands tell them."""

from contextlib import contextmanager
from typing import Iterator

from thinc.api import ConfigValidationError


@contextmanager
def as_config_error() -> Iterator[None]:
    """Turn a ValueError into spaCy's config error, which is a ValueError, too.

    `spacy train`, `init` and `debug` print its sentence without a traceback and exit with
    code 1. For functions that get their arguments from a config.
    """
    try:
        yield
    except ConfigValidationError:
        raise
    except ValueError as error:
        raise ConfigValidationError(title=str(error)) from error
