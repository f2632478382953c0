"""The GENIA term corpus 3.02 as published: one XML file, plain or in an archive.

    <article><articleinfo><bibliomisc>MEDLINE:1</bibliomisc></articleinfo>
    <title><sentence>…</sentence></title>
    <abstract><sentence>The <cons sem="G#DNA_domain_or_region"><cons sem="G#protein_molecule">
      IL-2</cons> gene</cons> …</sentence> …</abstract></article>

The reader keeps the usual five labels: a <cons> whose `sem` begins with G#DNA, G#RNA or
G#protein (with any subtype) or is G#cell_line or G#cell_type. A <cons> without `sem`, with a
coordination such as `(AND …)` or with another class is plain text. A mention that repeats
another one, with the same span and label, is lost as "repeated". Text of an article that is
outside its sentences is skipped as "outside a sentence".
"""

import re
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Counter as Counts
from typing import Dict, Iterator, List, Optional, Tuple, Union
from xml.parsers import expat

from ...files.damage import refuse_damage
from ...user_error import UserError, shorten
from ..faults import tolerate
from ..records import Record, Skipped
from ..sources import MAX_LINE, SourceFile, find_files
from .characters import CharacterSpan, make_record

KEPT = re.compile(r"G#(DNA|RNA|protein|cell_line\Z|cell_type\Z)")
CHUNK = 1 << 16  # bytes


def read_genia(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every sentence in file order, while reading the file.

    source: The .xml file, or a folder or an archive with exactly one.
    YIELDS: One record per sentence. If an article comes twice, both copies are yielded. Text
        between two tags that is in no sentence is skipped.
    RAISES (UserError): The file is no complete GENIA file.
    """
    files = find_files(source, [".xml"])
    if len(files) > 1:
        names = ", ".join(file.path_in_source for file in files)
        raise UserError(f"{source} has several .xml files, {names}: give exactly one.")
    (file,) = files
    parser = _SentenceParser(file)
    n_sentences = n_mentions = 0
    with file.open() as stream:
        # an empty chunk ends the parsing
        for chunk in chain(iter(partial(stream.read, CHUNK), b""), [b""]):
            for item in parser.feed(chunk):
                if isinstance(item, Record):
                    n_sentences += 1
                    n_mentions += len(item.mentions)
                yield item
    if n_sentences == 0:
        raise UserError(f"{file.name} has no <sentence>: give the GENIA term corpus.")
    if n_mentions == 0:
        raise UserError(
            f"{file.name} has {n_sentences} sentences, but no <cons> of DNA, RNA, cell_line, "
            "cell_type or protein: give the GENIA term corpus."
        )


class _SentenceParser:
    """Turn bytes into sentences. It uses expat directly, for DOCTYPE, entities and line
    numbers."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.n_bytes = 0  # fed so far
        self.records: List[Union[Record, Skipped]] = []
        self.seen: Counts[str] = Counter()  # articles by name
        self.document = ""  # name of the current article, and the same with its copy number
        self.article = ""
        self.paragraph = 0
        self.number = 0  # of the next sentence in the article
        self.in_sentence = self.in_head = False
        self.pieces: List[str] = []  # of the current sentence, name, or text outside of them
        self.length = 0  # of the pieces, in characters
        # start, label and number of the first piece of each open <cons>
        self.open: List[Tuple[int, Optional[str], int]] = []
        self.spans: List[CharacterSpan] = []
        self.problem: Optional[UserError] = None  # of the current sentence
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.start_doctype
        self.parser.SkippedEntityHandler = self.skip_entity
        self.parser.StartElementHandler = self.start_element
        self.parser.EndElementHandler = self.end_element
        self.parser.CharacterDataHandler = self.add_text

    def feed(self, chunk: bytes) -> List[Union[Record, Skipped]]:
        """Parse a chunk of the file and return the sentences that end in it."""
        self.n_bytes += len(chunk)
        what = f"{self.file.name} is incomplete or is not the GENIA XML"
        with refuse_damage(what, "download it again"):
            self.parser.Parse(chunk, not chunk)
        # with every chunk, expat parses an unfinished tag again from its beginning
        if self.n_bytes - self.parser.CurrentByteIndex > MAX_LINE:
            self.fail(f"a tag or comment has more than {MAX_LINE:,} bytes, remove it")
        records, self.records = self.records, []
        return records

    def start_element(self, tag: str, attributes: Dict[str, str]) -> None:
        self.skip_outside()
        if tag == "article":
            self.document = self.article = ""
            self.paragraph = self.number = 0
        elif tag == "articleinfo":
            self.in_head = True
        elif tag in ("title", "abstract"):
            self.paragraph += 1
        elif tag in ("bibliomisc", "sentence"):
            if self.in_sentence:
                self.fail(f"a <{tag}> is inside a <sentence>, end the sentence before it")
            self.in_sentence = tag == "sentence"
            self.take_text()
            self.spans = []
            self.problem = None
        elif tag == "cons":
            kept = KEPT.match(attributes.get("sem", "")) if self.in_sentence else None
            if not self.in_sentence:
                with tolerate("annotation"):
                    self.fail("a <cons> is outside a <sentence>, move it into one")
            self.open.append((self.length, kept[1] if kept else None, len(self.pieces)))

    def add_text(self, data: str) -> None:
        self.length += len(data)
        if self.length > MAX_LINE:
            self.fail(f"a sentence has more than {MAX_LINE:,} characters, divide it")
        self.pieces.append(data)

    def take_text(self) -> str:
        """The text since the last call."""
        text = "".join(self.pieces)
        self.pieces, self.length = [], 0
        return text

    def skip_outside(self) -> None:
        """Count text that is in no sentence. The head of an article is no text."""
        if not self.in_sentence and not self.in_head:
            text = " ".join(self.take_text().split())
            if text:
                line = self.parser.CurrentLineNumber
                where = f"{self.file.path_in_source}, up to line {line}: {shorten(text, 80)}"
                self.records.append(Skipped("outside a sentence", where))

    def end_element(self, tag: str) -> None:
        self.skip_outside()
        if tag == "cons":
            start, label, first = self.open.pop()
            is_blank = not any(map(str.strip, self.pieces[first:])) if label else False
            if is_blank and self.problem is None:
                with tolerate("annotation"):
                    self.fail(f"a <cons> with the label {label} is empty, remove it")
            elif label:
                where = f"{self.file.path_in_source}, line {self.parser.CurrentLineNumber}"
                self.spans.append(CharacterSpan(start, self.length, label, where))
        elif tag == "articleinfo":
            self.in_head = False
        elif tag == "bibliomisc":
            self.document = self.article = self.take_text().strip()
            self.seen[self.document] += 1
            if self.seen[self.document] > 1:
                self.article += f"#{self.seen[self.document]}"
        elif tag == "sentence":
            self.in_sentence = False
            with tolerate("record"):
                self.end_sentence()
            self.number += 1

    def end_sentence(self) -> None:
        text = self.take_text()
        if self.problem is not None:
            raise self.problem
        if not self.article:
            self.fail("a <sentence> has no <article> with a <bibliomisc>, add them")
        if not text.strip():
            self.fail("a <sentence> is empty, remove it")
        id = f"{self.article}:{self.number}"
        record = make_record(id, text, self.spans, document=self.document)
        self.records.append(replace(record, paragraph=self.paragraph))

    def start_doctype(
        self, name: str, system: Optional[str], public: Optional[str], has_subset: bool
    ) -> None:
        if has_subset:  # it could define an entity bomb; the published file has none
            self.fail("the DOCTYPE declares entities or elements, remove these declarations")

    def skip_entity(self, name: str, is_parameter: bool) -> None:
        # expat would silently drop its text
        problem = self.make_error(
            f"the entity &{name}; is not declared, replace it with its text"
        )
        if not self.in_sentence:
            raise problem
        self.problem = self.problem or problem

    def fail(self, what: str) -> None:
        raise self.make_error(what)

    def make_error(self, what: str) -> UserError:
        return UserError(f"{self.file.name}, line {self.parser.CurrentLineNumber}: {what}.")
