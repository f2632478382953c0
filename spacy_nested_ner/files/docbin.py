"""Read the docs of a .spacy file."""

import zlib
from pathlib import Path
from typing import Iterator, List

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from srsly.msgpack import Unpacker
from srsly.msgpack.exceptions import UnpackException

from ..user_error import UserError
from .damage import refuse_damage
from .limits import check_memory, check_size, limit
from .regular import open_regular

CHUNK = 1 << 16  # bytes
LARGEST = (1 << 31) - 1  # of msgpack
# memory of an empty doc and of a token, in bytes
DOC, TOKEN = 2000, 150
# the parts of a DocBin that hold bytes of one doc in each item
OF_DOCS = ("span_groups", "user_data")


def read_docs(file: Path, vocab: Vocab, *, user_data: bool = False) -> List[Doc]:
    """Read the docs of a .spacy file.

    user_data: Read doc.user_data, too; unpacking it takes a third of the time.
    RAISES (UserError): The file cannot be read, has another format or is too large, or has no
        documents.
    """
    try:
        with open_regular(file) as stream:
            data = stream.read()
    except OSError as error:
        raise UserError(f"Cannot read {file} ({error.strerror}): give a .spacy file.") from None
    docs = list(unpack_docs(data, str(file), vocab, user_data=user_data))
    if not docs:
        raise UserError(f"{file} has no documents: give a file with documents.")
    return docs


def unpack_docs(
    data: bytes, name: str, vocab: Vocab, *, user_data: bool = False
) -> Iterator[Doc]:
    """Yield the docs in the bytes of a .spacy file.

    name: Of the file, for messages.
    RAISES (UserError): The bytes are no DocBin, or decompress to too many.
    """
    what = f"{name} is not a .spacy file (spaCy's DocBin), or it is damaged"
    advice = "give a file that `convert` or DocBin.to_disk wrote"
    with refuse_damage(what, advice, also=(UnpackException,)):
        _measure(data, name)
        doc_bin = DocBin().from_bytes(data)
        if not user_data:
            doc_bin.user_data = []
        yield from doc_bin.get_docs(vocab)


def _measure(data: bytes, name: str) -> None:
    """Refuse a DocBin that spaCy should not read, by a look at its parts one after the other.

    RAISES (UserError): It decompresses to too many bytes, or to too many docs or tokens.
    """
    stream = _Decompressed(data, name)
    unpacker = Unpacker(
        stream,
        raw=False,
        max_buffer_size=LARGEST,
        **{f"max_{kind}_len": LARGEST for kind in ("str", "bin", "map", "ext")},
        max_array_len=0,  # in the items of lists: only those of `cats` may have lists
    )
    for _ in range(unpacker.read_map_header()):
        part = unpacker.unpack()
        if part in ("attrs", "cats", "version"):
            start = unpacker.tell()
            unpacker.skip()
            # an empty list has one byte here and 64 in memory
            check_size(unpacker.tell() - start, f"'{part}' in {name}", largest=limit() // 4)
        elif part in ("tokens", "spaces", "lengths"):
            size = len(unpacker.unpack())
            if part == "lengths":
                check_memory(DOC * (size // 4), name)
            elif part == "spaces":
                check_memory(TOKEN * size, name)
        else:
            for _ in range(unpacker.read_array_header()):
                item = unpacker.unpack()
                if part in OF_DOCS and item:
                    check_size(len(item), f"A document in {name}", largest=limit() // 16)
    while stream.read(CHUNK):  # there may be more behind it
        pass


class _Decompressed:
    """The decompressed bytes as a file.

    RAISES (UserError): There are too many.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.rest = data
        self.name = name
        self.decompressor = zlib.decompressobj()
        self.size = 0

    def read(self, size: int) -> bytes:
        chunk = self.decompressor.decompress(self.rest, size)
        self.rest = self.decompressor.unconsumed_tail
        self.size += len(chunk)
        check_size(self.size, self.name)
        return chunk
