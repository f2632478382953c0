"""The report of a conversion, report.json: what other parts of the package read from it."""

from pathlib import Path
from typing import Any, Dict, Mapping

import srsly

from ...files.damage import refuse_damage
from ...user_error import UserError

FACTS = ("dataset", "corpus", "language", "split", "unit", "spans_key", "licence", "citation")
COUNTS = ("articles", "docs", "tokens", "spans", "written")
REQUIRED = (*FACTS, "tokenizer_config", "encoder", "source", "parts")


def read_report(corpus: Path) -> Dict[str, Any]:
    """Read the report of a conversion, report.json in the folder of the corpus.

    RAISES (UserError): There is none, or it is of an earlier version.
    """
    path = corpus / "report.json"
    if not path.is_file():
        raise UserError(
            f"There is no {path}: convert the corpus first, with "
            "`python -m spacy_nested_ner convert`."
        )
    with refuse_damage(f"{path} is damaged", "convert the corpus again"):
        report: Dict[str, Any] = dict(srsly.read_json(path))
    missing = [name for name in REQUIRED if name not in report]
    if missing:
        raise UserError(
            f"{path} is of an earlier version and lacks {', '.join(missing)}: convert the "
            "corpus again."
        )
    return report


def corpus_facts(report: Mapping[str, Any]) -> Dict[str, Any]:
    """Select the facts of a report that model cards and benchmark results contain.

    RAISES (UserError): The report is incomplete.
    """
    with refuse_damage("The report of the corpus is incomplete", "convert the corpus again"):
        facts = {
            **{name: report[name] for name in FACTS},
            "source": dict(report["source"]),
            "parts": {
                part: {name: numbers[name] for name in COUNTS}
                for part, numbers in report["parts"].items()
            },
        }
        # a corpus without later sources has the facts that it had in earlier versions
        if report.get("added"):
            facts["added"] = [dict(source) for source in report["added"]]
        return facts
