import base64
import hashlib
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from spacy_nested_ner.evaluation.documents import Mention
from spacy_nested_ner.evaluation.errors import judge
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.reporting.card import Corpus
from spacy_nested_ner.user_error import UserError
from tests.reporting.pages import DOCS, HOSTILE, META, Page, make, make_doc, make_once

pytest.importorskip("matplotlib")


def squeeze(text: str) -> str:
    return " ".join(text.split())


def percent(score) -> str:
    return "–" if score is None else f"{100 * score:.1f}"


@pytest.fixture(scope="module")
def page():
    return Page(make_once())


@pytest.mark.parametrize(
    ("caption", "facet"),
    [
        ("Scores by label", "label"),
        ("Scores by frequency of the label", "frequency"),
        ("Scores by nesting", "structure"),
        ("Scores by depth", "depth"),
        ("Scores by width", "width"),
    ],
)
def test_the_tables_have_the_numbers_of_the_evaluation(page, caption, facet):
    expected = [
        [
            percent(s["f"]["value"]),
            "–"
            if s["f"]["low"] is None
            else f"{percent(s['f']['low'])} to {percent(s['f']['high'])}",
            *(percent(s[name]["value"]) for name in ("p", "r")),
            *(f"{s[name]:,}" for name in ("gold", "predicted", "right")),
        ]
        for s in evaluate_docs(DOCS, n_resamples=50)["scores"][facet].values()
    ]
    _, *rows = page.tables[caption]
    assert sorted(row[1:] for row in rows) == sorted(expected)


def test_each_type_has_the_numbers_of_its_name_the_most_frequent_on_top(page):
    _, *rows = page.tables["Scores by label"]
    gold = Counter(mention.label for doc in DOCS for mention in doc.gold)
    assert [(row[0], row[5]) for row in rows] == [
        ("part", str(gold["part"])),
        ("fault", str(gold["fault"])),
        ("action", "0"),
    ]
    assert gold["part"] > gold["fault"]


def test_headline_numbers_stand_above_their_intervals(page):
    evaluation = evaluate_docs(DOCS, n_resamples=50)
    f1 = evaluation["scores"]["all"]["micro"]["f"]
    text = squeeze(page.text)
    interval = f"{percent(f1['low'])} to {percent(f1['high'])}"
    assert re.search(rf"F1 ?{percent(f1['value'])} ?{interval}", text)
    assert re.search(rf"Macro F1 .*\b{evaluation['macro']['labels']} ", text)


def test_the_header_warns_of_a_small_sample():
    header, _ = make(DOCS).split("</header>", 1)
    assert header.count('class="warning"') == 1
    assert f"in {len(DOCS)} documents" in header
    header, _ = make(DOCS * 15).split("</header>", 1)
    assert "warning" not in header.split("</style>")[1]


def test_recall_of_all_gold_stands_beside_recall():
    doc = replace(DOCS[3], not_aligned=(Mention(0, 2, "part"), Mention(3, 4, "part")))
    text = squeeze(Page(make([doc, DOCS[0]])).text)
    assert "Recall of all gold" in text
    assert "Recall of all gold" not in squeeze(Page(make([DOCS[3], DOCS[0]])).text)


def test_errors_are_counted_by_kind_and_by_type(page):
    judged = [one for doc in DOCS for one in judge(doc)]
    kinds = Counter(one.kind for one in judged)
    names = {
        "missed": "missed",
        "spurious": "spurious",
        "boundary": "boundary off",
        "type": "wrong label",
        "both": "boundary off and wrong label",
        "correct": "correct",
    }
    assert all(kinds[kind] for kind in names)  # the documents have one of each
    _, *rows = page.tables["Kinds of errors"]
    assert {row[0]: int(row[1]) for row in rows} == {
        name: kinds[kind] for kind, name in names.items()
    }
    header, *rows = page.tables["Kinds of errors by label"]
    assert sum(int(cell) for row in rows for cell in row[1:]) == len(judged)
    assert header[1:] == list(names.values())


def test_offsets_are_described_in_words(page):
    _, *rows = page.tables["Offsets of wrong boundaries"]
    assert rows == [["ends 1 token too late", "1"]]


def test_the_matrix_and_the_pairs_have_the_confused_types(page):
    header, *rows = page.tables["The matrix in numbers"]
    confusion = evaluate_docs(DOCS, n_resamples=0)["errors"]["confusion"]
    labels = [*confusion["labels"], None]
    cells = {
        (row[0], column): int(cell) for row in rows for column, cell in zip(header[1:], row[1:])
    }
    assert len(cells) == len(labels) ** 2
    for i, gold in enumerate(labels):
        for j, predicted in enumerate(labels):
            place = (gold or "spurious", predicted or "missed")
            assert cells[place] == confusion["counts"][i][j], place
    _, *pairs = page.tables["Confused labels"]
    assert {(gold, other): int(n) for gold, other, n in pairs} == {
        place: n
        for place, n in cells.items()
        if n and place[0] != place[1] and not {"spurious", "missed"} & {*place}
    }


def test_the_documents_with_the_most_errors_come_first_and_text_is_kept(page):
    errors = {
        number: sum(one.kind != "correct" for one in judge(doc))
        for number, doc in enumerate(DOCS, start=1)
    }
    numbers = [number for number, _ in page.documents]
    assert sorted(numbers) == list(errors)
    assert [errors[n] for n in numbers] == sorted(errors.values(), reverse=True)
    for number, text in page.documents:
        assert text == DOCS[number - 1].text
    assert re.search(r"\b3 of .*\b5 ", squeeze(page.text))


def test_the_page_shows_the_worst_documents_and_their_number(page):
    cut = Page(make(n_documents=2))
    assert [n for n, _ in cut.documents] == [n for n, _ in page.documents][:2]
    assert "2 of 5" in squeeze(cut.text)
    assert cut.tables == page.tables


def test_the_model_card_is_on_it(page):
    text = squeeze(page.text)
    for fact in (
        "en_nested_pumps 1.2.3 on pumps/test.spacy",
        "Parts and faults of pumps.",
        "CC0",
        "pumps (custom), split by published, 1,234 documents, 56,789 tokens, 4,321 mentions",
        "precision 25.0, recall 75.0, F1 50.0",
        "5, of them 1 without a gold mention",
    ):
        assert fact in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"labels": None, "corpus": "x", "performance": [], "sources": [1], "pipeline": None},
        {"corpus": {"parts": None}, "sources": {"name": "x"}, "labels": {"a": [1, "b"]}},
        {"corpus": {"parts": {"train": {"docs": "many"}}}, "performance": {"spans_sc_f": "x"}},
        {"description": "half a character: \ud800"},
    ],
)
def test_a_strange_meta_makes_a_page(meta):
    html = make(meta=meta)
    assert "pumps/test.spacy" in Page(html).text
    html.encode("utf8")


@pytest.mark.slow
def test_same_input_same_bytes():
    """In another process, too, where sets have another order."""
    code = "import sys, tests.reporting.pages as p; sys.stdout.buffer.write(p.make().encode())"
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert fresh.stdout == make_once().encode()


def make_hostile() -> str:
    doc = make_doc(
        f"{HOSTILE} pump",
        [(0, 1, HOSTILE), (1, 2, 'a" onclick="x')],
        [(0, 2, f"{{{{ {HOSTILE} }}}}", 0.9)],
        HOSTILE,
    )
    meta = dict.fromkeys(META, HOSTILE)
    meta["sources"] = [{"name": HOSTILE, "author": HOSTILE}]
    meta["labels"] = {HOSTILE: [HOSTILE]}
    meta["corpus"] = {"dataset": HOSTILE, "parts": {"train": {HOSTILE: HOSTILE}}}
    return make([doc, *DOCS], meta=meta, corpus=Corpus(HOSTILE, HOSTILE, HOSTILE))


def test_hostile_words_make_no_element_and_no_attribute():
    page = Page(make_hostile())
    assert len(page.scripts) == 1
    assert not [a for a in page.attributes if a[1].startswith("on")]
    assert not [a for a in page.attributes if a[0] in ("img", "iframe", "object", "base")]
    assert HOSTILE in page.text
    assert {name for _, name, _ in page.attributes} == {
        name for _, name, _ in Page(make_once()).attributes
    }


def test_the_policy_allows_the_one_script_by_its_hash_and_no_request():
    page = Page(make_hostile())
    (policy,) = [value for _, name, value in page.attributes if value and "script-src" in value]
    digest = base64.b64encode(hashlib.sha256(page.scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    links = {value for _, name, value in page.attributes if name in ("src", "href", "action")}
    assert all(value.startswith("#") for value in links)
    html = make_once()
    assert not re.search(r"url\((?!#)|@import", html)


def test_all_ids_differ_and_references_find_theirs():
    page = Page(make_once())
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in page.attributes:
        if name == "href":
            assert value[1:] in ids
        elif name == "aria-labelledby":
            assert set(value.split()) <= set(ids)


@pytest.mark.slow
def test_155_types_are_readable():
    words = " ".join(f"w{i}" for i in range(155))
    spans = [(i, i + 1, f"type {i:03}") for i in range(155)]
    found = [(*span, 0.5 + i / 400) for i, span in enumerate(spans) if i % 3]
    docs = [make_doc(words, spans, found)]
    page = Page(make([*docs, *DOCS]))
    assert len(page.tables["Scores by label"]) == 1 + 155 + 3
    text = squeeze(page.text)
    shown = re.findall(r"(\d+)[^.]*? of (\d+) labels\.", text)
    # those with a probability, and all
    assert {("40", "158"), ("12", str(len(found) + 3)), ("20", "158")} <= {*shown}
    header, *rows = page.tables["The matrix in numbers"]
    assert len(header) == 1 + 20 + 2  # the others as one, and the missed
    n_gold = sum(len(doc.gold) for doc in (*docs, *DOCS))
    assert sum(int(cell) for row in rows[:-1] for cell in row[1:]) == n_gold


@pytest.mark.slow
@pytest.mark.parametrize(
    "docs",
    [
        [make_doc("pump leaks", [(0, 1, "part")])],
        [make_doc("pump leaks", [(0, 1, "part")], [(0, 1, "part", 1.0)])],
        [make_doc("pump leaks", [], [(0, 2, "part")])],
        [make_doc("", [], []), make_doc("pump", [(0, 1, "part")], [(0, 1, "part")])],
    ],
    ids=["nothing predicted", "all right", "nothing gold", "no text"],
)
def test_few_mentions_make_a_page(docs):
    page = Page(make(docs))
    assert len(page.documents) == len(docs)
    assert "nan" not in page.text
    assert all(len(rows) > 1 for rows in page.tables.values())


def test_without_matplotlib_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=r'pip install "spacy-nested-ner\[report\]"'):
        make()
