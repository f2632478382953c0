"""A short form of the fuzzing of the readers, and properties of messages and drawings."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz_documents import fuzz_predict
from benchmarks.fuzz_readers import (
    check_account,
    check_message,
    fuzz_readers,
    make_case,
    run_case,
)
from benchmarks.fuzz_samples import make_samples
from benchmarks.fuzz_training import fuzz_training
from spacy_nested_ner.corpus.readers import reader_names
from spacy_nested_ner.decoding import decode
from spacy_nested_ner.rendering import Bar, draw
from spacy_nested_ner.user_error import UNPRINTABLE, UserError, printable, shorten

pytest.importorskip("pyarrow")
pytest.importorskip("bioc")
pytest.importorskip("cassis")
TEXTS = st.text(st.characters(codec=None), max_size=60)


def test_every_format_has_a_sample_that_is_converted():
    samples = make_samples()
    assert {name.split()[0] for name in samples} == {*reader_names()} - {"maintie_top"}
    for name, files in samples.items():
        assert run_case(name.split()[0], files, 0) == ("converted", ""), name


def test_damaged_files_are_converted_whole_or_refused_in_a_sentence(tmp_path):
    outcomes, failures = fuzz_readers(200, 0, out=tmp_path / "failures")
    assert failures == 0, sorted(tmp_path.rglob("failure.txt"))
    assert set(outcomes) == {"converted", "refused"}


def test_a_case_can_be_made_again():
    samples = make_samples()
    assert make_case(samples, 77, 1) == make_case(samples, 77, 1)
    assert make_case(samples, 77, 1) != make_case(samples, 77, 2)


def test_a_traceback_is_a_failure_with_its_files(tmp_path, monkeypatch):
    import benchmarks.fuzz_readers as fuzz

    def break_down(*arguments, **options):
        raise KeyError("x")

    monkeypatch.setattr(fuzz.converter, "convert", break_down)
    outcomes, failures = fuzz_readers(3, 0, out=tmp_path)
    assert failures == outcomes["KeyError"] == 3
    assert len(list(tmp_path.glob("*/failure.txt"))) == 3
    report = {
        "records": {"read": 3, "skipped": 0, "written": 2},
        "mentions": dict.fromkeys(("read", "skipped", "dropped", "merged", "written"), 0),
        "parts": {},
    }
    assert "records" in check_account(report)
    assert check_message("no sentence") != ""
    assert check_message("ESC \x1b.") != ""


def test_hostile_documents_get_good_spans(tmp_path):
    outcomes, failures = fuzz_predict(40, 1, first=200, out=tmp_path)
    assert failures == 0, sorted(tmp_path.rglob("failure.txt"))
    assert min(outcomes["with spans"], outcomes["without a span"]) > 5


def test_a_span_on_whitespace_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "_touches_whitespace", lambda docs, spans: spans.doc < 0)
    assert fuzz_predict(60, 1, first=200, out=tmp_path)[1] > 0
    assert "whitespace" in next(tmp_path.glob("*/failure.txt")).read_text(encoding="utf8")


def test_hostile_batches_are_learned_or_refused(tmp_path):
    outcomes, failures = fuzz_training(18, 1, first=20, out=tmp_path)
    assert failures == 0, sorted(tmp_path.glob("training.txt"))
    assert sum(outcomes.values()) == outcomes["learned"] + outcomes["refused"] == 18


def test_an_update_that_is_left_out_is_a_failure(tmp_path, monkeypatch):
    from spacy_nested_ner.pipe import update_guard

    monkeypatch.setattr(update_guard, "has_finite_norm", lambda gradient: False)
    assert fuzz_training(6, 1, first=20, out=tmp_path)[1] > 0


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_messages_are_printable_and_encode(text):
    message = str(UserError(text))
    assert not UNPRINTABLE.search(message)
    assert message.encode("utf8").decode("utf8") == message
    assert printable(message) == message


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(3, 40))
def test_a_shortened_text_keeps_its_ends(text, longest):
    short = shorten(text, longest)
    assert len(short) <= longest
    assert short == text or (short[0] == text[0] and short[-1] == text[-1])


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from("AB")), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=31, max_size=40), SPANS)
def test_a_drawing_holds_its_text(text, spans):
    from tests.rendering.test_draw import Parsed

    bars = [Bar(min(a, b), max(a, b) + 1, label) for a, b, label in spans]
    parsed = Parsed(str(draw(text, bars, bars)))
    expected = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in text)
    assert parsed.text == expected


@settings(max_examples=100, deadline=None)
@given(SPANS)
def test_every_line_of_json_is_read_as_it_was_written(tmp_path_factory, spans):
    from spacy_nested_ner.corpus.conversion.reading import read_source

    text = "abcdefghijklmnopqrstuvwxyzabcdefghij"
    places = sorted({(min(a, b), max(a, b) + 1, x) for a, b, x in spans})
    file = Path(tmp_path_factory.mktemp("json"), "a.jsonl")
    given = [{"start": start, "end": end, "label": label} for start, end, label in places]
    file.write_text(json.dumps({"text": text, "spans": given}))
    (record,) = read_source("jsonl", file).records
    assert sorted(map(tuple, record.mentions)) == places
