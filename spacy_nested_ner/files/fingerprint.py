"""`python -m spacy_nested_ner.files.fingerprint FILE`: write a hash of this package.

The steps of project.yml depend on FILE, so they run again after a change or an upgrade of the
package.
"""

import hashlib
import sys
from pathlib import Path

from ..about import __version__
from .writing import write_text

PACKAGE = Path(__file__).parent.parent


def fingerprint(package: Path = PACKAGE) -> str:
    """Version of this package and a hash of the names and bytes of its files.

    package: Folder with the code and the templates.
    RETURNS: It does not depend on dates of files or on compiled code.
    """
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = file.read_bytes()
            digest.update(f"{file.relative_to(package).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return f"spacy-nested-ner {__version__} {digest.hexdigest()}"


if __name__ == "__main__":
    _, out = sys.argv
    write_text(Path(out), f"{fingerprint()}\n")
