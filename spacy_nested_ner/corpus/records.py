"""The one shape that every reader produces and the converter consumes."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Optional, Tuple

Part = Literal["train", "dev", "test"]
PARTS: Tuple[Part, ...] = ("train", "dev", "test")


class Mention(NamedTuple):
    """A labelled piece of a text, in half-open characters."""

    start: int
    end: int
    label: str


class Lost(NamedTuple):
    """An annotation that is right in its format but no `Mention` can carry.

    reason: one of a few words, to count by: "discontinuous", for one.
    where: file and line, or file and id.
    text: what was annotated.
    """

    reason: str
    where: str
    text: str


class Skipped(NamedTuple):
    """A record of the source that the format itself marks as not to be used: an example that
    a Prodigy user rejected, for one. Readers yield it in the place of a `Record`."""

    reason: str
    where: str


@dataclass(frozen=True)
class Record:
    """A stretch of natural text with its mentions.

    id: unique in a file: `<article>:<number>` for a sentence, numbered from 0 in its article,
        or `<article>` for a whole article. The second article of one name is `<name>#2`.
    document: name of the article, the same for all its copies.
    mentions: sorted by start, then longer first, then label. No two are equal, but two may
        share a span, and any two may nest or cross.
    paragraph: number of the paragraph within the article; a title is a paragraph.
    part: the part that it is published in, None where there is no published split.
    lost: annotations of the text that are not among the mentions.
    """

    id: str
    document: str
    text: str
    mentions: Tuple[Mention, ...]
    paragraph: int = 0
    part: Optional[Part] = None
    lost: Tuple[Lost, ...] = ()

    @property
    def article(self) -> str:
        """Of a sentence, its id without the number: tells the copies of an article apart."""
        return self.id.rpartition(":")[0]
