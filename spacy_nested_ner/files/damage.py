"""The boundary to libraries that read files.

    with refuse_damage("a.zip is damaged or incomplete", "download it again"):
        zipfile.ZipFile("a.zip")

Libraries say what they raise for a damaged file in no list that is complete: a changed byte in
a DocBin is a KeyError or an OverflowError, depending on its place. So every call of such a
library has this boundary around it, and the code inside has none.
"""

import csv
import lzma
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import Iterator, Tuple, Type
from xml.parsers import expat

from ..user_error import UserError, shorten

LONGEST_REASON = 200  # characters
# not MemoryError or KeyboardInterrupt, which say nothing about a file
DAMAGE: Tuple[Type[Exception], ...] = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError),
    *(RuntimeError, SyntaxError, TypeError, ValueError),
    *(csv.Error, expat.ExpatError, lzma.LZMAError, struct.error, tarfile.TarError),
    *(zipfile.BadZipFile, zlib.error),
)


@contextmanager
def refuse_damage(
    what: str, advice: str, *, also: Tuple[Type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn the errors of libraries about bad bytes into one sentence.

    what: The file and what is wrong with it.
    advice: What to do.
    also: Errors of a library with classes of its own.
    RAISES (UserError): The body raised one of `DAMAGE` or `also`. A UserError of the body
    stays.
    """
    try:
        yield
    except UserError:
        raise
    except (*DAMAGE, *also) as error:
        raise UserError(f"{what} ({name_reason(error)}): {advice}.") from None


def name_reason(error: Exception) -> str:
    """The message of an error on one line, or its name if it has no message."""
    own = error.strerror if isinstance(error, OSError) else None
    text = " ".join((own or str(error)).split())
    if isinstance(error, LookupError) or not text:
        text = f"{type(error).__name__} {text}".rstrip()
    return shorten(text, LONGEST_REASON)
