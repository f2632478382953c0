"""What a writer writes, the reader of the format reads: the same texts and spans."""

import pytest

from spacy_nested_ner.corpus.readers import find_reader
from spacy_nested_ner.corpus.writers import find_writer, writer_names
from spacy_nested_ner.corpus.writers.gather import take_annotations
from spacy_nested_ner.corpus.writers.output import write_to
from tests.corpus.writers.awkward import PLAIN, SPACED, make_docs

READERS = {"prodigy": "jsonl"}  # others have the name of their format


def write_and_read(name, samples, out, **options):
    docs = make_docs(samples, **options)
    annotations = take_annotations(docs, "sc", name="docs")
    writer = find_writer(name)
    write_to(writer, out, writer.write(annotations))
    return list(find_reader(READERS.get(name, name))(out))


def expected(samples):
    return {text: sorted(spans) for _, _, text, spans in samples}


@pytest.mark.parametrize("scores", [None, [0.25, 0.987654]])
@pytest.mark.parametrize("name", writer_names())
def test_texts_and_spans_come_back(name, scores, tmp_path):
    samples = PLAIN if name == "gliner" else PLAIN + SPACED
    records = write_and_read(name, samples, tmp_path / f"out.{name}", scores=scores)
    assert len(records) == len(samples)
    if name == "label_studio" and scores:  # nobody has confirmed a prediction
        assert {record.reason for record in records} == {"prediction"}
        return
    found = {record.text: sorted(map(tuple, record.mentions)) for record in records}
    assert found == expected(samples)
    assert not any(record.lost or record.trimmed for record in records)


@pytest.mark.parametrize("name", writer_names())
def test_ids_and_source_documents_come_back(name, tmp_path):
    records = write_and_read(name, PLAIN, tmp_path / f"out.{name}")
    names = {record.text: (record.id, record.document) for record in records}
    for id, document, text, _ in PLAIN:
        # brat has no place for a source document, and the name of a file for an id
        wanted = (id.replace(":", "%3A"),) * 2 if name == "brat" else (id, document)
        assert names[text] == wanted
