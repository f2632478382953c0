"""The size of a Parquet file when decompressed, measured in a process of its own.

pyarrow checks the account of a column when it is asked for, and a damaged account ends the
whole process: `RowGroupMetaData.column` does not turn the error of C++ into one of Python.
"""

import os
import subprocess
import sys
from functools import lru_cache
from typing import Any, Tuple

from ...files.damage import LONGEST_REASON
from ...user_error import UserError, shorten

VALUE = 8  # bytes
# the process imports from where this one does, and not from its working folder
CODE = f"import sys; sys.path[:] = sys.argv[2:]; from {__name__} import main; main()"


def measure_parquet(path: str, name: str) -> int:
    """The bytes of a Parquet file when decompressed, by its own account: at least 8 for a
    value, because a value that repeats takes none in the file.

    name: stands in the message.
    RAISES (UserError): The account is damaged.
    """
    is_good, output = _run(path, os.stat(path).st_mtime_ns)
    if not is_good:
        raise UserError(
            f"The sizes of the columns in {name} cannot be read ({output}): write it again."
        )
    return int(output)


@lru_cache(maxsize=1)  # a reader asks twice for each file
def _run(path: str, changed: int) -> Tuple[bool, str]:
    """RETURNS: The success of the process, and the last line of its output."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, path, *sys.path],
        capture_output=True,
        text=True,
        errors="replace",
    )
    lines = (done.stderr if done.returncode else done.stdout).split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "no reason")
    return not done.returncode, shorten(last.replace("what():", "").strip(), LONGEST_REASON)


def add_sizes(metadata: Any) -> int:
    """metadata: of a `pyarrow.parquet.ParquetFile`."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return sum(
        max(column.total_uncompressed_size, VALUE * column.num_values)
        for group in groups
        for column in map(group.column, range(group.num_columns))
    )


def main() -> None:
    """Print the size of the file that the first argument names."""
    from pyarrow import parquet

    print(add_sizes(parquet.read_metadata(sys.argv[1])))
