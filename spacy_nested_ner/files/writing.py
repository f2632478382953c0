"""Files that are written whole or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from ..corpus.records import CorpusError


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 beside its place, then move it there.

    RAISES (CorpusError): There is no writing there.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w",
            encoding="utf8",
            newline="\n",
            dir=path.parent,
            prefix=f".{path.name}-",
            delete=False,
        ) as stream:
            temporary = Path(stream.name)
            stream.write(text)
        # not the mode of temporary files, which nobody else may read
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise CorpusError(
            f"Cannot write {path} ({error.strerror}): give a file that can be written to."
        ) from None
