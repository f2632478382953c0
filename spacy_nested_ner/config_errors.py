"""Mistakes in a config, as the errors that spaCy's commands print."""

from contextlib import contextmanager
from typing import Iterator

from thinc.api import ConfigValidationError


@contextmanager
def as_config_error() -> Iterator[None]:
    """Turn a ValueError into spaCy's config error, which is also a ValueError.

    For functions with arguments from a config: `spacy train`, `init` and `debug` print the
    message without a traceback and exit with code 1.
    """
    try:
        yield
    except ConfigValidationError:
        raise
    except ValueError as error:
        raise ConfigValidationError(title=str(error)) from error
