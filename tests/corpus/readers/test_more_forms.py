"""Forms of research data that an existing reader reads with a line or two more."""

import json

import pytest

from spacy_nested_ner.corpus.readers.columns import read_columns
from spacy_nested_ner.corpus.readers.token_json import read_token_json
from spacy_nested_ner.corpus.records import Mention
from spacy_nested_ner.user_error import UserError

TOKENS = ["Nord", "Bank", "opens"]


def pyramid(span: object) -> str:
    return json.dumps([{"tokens": TOKENS, "entities": [{"entity_type": "ORG", "span": span}]}])


def test_spans_of_pyramid_are_start_and_end(tmp_path):
    (tmp_path / "a.json").write_text(pyramid([0, 2]), encoding="utf8")
    (record,) = read_token_json(tmp_path)
    assert record.mentions == (Mention(0, 9, "ORG"),)


@pytest.mark.parametrize("span", [[0], [0, 4], [2, 1], [], ["0", "2"]])
def test_a_bad_span_of_pyramid_is_named(tmp_path, span):
    (tmp_path / "a.json").write_text(pyramid(span), encoding="utf8")
    with pytest.raises(UserError, match=r"a\.json, record 0 "):
        list(read_token_json(tmp_path))


def test_ids_of_sentences_in_multiconer_are_no_tokens(tmp_path):
    text = (
        "\n# id 1-2\tdomain=en\nnord _ _ B-ORG\nbank _ _ I-ORG\n\n"
        "# id 1-3\tdomain=en\n# _ _ B-X\nkiel _ _ B-LOC\n"
    )
    (tmp_path / "a.conll").write_text(text, encoding="utf8")
    first, second = read_columns(tmp_path)
    assert (first.text, first.mentions) == ("nord bank", (Mention(0, 9, "ORG"),))
    assert (second.text, len(second.mentions)) == ("# kiel", 2)
