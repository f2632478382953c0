import pytest

from spacy_nested_ner.corpus.readers.tokens import TokenSpan, join_tokens, make_token_record
from spacy_nested_ner.corpus.records import Lost, Mention


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["Kiel", "Canal", "opens", "."], "Kiel Canal opens ."),
        (["水", "泵", "漏", "油", "。"], "水泵漏油。"),
        (["ポンプ", "が", "止まる", "。"], "ポンプが止まる。"),
        (["펌프", "가", "샌다"], "펌프 가 샌다"),
        (["更换", "O", "形圈", "2", "个", "！"], "更换 O 形圈 2 个！"),
        (["ＮＯ", "．", "１", "泵"], "ＮＯ．１泵"),
        (["泵A", "号"], "泵A 号"),
        (["泵", "号A"], "泵号A"),
        (["𠀀", "水"], "𠀀水"),
        ([], ""),
        (["one"], "one"),
    ],
)
def test_a_blank_stands_between_tokens_but_not_in_scripts_without(tokens, text):
    assert join_tokens(tokens)[0] == text


@pytest.mark.parametrize(
    "tokens",
    [
        ["Kiel", "Canal"],
        ["水泵", "漏", "of", "oil", "油", "。"],
        ["New York", "is", "big"],
        ["20\u00a0000", "\u00a0", "km"],
        ["a\tb", " c "],
    ],
)
def test_offsets_give_the_tokens_back_blanks_in_them_too(tokens):
    text, offsets = join_tokens(tokens)
    assert [text[start:end] for start, end in offsets] == tokens


def test_spans_of_tokens_become_mentions_in_order_outer_first():
    tokens = ["Kiel", "Canal", "Ltd", "pays"]
    spans = [(1, 2, "B"), (0, 1, "B"), (0, 3, "B"), (1, 2, "A")]
    spans = [TokenSpan(*span, "") for span in spans]
    record = make_token_record("a:3", tokens, spans, document="a", part="dev")
    assert (record.id, record.document, record.part) == ("a:3", "a", "dev")
    assert record.text == "Kiel Canal Ltd pays"
    assert record.mentions == (
        Mention(0, 14, "B"),
        Mention(0, 4, "B"),
        Mention(5, 10, "A"),
        Mention(5, 10, "B"),
    )


def test_an_exact_repeat_is_lost_and_nothing_else_is():
    given = Lost("discontinuous", "line 1", "x y")
    spans = [TokenSpan(0, 1, "A", "line 1"), TokenSpan(0, 1, "B", "line 2")]
    again = TokenSpan(0, 1, "A", "line 3")
    record = make_token_record("a", ["red", "ink"], [*spans, again], lost=[given])
    assert record.mentions == (Mention(0, 3, "A"), Mention(0, 3, "B"))
    assert (record.document, record.part) == ("a", None)
    assert record.lost == (given, Lost("repeated", "line 3", "red"))
