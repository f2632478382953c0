"""Turn errors in a config into errors that spaCy's commands print."""

from contextlib import contextmanager
from typing import Iterator

from thinc.api import ConfigValidationError


@contextmanager
def as_config_error() -> Iterator[None]:
    """Turn a ValueError into a ConfigValidationError, which is also a ValueError.

    For functions with arguments from a config: `spacy train`, `init` and `debug` print a
    ConfigValidationError without a traceback and exit with code 1.
    """
    try:
        yield
    except ConfigValidationError:
        raise
    except ValueError as error:
        raise ConfigValidationError(title=str(error)) from error
