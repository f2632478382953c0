"""The GENIA term corpus 3.02 as published: one XML file, plain or in a .tgz.

    <article><articleinfo><bibliomisc>MEDLINE:1</bibliomisc></articleinfo>
    <title><sentence>…</sentence></title>
    <abstract><sentence>The <cons sem="G#DNA_domain_or_region"><cons sem="G#protein_molecule">
      IL-2</cons> gene</cons> …</sentence> …</abstract></article>

Kept are the usual five types: a <cons> whose `sem` begins with G#DNA, G#RNA or G#protein (any
subtype) or is G#cell_line or G#cell_type. A <cons> without `sem`, with a coordination such as
`(AND …)` or with another class is plain text. Exact repeats (same span, same type) count once.
"""

import hashlib
import os
import re
import tarfile
import zlib
from collections import Counter
from functools import partial
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Counter as Counts
from typing import Dict, Iterator, List, Optional, Set, Tuple
from xml.parsers import expat

from ..records import CorpusError, Mention, Record

KEPT = re.compile(r"G#(DNA|RNA|protein|cell_line\Z|cell_type\Z)")
PUBLISHED = {  # SHA-256 of the archive and of the XML inside it
    "85b2aede313308c33783ba508d054d0af0ff9c7e48490f0db5168a9f88d74d1c",
    "c6d6966ea48522e48aa4b268323934897d9336fab3942fb48134ac174d989c5e",
}
LICENCE = {
    "full": "annotations CC BY 3.0, Corpus annotations (c) GENIA Project; "
    "abstracts from PubMed under the terms of the NLM",
    "sample": "MIT, text written for spacy-nested-ner",
    "custom": "unknown: see the source",
}
CITATION = (
    "Kim, Ohta, Tateisi, Tsujii. GENIA corpus - a semantically annotated corpus for "
    "bio-textmining. Bioinformatics 19 (2003)."
)
SUFFIXES = (".tgz", ".tar.gz", ".xml")
CHUNK = 1 << 16  # bytes
GZIP = b"\x1f\x8b"  # how every gzip file begins


def read_genia(source: Path) -> Iterator[Record]:
    """Yield every sentence in file order, streaming: nothing is unpacked to disk.

    source: The .tgz, the .xml, or a folder that holds exactly one of them.
    YIELDS: A record a sentence, of both copies of an article that comes twice.
    RAISES (CorpusError): Anything but a complete GENIA file.
    """
    file = find_genia(source)
    parser = _SentenceParser(file)
    n_sentences = n_mentions = 0
    for chunk in chain(_read_xml(file), [b""]):  # an empty chunk ends the file
        for record in parser.feed(chunk):
            n_sentences += 1
            n_mentions += len(record.mentions)
            yield record
    if n_sentences == 0:
        raise CorpusError(f"{file} holds no <sentence>: give the GENIA term corpus.")
    if n_mentions == 0:
        raise CorpusError(
            f"{file} holds {n_sentences} sentences without any <cons> of the types DNA, RNA, "
            "cell_line, cell_type or protein: give the GENIA term corpus."
        )


def describe_genia(source: Path) -> Dict[str, object]:
    """Say where the records come from and under which terms.

    RETURNS: The head of the report. `corpus` is "full" for the published file, "sample" when
        the root element says corpus="sample", else "custom".
    """
    file = find_genia(source)
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        for chunk in iter(partial(stream.read, CHUNK), b""):
            digest.update(chunk)
    sha256 = digest.hexdigest()
    if sha256 in PUBLISHED:
        corpus = "full"
    else:
        parser = _SentenceParser(file)
        parser.feed(next(_read_xml(file), b""))
        is_sample = parser.root is not None and parser.root.get("corpus") == "sample"
        corpus = "sample" if is_sample else "custom"
    return {
        "dataset": "genia",
        "corpus": corpus,
        "source": {"name": file.name, "sha256": sha256},
        "licence": LICENCE[corpus],
        "citation": CITATION if corpus == "full" else None,
        "language": "en",
    }


def find_genia(source: Path) -> Path:
    """The file itself, or the only candidate in a folder."""
    if not os.access(source, os.R_OK):
        raise CorpusError(
            f"{source} does not exist or cannot be read: give the GENIA .tgz, .xml or folder."
        )
    if source.is_dir():
        names = sorted(path.name for path in source.iterdir() if path.name.endswith(SUFFIXES))
        if len(names) != 1:
            raise CorpusError(
                f"The folder {source} must hold exactly one of {', '.join(SUFFIXES)} "
                f"and holds {', '.join(names) or 'none'}: give the file itself, or fetch the "
                "published one with `python -m spacy project assets`."
            )
        source = source / names[0]
    if not source.is_file() or source.stat().st_size == 0:
        raise CorpusError(f"{source} is empty or not a file: give the GENIA .tgz or .xml.")
    return source


def _read_xml(file: Path) -> Iterator[bytes]:
    """Yield the XML in chunks, from the file itself or from the only .xml in an archive."""
    try:
        with file.open("rb") as stream:
            is_archive = stream.read(len(GZIP)) == GZIP
            stream.seek(0)
            if is_archive:
                with tarfile.open(fileobj=stream, mode="r:gz") as archive:
                    member = archive.extractfile(_find_xml(file, archive))
                    assert member is not None  # _find_xml gives regular files only
                    yield from iter(partial(member.read, CHUNK), b"")
            else:
                yield from iter(partial(stream.read, CHUNK), b"")
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise CorpusError(f"{file} is damaged or cut short ({error}): get it anew.") from None


def _find_xml(file: Path, archive: tarfile.TarFile) -> tarfile.TarInfo:
    """The only .xml. Nothing is ever unpacked, but a name that leads outside is no accident."""
    members = archive.getmembers()
    for path in (PurePosixPath(member.name) for member in members):
        if path.is_absolute() or ".." in path.parts:
            raise CorpusError(f"{file} has a member that leads outside, '{path}': get it anew.")
    found = [member for member in members if member.isfile() and member.name.endswith(".xml")]
    if len(found) != 1:
        names = ", ".join(member.name for member in found) or "none"
        raise CorpusError(f"{file} must hold exactly one .xml file and holds {names}.")
    return found[0]


class _SentenceParser:
    """Bytes in, sentences out. On expat itself, which sees DOCTYPE, entities and lines."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.records: List[Record] = []
        self.root: Optional[Dict[str, str]] = None  # attributes of the outermost element
        self.seen: Counts[str] = Counter()  # articles by name
        self.document = ""  # name of the current article, and the same with its copy number
        self.article = ""
        self.paragraph = 0
        self.number = 0  # of the next sentence in the article
        self.text = ""  # of the current sentence or name
        self.open: List[Tuple[int, Optional[str]]] = []  # start and label of each open <cons>
        self.mentions: Set[Mention] = set()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.start_doctype
        self.parser.SkippedEntityHandler = self.skip_entity
        self.parser.StartElementHandler = self.start_element
        self.parser.EndElementHandler = self.end_element
        self.parser.CharacterDataHandler = self.add_text

    def feed(self, chunk: bytes) -> List[Record]:
        """Parse a piece of the file and return the sentences that ended in it."""
        try:
            self.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise CorpusError(
                f"{self.file} is cut short or is not the GENIA XML ({error}): get it anew."
            ) from None
        records, self.records = self.records, []
        return records

    def start_element(self, tag: str, attributes: Dict[str, str]) -> None:
        if self.root is None:
            self.root = attributes
        if tag == "article":
            self.document = self.article = ""
            self.paragraph = self.number = 0
        elif tag in ("title", "abstract"):
            self.paragraph += 1
        elif tag in ("bibliomisc", "sentence"):
            self.text = ""
            self.mentions = set()
        elif tag == "cons":
            kept = KEPT.match(attributes.get("sem", ""))
            self.open.append((len(self.text), kept[1] if kept else None))

    def add_text(self, data: str) -> None:
        self.text += data

    def end_element(self, tag: str) -> None:
        if tag == "cons":
            start, label = self.open.pop()
            if label and start == len(self.text):
                self.fail(f"a <cons> of type {label} is empty, remove it")
            if label:
                self.mentions.add(Mention(start, len(self.text), label))
        elif tag == "bibliomisc":
            self.document = self.article = self.text.strip()
            self.seen[self.document] += 1
            if self.seen[self.document] > 1:
                self.article += f"#{self.seen[self.document]}"
        elif tag == "sentence":
            if not self.article:
                self.fail("a <sentence> has no <article> with a <bibliomisc>, add them")
            if not self.text.strip():
                self.fail("a <sentence> is empty, remove it")
            id = f"{self.article}:{self.number}"
            mentions = tuple(sorted(self.mentions, key=lambda m: (m.start, -m.end, m.label)))
            self.records.append(Record(id, self.document, self.text, mentions, self.paragraph))
            self.number += 1

    def start_doctype(
        self, name: str, system: Optional[str], public: Optional[str], has_subset: bool
    ) -> None:
        if has_subset:  # where entity bombs live; the published file has none
            self.fail("the DOCTYPE declares entities or elements itself, remove those")

    def skip_entity(self, name: str, is_parameter: bool) -> None:
        # expat would drop the text behind it without a word
        self.fail(f"the entity &{name}; is not declared, replace it by its text")

    def fail(self, what: str) -> None:
        raise CorpusError(f"{self.file}, line {self.parser.CurrentLineNumber}: {what}.")
