"""The result of `annotate`."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping

from ..tables import Block, Heading, Result, Table, Warned


@dataclass(frozen=True)
class AnnotationResult(Result):
    """The result of a run, together with the runs that it went on with.

    out: The output folder.
    records_out: Number of records in the shards.
    errors: Number of records in the errors files, by kind.
    labels: Number of spans by label.
    words: Number of tokens.
    seconds: Of this run, without the loading of the pipeline.
    words_now: Number of tokens that this run has annotated.
    """

    out: str
    records_out: int
    errors: Mapping[str, int]
    labels: Mapping[str, int]
    words: int
    seconds: float
    words_now: int

    def to_dict(self) -> Dict[str, Any]:
        return {
            "out": self.out,
            "records": self.records_out,
            "errors": dict(self.errors),
            "labels": dict(self.labels),
            "words": self.words,
            "seconds": self.seconds,
            "words_now": self.words_now,
        }

    def records(self) -> List[Dict[str, Any]]:
        """A row for each label."""
        return [{"label": label, "spans": n} for label, n in self.labels.items()]

    def blocks(self) -> Iterator[Block]:
        yield Heading(f"{self.records_out:,} records, {self.words:,} words")
        if self.labels:
            rows = [(name, f"{n:,}") for name, n in self.labels.items()]
            yield Table(("label", "spans"), rows)
        elif self.words:
            yield Warned(
                "The pipeline found no span: train it longer, or lower its threshold; see "
                "docs/troubleshooting.md"
            )
        if self.errors:
            kinds = ", ".join(f"{kind} {n:,}" for kind, n in self.errors.items())
            n_errors = sum(self.errors.values())
            yield Warned(
                f"Not annotated: {n_errors:,} records ({kinds}); {self.out}/errors has the "
                "reason for each"
            )
        rate = self.words_now / self.seconds if self.seconds else 0.0
        yield f"{self.words_now:,} words in {self.seconds:,.1f} s, {rate:,.0f} words/s"
        yield (
            f"Wrote {self.out}/shards" if self.records_out else f"Wrote no shard to {self.out}"
        )
