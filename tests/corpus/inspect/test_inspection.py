import json
import os
import re
import zlib
from collections import Counter
from pathlib import Path
from random import Random
from typing import List, Sequence, Tuple

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.util import filter_spans, registry

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.inspect.inspection import RARE, inspect_corpus
from spacy_nested_ner.corpus.inspect.misalignment import count_misaligned
from spacy_nested_ner.user_error import UserError
from tests.scoring.test_nesting import random_mentions, slow_disjoint, slow_relations

LABELS = ("part", "fault", "place")
NLP = spacy.blank("xx")
Mentions = Sequence[Tuple[int, int, str]]  # tokens, half-open


def make_doc(text: str, mentions: Mentions = (), key: str = "sc") -> Doc:
    """A doc with a token for each word, and a blank behind the last one."""
    doc = Doc(NLP.vocab, words=text.split())
    doc.spans[key] = [Span(doc, start, end, label=label) for start, end, label in mentions]
    return doc


def write(path: Path, docs: Sequence[Doc]) -> Path:
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    return path


@pytest.fixture
def inspect(tmp_path):
    def inspect(*docs: Doc, **settings):
        return inspect_corpus(write(tmp_path / "train.spacy", docs), **settings)

    return inspect


def random_docs(seed: int) -> List[Doc]:
    rng = Random(seed)
    docs = []
    for _ in range(30):
        n_tokens = rng.randint(1, 20)
        text = " ".join(rng.choice("abcde") for _ in range(n_tokens))
        mentions = random_mentions(rng, n_tokens, rng.randrange(10), len(LABELS))
        docs.append(make_doc(text, [(s, e, LABELS[label]) for s, e, label in mentions]))
    return docs


def test_the_tokenizer_of_a_pipeline_takes_texts_of_any_length():
    nlp = spacy.blank("en")
    nlp.max_length = 5  # limits parsers, not spans
    doc = make_doc("pump-seal leaks", [(0, 1, "part")])
    found = count_misaligned([doc], nlp, spans_key="sc", name="en")
    assert (found["count"], found["share"]) == (0, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_that_of_a_comparison_of_all_with_all(inspect, seed):
    docs = random_docs(seed)
    gold = [[(s.start, s.end, s.label_) for s in doc.spans["sc"]] for doc in docs]
    relations = [row for mentions in gold for row in slow_relations(mentions)]
    inside, around, same_label, crossing, same_span, depth = zip(*relations)
    nested = [a or b for a, b in zip(inside, around)]
    total = len(relations)

    facts = inspect(*docs)
    assert (facts["docs"], facts["mentions"]) == (30, total)
    assert facts["tokens"] == sum(len(doc) for doc in docs)
    assert {k: n["count"] for k, n in facts["nesting"].items()} == {
        "nested": sum(nested),
        "same_label_nested": sum(same_label),
        "inside": sum(inside),
        "crossing": sum(crossing),
        "same_span": sum(same_span),
        "overlapping": sum(map(any, zip(nested, crossing, same_span))),
    }
    assert {int(d): n["count"] for d, n in facts["depth"].items()} == Counter(depth)
    labels = Counter(label for mentions in gold for _, _, label in mentions)
    assert [(k, n["count"]) for k, n in facts["labels"].items()] == labels.most_common()
    best = sum(slow_disjoint([m[:2] for m in mentions]) for mentions in gold)
    assert facts["reach"]["flat"] == {"count": best, "share": round(best / total, 5)}
    assert best >= sum(len(filter_spans(doc.spans["sc"])) for doc in docs)
    assert facts["docs_without"]["mentions"]["count"] == gold.count([])


@pytest.mark.parametrize("width", [3, 6, 8, 12])
def test_the_reach_of_a_suggester_is_what_it_suggests(inspect, width):
    docs = random_docs(9)
    docs.append(make_doc("word " * 30, [(0, n, "part") for n in range(1, 16)]))
    suggester = registry.misc.get("spacy.ngram_range_suggester.v1")(1, width)
    suggested = suggester(docs)
    found = bounds = 0
    for doc, length in zip(docs, suggested.lengths):
        spans = {tuple(span) for span in suggested.data[bounds : bounds + length].tolist()}
        bounds += length
        found += sum((span.start, span.end) in spans for span in doc.spans["sc"])
    assert inspect(*docs)["reach"][f"width_{width}"]["count"] == found


def test_labels_come_by_frequency_and_rare_ones_are_named(inspect):
    text = "word " * 40
    often = [(i, i + 1, "part") for i in range(RARE + 2)]
    edge = [(i, i + 1, "fault") for i in range(RARE)]
    rare = [(i, i + 1, "place") for i in range(RARE - 1)]
    facts = inspect(make_doc(text, [*rare, *edge, *often]))
    assert list(facts["labels"]) == ["part", "fault", "place"]
    assert facts["labels"]["part"] == {"count": 12, "share": round(12 / 31, 5)}
    assert facts["rare_labels"] == ["place"]


def test_widths_and_lengths_are_counted_in_tokens(inspect):
    widths = [1] * 60 + [2] * 30 + [3] * 9 + [11]
    docs = [make_doc("word " * width + "end", [(0, width, "part")]) for width in widths]
    facts = inspect(*docs)
    expected = {"p50": 1, "p90": 2, "p95": 3, "p99": 3, "p99.9": 11, "max": 11}
    assert facts["width"] == expected
    assert facts["length"] == {name: width + 1 for name, width in expected.items()}


def test_the_price_of_a_narrower_grid(inspect):
    doc = make_doc("word " * 2_000, [(i, i + 1, "part") for i in range(2_000)])
    wide = make_doc("word " * 9, [(0, 9, "part")])
    assert inspect(doc, wide)["max_span_width"] == {
        "all": 9,
        "p99_9": 1,
        "lost": {"count": 1, "share": 0.0005},
    }


def test_docs_without_tokens_mentions_or_group_are_counted_separately(inspect):
    no_group = make_doc("a b")
    del no_group.spans["sc"]
    blank = Doc(NLP.vocab, words=["\n", " "], spaces=[False, False])
    blank.spans["sc"] = []
    facts = inspect(
        *(make_doc("") for _ in range(3)), blank, make_doc("a b", [(0, 1, "part")]),
        *(make_doc("a b") for _ in range(2)), no_group,
    )  # fmt: skip
    counts = {name: n["count"] for name, n in facts["docs_without"].items()}
    assert counts == {"tokens": 4, "mentions": 3, "group": 1}
    assert facts["docs_without"]["tokens"]["share"] == 0.5


def test_mentions_that_no_model_can_find_are_counted(inspect):
    doc = Doc(NLP.vocab, words=["a", " ", "b", "c"])
    part = Span(doc, 0, 1, label="part")
    blanks = [Span(doc, 0, 2, label="part"), Span(doc, 1, 3, label="part")]
    inner_blank = Span(doc, 0, 3, label="part")
    fault = Span(doc, 0, 1, label="fault")
    empty = [Span(doc, i, i, label="part") for i in range(4)]
    doc.spans["sc"] = [part, part, part, *blanks, inner_blank, fault, *empty]
    facts = inspect(doc)
    counts = {name: n["count"] for name, n in facts["unusable"].items()}
    assert counts == {"repeated": 2, "empty": 4, "blank": 2}
    assert facts["mentions"] == 5
    assert facts["nesting"]["same_span"]["count"] == 2


def test_overlap_with_other_files(inspect, tmp_path):
    train = [
        make_doc("pump leaks again", [(0, 1, "part"), (0, 2, "fault")]),
        make_doc("check valve", [(1, 2, "part")]),
        make_doc(""),
    ]
    check_valve = Doc(NLP.vocab, words=["Check", "  ", "valve"], spaces=[False, False, False])
    spans = [(1, 3, "tool"), (2, 3, "part"), (2, 3, "place")]
    check_valve.spans["sc"] = [Span(check_valve, s, e, label=label) for s, e, label in spans]
    dev = [
        make_doc("pump leaks again", [(0, 1, "part"), (0, 3, "fault")]),
        check_valve,
        make_doc("new pump", [(1, 2, "part")]),
        make_doc(""),
    ]
    files = [write(tmp_path / f"{name}.spacy", dev[:n]) for name, n in (("one", 1), ("all", 4))]
    one, both = (inspect(*train, dev=files)["overlap"][str(file)] for file in files)
    assert one == {
        "docs": 1,
        "mentions": 2,
        "same_text": {"count": 1, "share": 1.0},
        "seen": {"count": 1, "share": 0.5},  # "pump", not "pump leaks again"
        "too_wide": {"count": 1, "share": 0.5},
        "new_labels": [],
    }
    assert both == {
        "docs": 4,
        "mentions": 6,
        "same_text": {"count": 2, "share": 0.5},  # a doc without text is like no other
        "seen": {"count": 3, "share": 0.5},  # "valve" is a part in training, and no place
        "too_wide": {"count": 1, "share": round(1 / 6, 5)},
        "new_labels": ["place", "tool"],
    }


@pytest.fixture
def config(tmp_path) -> Path:
    """A training config: the pipeline has a tokenizer of its own, and a component."""
    path = tmp_path / "config.cfg"
    path.write_text(
        '[paths]\ntrain = null\n[nlp]\nlang = "en"\npipeline = ["sentencizer"]\n'
        '[nlp.tokenizer]\n@tokenizers = "spacy_nested_ner.PunctuationTokenizer.v1"\n'
        '[components]\n[components.sentencizer]\nfactory = "sentencizer"\n',
        encoding="utf8",
    )
    return path


def test_mentions_are_aligned_with_the_tokens_of_a_pipeline(inspect, config, tmp_path):
    """The config's tokenizer splits at the hyphen, that of the pipeline does not."""
    spacy.blank("en").to_disk(tmp_path / "pipeline")
    doc = Doc(NLP.vocab, words=["IL", "-", "2", "ge", "ne"], spaces=[0, 0, 1, 0, 0])
    mentions = [(0, 1, "a"), (0, 3, "a"), (0, 3, "b"), (0, 3, "b"), (0, 4, "b"), (0, 4, "b")]
    doc.spans["sc"] = [
        *(Span(doc, start, end, label=label) for start, end, label in mentions),
        Span(doc, 2, 2, label="a"),
    ]
    cut = {"label": "b", "text": "IL-2 ge", "token": "IL-2 gene"}
    assert inspect(doc, make_doc("c"), pipeline=str(config))["misaligned"] == {
        "tokenizer": str(config),
        "count": 1,
        "share": 0.25,
        "examples": [cut],
    }
    assert inspect(doc, pipeline=str(tmp_path / "pipeline"))["misaligned"] == {
        "tokenizer": str(tmp_path / "pipeline"),
        "count": 2,
        "share": 0.5,
        "examples": [{"label": "a", "text": "IL", "token": "IL-2"}, cut],
    }


def test_without_a_pipeline_there_are_no_facts_about_alignment(inspect):
    assert inspect(make_doc("a", [(0, 1, "part")]))["misaligned"] is None


def test_what_the_conversion_left_out_is_read_from_its_report(tmp_path):
    """Of the part itself: two of the five mentions of train end inside a token."""
    source = tmp_path / "source"
    source.mkdir()
    ends = {"train": [4, 2, 4, 4, 3], "dev": [1, 4], "test": [4]}  # of mentions in "pump leaks"
    for part, part_ends in ends.items():
        spans = ([{"start": 0, "end": end, "label": "part"}] for end in part_ends)
        lines = [json.dumps({"text": "pump leaks", "spans": s}) + "\n" for s in spans]
        (source / f"{part}.jsonl").write_text("".join(lines), encoding="utf8")

    options = {"format": "jsonl", "language": "en", "max_misaligned": 1}
    convert("custom", source, tmp_path / "drop", **options)
    facts = inspect_corpus(tmp_path / "drop" / "train.spacy")
    assert facts["mentions"] == 3
    assert facts["left_out"] == {
        "tokenizer": "spacy_nested_ner.PunctuationTokenizer.v1",
        "count": 2,
        "share": 0.4,
        "examples": [{"label": "part", "text": t, "token": "pump"} for t in ("pu", "pum")],
    }
    assert inspect_corpus(tmp_path / "drop" / "test.spacy")["left_out"]["count"] == 0

    moved = tmp_path / "expand"
    convert("custom", source, moved, format="jsonl", language="en", align="expand")
    facts = inspect_corpus(moved / "train.spacy")
    assert (facts["mentions"], facts["left_out"]["count"]) == (5, 0)
    assert facts["left_out"]["examples"] == []


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"parts": {"train": {}}}', '{"parts": {"other": {}}}']
)
def test_another_report_gives_no_facts_about_a_conversion(inspect, tmp_path, content):
    if content is not None:
        (tmp_path / "report.json").write_text(content, encoding="utf8")
    assert inspect(make_doc("a", [(0, 1, "part")]))["left_out"] is None


def test_json_holds_the_facts(inspect, config, tmp_path):
    dev = write(tmp_path / "dev.spacy", random_docs(2))
    facts = inspect(*random_docs(1), dev=[dev], pipeline=str(config))
    assert json.loads(json.dumps(facts)) == facts


def test_another_key(inspect, config, tmp_path):
    dev = write(tmp_path / "dev.spacy", [make_doc("a", [(0, 1, "part")], key="gold")])
    doc = Doc(NLP.vocab, words=["a", "b"], spaces=[False, False])
    doc.spans["gold"] = [Span(doc, 0, 1, label="part")]
    facts = inspect(doc, dev=[dev], spans_key="gold", pipeline=str(config))
    assert facts["spans_key"] == "gold"
    assert facts["misaligned"]["count"] == 1
    assert facts["overlap"][str(dev)]["seen"]["count"] == 1


def test_five_thousand_mentions_in_one_doc(inspect):
    n = 5_000
    mentions = [(i, 2 * n - i, LABELS[i % 2]) for i in range(n)]
    facts = inspect(make_doc("word " * (2 * n - 1) + "end", mentions))
    assert len(facts["depth"]) == n
    assert facts["nesting"]["same_label_nested"]["count"] == n
    assert facts["reach"]["flat"]["count"] == 1


GOOD = DocBin(docs=[make_doc("a b", [(0, 1, "part")])]).to_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "spacy file"),
        (b'{"text": "pump"}', "spacy file"),
        (GOOD[:-10], "spacy file"),
        (zlib.compress(zlib.decompress(GOOD)[:-10]), "spacy file"),
        (zlib.compress(b"\x91\x01"), "spacy file"),  # msgpack of something else
        (zlib.compress(zlib.decompress(GOOD).replace(b"strings", b"springs")), "spacy file"),
        (DocBin().to_bytes(), "no doc"),
        (DocBin(docs=[Doc(NLP.vocab, words=["a"])] * 2).to_bytes(), "'sc' .* 2 docs"),
        (DocBin(docs=[make_doc("a b"), make_doc("c")]).to_bytes(), "'sc' .* 2 docs"),
        (DocBin(docs=[make_doc("a", [(0, 1, "x")], "gold")]).to_bytes(), "'sc' .*'gold'"),
    ],
)
@pytest.mark.parametrize("files", [["bad.spacy", "good.spacy"], ["good.spacy", "bad.spacy"]])
def test_a_bad_file_is_one_clear_sentence(tmp_path, content, message, files):
    bad = tmp_path / "bad.spacy"
    bad.write_bytes(content)
    (tmp_path / "good.spacy").write_bytes(GOOD)
    train, dev = (tmp_path / file for file in files)
    with pytest.raises(UserError, match=message) as error:
        inspect_corpus(train, dev=[dev])
    assert str(error.value).startswith(str(bad))
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match=rf"missing\.spacy \({os.strerror(2)}"):
        inspect_corpus(tmp_path / "missing.spacy")
    with pytest.raises(UserError, match=re.escape(f"{tmp_path} (")):
        inspect_corpus(tmp_path)


@pytest.mark.parametrize("name", ["no_such_package", "missing.cfg", "bad.cfg", "empty.cfg"])
def test_a_pipeline_that_cannot_be_loaded(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("good.spacy").write_bytes(GOOD)
    Path("bad.cfg").write_text('[nlp]\nlang = "en"\n[nlp.tokenizer]\n@tokenizers = "none"\n')
    Path("empty.cfg").touch()
    with pytest.raises(UserError, match=f"'{name}' ") as error:
        inspect_corpus(Path("good.spacy"), pipeline=name)
    assert "\n" not in str(error.value)
