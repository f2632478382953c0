"""Discontinuous mentions: several pieces with text between them, which no span can be.

Take "left and right lung" with the mention "left … lung": "drop" leaves it out, "cover" makes
it the span from its first to its last character, and "parts" makes each piece a mention.
"""

from dataclasses import replace
from typing import List, Set

from ...user_error import UserError
from ..records import Discontinuous, Lost, Mention, Record

DISCONTINUOUS = ("drop", "cover", "parts")


def check_discontinuous(policy: str) -> None:
    """RAISES (UserError): The policy is unknown."""
    if policy not in DISCONTINUOUS:
        raise UserError(
            f"Unknown value '{policy}' of discontinuous: choose one of "
            f"{', '.join(DISCONTINUOUS)}."
        )


def settle_discontinuous(record: Record, policy: str) -> Record:
    """Apply the policy for discontinuous mentions to a record, which has none afterwards.

    policy: One of `DISCONTINUOUS`. "drop" adds them to `lost` as "discontinuous"; the others
        add mentions, but not one that is there already: this is lost as "repeated".
    """
    assert policy in DISCONTINUOUS
    mentions: Set[Mention] = set(record.mentions)
    lost: List[Lost] = []
    for item in record.discontinuous:
        text = " ".join(record.text[start:end] for start, end in item.pieces)
        if policy == "drop":
            lost.append(Lost("discontinuous", item.where, text))
        for mention in _make_mentions(item, policy):
            if mention in mentions:
                lost.append(
                    Lost("repeated", item.where, record.text[mention.start : mention.end])
                )
            mentions.add(mention)
    ordered = tuple(sorted(mentions, key=lambda m: (m.start, -m.end, m.label)))
    return replace(record, mentions=ordered, lost=(*record.lost, *lost), discontinuous=())


def _make_mentions(item: Discontinuous, policy: str) -> List[Mention]:
    if policy == "drop":
        return []
    if policy == "parts":
        return [Mention(start, end, item.label) for start, end in item.pieces]
    starts, ends = zip(*item.pieces)
    return [Mention(min(starts), max(ends), item.label)]
