"""The kind of a text file that is not JSON, by its first lines."""

import re
from typing import List, Optional, Sequence

from ..readers.columns import DOCUMENT
from ..readers.conllu_reader import ENTITY
from ..readers.conllu_reader import ID as CONLLU_ID
from ..readers.conllu_reader import N_COLUMNS as N_CONLLU_COLUMNS
from ..readers.pubtator import TEXT as PUBTATOR
from ..readers.tag_schemes import parse_tags
from ..readers.webanno import FORMAT as WEBANNO
from . import kinds
from .kinds import Kind

ROOT = re.compile(r"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<([\w:.-]+)", re.S)
ROOTS = {"set": kinds.GENIA, "collection": kinds.BIOC, "xmi:XMI": kinds.CAS}
OLD_WEBANNO = re.compile(r"#FORMAT=WebAnno|# ?webanno\.custom|#id=\d")
BRAT = re.compile(r"T\d+\t\S+ \d+ \d+[\d; ]*\t")
# "0,3 G#DNA|0,1 G#protein", sometimes with the offsets of the head too
LU_ROTH = re.compile(r"\d+,\d+(?:,\d+,\d+)? [^\s|]+(?:\|\d+,\d+(?:,\d+,\d+)? [^\s|]+)*")
INLINE_TAG = re.compile(r"\S+[|/](?:O|[BIESLUM]-\S+)")
# usual names of the columns of a table with mentions
STARTS = {"start", "start_char", "start_offset", "char_start", "span_start", "begin"}
ENDS = {"end", "end_char", "end_offset", "char_end", "span_end", "stop"}
MOST = 0.8  # share of lines


def find_xml_kind(head: str) -> Optional[Kind]:
    """The kind of an XML file, None for another root element."""
    root = ROOT.match(head)
    return ROOTS.get(root[1]) if root else None


def find_text_kind(head: str) -> Optional[Kind]:
    """head: Whole lines at the beginning of the file."""
    lines = [line for line in head.split("\n") if line.strip()]
    if not lines:
        return None
    if lines[0].startswith(WEBANNO):
        return kinds.WEBANNO
    if OLD_WEBANNO.match(lines[0]):
        return kinds.OLD_WEBANNO
    if PUBTATOR.fullmatch(lines[0]):
        return kinds.PUBTATOR
    if BRAT.match(lines[0]):
        return kinds.BRAT
    if _is_csv(lines[0]):
        return kinds.CSV
    words = [line.split("\t") for line in lines if not line.startswith("#")]
    if _is_most(words, [w for w in words if _is_conllu(w)]):
        has_entities = any(ENTITY in w[N_CONLLU_COLUMNS - 1] for w in words if _is_conllu(w))
        if has_entities or not _has_tags(lines):
            return kinds.CONLLU
    if len(lines) > 2 and LU_ROTH.fullmatch(lines[2]) and _is_parallel(lines):
        return kinds.LU_ROTH
    if _is_most(
        lines, [line for line in lines if all(map(INLINE_TAG.fullmatch, line.split()))]
    ):
        return kinds.INLINE_TAGS
    return kinds.COLUMNS if _has_tags(lines) else None


def _is_csv(header: str) -> bool:
    names = {
        re.sub(r"\W+", "_", name.strip('" ').lower()) for name in re.split("[,;\t]", header)
    }
    return bool(names & STARTS) and bool(names & ENDS)


def _is_conllu(cells: List[str]) -> bool:
    return len(cells) >= N_CONLLU_COLUMNS and CONLLU_ID.fullmatch(cells[0]) is not None


def _is_parallel(lines: List[str]) -> bool:
    """Whether the second line has a part of speech for each word in the first."""
    return len(lines[0].split()) == len(lines[1].split())


def _has_tags(lines: List[str]) -> bool:
    """Whether most lines have a tag in one of their columns after the first."""
    lines = [line for line in lines if not line.startswith(("#", DOCUMENT))]
    return _is_most(lines, [line for line in lines if any(map(parse_tags, line.split()[1:]))])


def _is_most(all: Sequence[object], some: Sequence[object]) -> bool:
    return bool(all) and len(some) >= MOST * len(all)
