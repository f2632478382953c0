"""Records: every reader yields them, and `convert` turns them into documents."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Optional, Tuple

Part = Literal["train", "dev", "test"]
PARTS: Tuple[Part, ...] = ("train", "dev", "test")


class Mention(NamedTuple):
    """A part of a text with a label. start, end: half-open, in characters."""

    start: int
    end: int
    label: str


class Lost(NamedTuple):
    """An annotation that is valid in its format but cannot become a `Mention`.

    reason: one of a few words, for counting, for example "discontinuous".
    where: file and line, or file and id.
    text: the annotated text.
    """

    reason: str
    where: str
    text: str


class Discontinuous(NamedTuple):
    """An annotation of several pieces with text between them, which is no `Mention`.

    pieces: half-open, in characters, as the source orders them; not empty.
    where: file and line, or file and id.
    """

    pieces: Tuple[Tuple[int, int], ...]
    label: str
    where: str


class Skipped(NamedTuple):
    """A record that its source excludes from use, for example an example that a Prodigy user
    rejected. Readers yield it instead of a `Record`."""

    reason: str
    where: str


@dataclass(frozen=True)
class Record:
    """A text with its mentions.

    id: unique in a source: `<article>:<number>` for a sentence, numbered from 0 in its article,
        or `<article>` for a whole article. The second copy of an article is `<name>#2`.
    document: name of the article; all copies of an article have the same name.
    mentions: sorted by start, then longer first, then label. No two are equal, but two may
        have the same span, and any two may nest or cross.
    paragraph: number of the paragraph in the article; a title is a paragraph.
    part: part of the published split, None if there is none.
    lost: annotations of the text that could not become mentions.
    discontinuous: annotations of several pieces; a policy of the conversion decides about them.
    unannotated: regions of which the mentions say nothing, for a label, or "" for all labels.
    rejected: parts of the text that are known to be no mention, also with a label or "".
    trimmed: number of mentions that began or ended with blanks in the source, or whose label
        did.
    annotator: name of the annotator, if the source gives one. Records of one text by several
        annotators have the same id, see `merge_annotators`.
    copy: 2 for the second copy of its article. `number_copies` sets it, not the reader.
    """

    id: str
    document: str
    text: str
    mentions: Tuple[Mention, ...]
    paragraph: int = 0
    part: Optional[Part] = None
    lost: Tuple[Lost, ...] = ()
    discontinuous: Tuple[Discontinuous, ...] = ()
    unannotated: Tuple[Mention, ...] = ()
    rejected: Tuple[Mention, ...] = ()
    trimmed: int = 0
    annotator: Optional[str] = None
    copy: int = 1

    @property
    def article(self) -> str:
        """The id of a sentence without its number. It differs between copies of an article."""
        return self.id.rpartition(":")[0]
