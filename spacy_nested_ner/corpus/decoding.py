"""Decode the bytes of a text, or say why they are no text in UTF-8."""

import codecs
import re

from ..user_error import UserError

# the first bytes of gzip, Zstandard, bzip2 and xz
COMPRESSED = re.compile(
    rb"\x1f\x8b|\x28\xb5\x2f\xfd|BZh[1-9](?:1AY&SY|\x17rE8P\x90)|\xfd7zXZ\0", re.S
)
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DECOMPRESS = "decompress it first"
AS_UTF8 = "save it as UTF-8"


def is_compressed(head: bytes) -> bool:
    """head: The first bytes of a file."""
    return COMPRESSED.match(head) is not None


def decode(data: bytes, name: str, line: int) -> str:
    """Decode bytes that begin in the given line of a file, without a byte order mark.

    name: Of the file, for messages.
    RAISES (UserError): The bytes are compressed, or no UTF-8.
    """
    if line == 1 and is_compressed(data):
        raise UserError(f"{name} is compressed: {DECOMPRESS}.")
    if line == 1 and data.startswith(UTF16_MARKS):
        raise UserError(f"{name} is UTF-16, not UTF-8: {AS_UTF8}.")
    if line == 1:
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf8")
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start)
        byte = f"byte {data[error.start]:#04x}"
        raise UserError(
            f"{name}, line {line}: {byte} is not UTF-8 ({error.reason}): save the file as "
            "UTF-8."
        ) from None
