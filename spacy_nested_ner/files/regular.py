"""Open only files: a pipe or a device may wait or give bytes for ever."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Union


def open_regular(file: Union[str, Path]) -> BinaryIO:
    """Open a file for reading, also through a link.

    RAISES (OSError): It cannot be opened, or it is a pipe, a device, a socket or a folder.
    """
    # without O_NONBLOCK, opening a pipe waits for somebody who writes
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(file, os.O_RDONLY | flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is a folder, a pipe or a device, not a file")
        return open(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise
