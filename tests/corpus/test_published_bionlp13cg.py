"""The brat reader against the counts of the Cancer Genetics task, BioNLP 2013."""

from collections import Counter
from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.corpus.readers.brat import read_brat
from spacy_nested_ner.corpus.records import Record
from tests.corpus.token_counts import count_tokens, percentile

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


@pytest.fixture(scope="module")
def records(datasets: Path) -> List[Record]:
    return list(read_brat(datasets / "bionlp13cg" / "bionlp-st-2013-cg.tar.gz"))


@pytest.mark.parametrize(
    ("part", "abstracts", "mentions", "inside", "nested_share"),
    [
        ("train", 300, 10935, 143, 0.023),
        ("dev", 100, 3634, 24, 0.012),
        ("test", 200, 6955, 87, 0.024),
    ],
)
def test_parts(records, part, abstracts, mentions, inside, nested_share):
    counts = count_tokens([record for record in records if record.part == part])
    assert (counts.texts, counts.mentions, counts.inside) == (abstracts, mentions, inside)
    assert counts.nested_share == pytest.approx(nested_share, abs=5e-4)


def test_all_parts_together(records):
    counts = count_tokens(records)
    assert (counts.texts, counts.mentions, counts.depth) == (600, 21524, 2)
    assert counts.nested_share == pytest.approx(0.021, abs=5e-4)
    assert not any(record.lost for record in records)


def test_types(records):
    assert len({m.label for record in records for m in record.mentions}) == 16
    train = [record for record in records if record.part == "train"]
    assert Counter(m.label for record in train for m in record.mentions).most_common(5) == [
        ("Gene_or_gene_product", 4028),
        ("Cell", 1978),
        ("Cancer", 1245),
        ("Simple_chemical", 1097),
        ("Organism", 952),
    ]


def test_widths_in_characters(records):
    widths = [m.end - m.start for record in records for m in record.mentions]
    assert [percentile(widths, p) for p in (50, 95, 99, 100)] == [7, 26, 38, 117]
    assert max(len(record.text) for record in records) == 2888


def test_ids_are_the_names_of_the_files(records):
    assert len({record.id for record in records}) == 600
    assert {record.id[:5] for record in records} == {"PMID-"}
    assert all(record.document == record.id for record in records)
