import pytest

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.conversion.discontinuous import settle_discontinuous
from spacy_nested_ner.corpus.records import Discontinuous, Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_folder

TEXT = "left and right lung"
LEFT_LUNG = Discontinuous(((0, 4), (15, 19)), "PART", "a.ann, line 1")
REVERSED = Discontinuous(((15, 19), (0, 4)), "PART", "a.ann, line 2")
LUNG = Mention(15, 19, "PART")


def settle(policy: str, *items: Discontinuous) -> Record:
    record = Record("a", "a", TEXT, (LUNG,), discontinuous=items)
    settled = settle_discontinuous(record, policy)
    assert settled.discontinuous == ()
    return settled


def test_drop_reports_the_mention():
    record = settle("drop", LEFT_LUNG)
    assert record.mentions == (LUNG,)
    assert record.lost == (Lost("discontinuous", "a.ann, line 1", "left lung"),)


def test_cover_is_one_span_over_all_pieces():
    record = settle("cover", LEFT_LUNG, REVERSED)
    assert record.mentions == (Mention(0, 19, "PART"), LUNG)
    assert record.lost == (Lost("repeated", "a.ann, line 2", TEXT),)


def test_parts_are_a_mention_each():
    record = settle("parts", LEFT_LUNG)
    assert record.mentions == (Mention(0, 4, "PART"), LUNG)
    assert record.lost == (Lost("repeated", "a.ann, line 1", "lung"),)


@pytest.mark.parametrize(
    ("policy", "n_written", "lost"),
    [("drop", 24, {"discontinuous": 12}), ("cover", 36, {}), ("parts", 36, {"repeated": 12})],
)
def test_a_conversion_counts_them(tmp_path, policy, n_written, lost):
    annotations = "T1\tPART 15 19\tlung\nT2\tSIDE 0 4\tleft\nT3\tPART 0 4;15 19\tleft lung\n"
    files = {}
    for i in range(12):
        files[f"{i}.txt"] = TEXT.encode()
        files[f"{i}.ann"] = annotations.encode()
    source = write_folder(tmp_path / "in", files)
    report = convert(
        "custom", source, tmp_path, format="brat", language="en", discontinuous=policy
    )
    assert report["discontinuous"] == {"count": 12, "policy": policy}
    assert report["mentions"]["written"] == n_written
    assert report["lost"]["reasons"] == lost


def test_an_unknown_policy_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"'join'.*drop, cover, parts"):
        convert("genia", tmp_path, tmp_path / "out", discontinuous="join")
