"""The sample corpus is what its README says, read here by a slow reader of its own."""

import re
import subprocess
import sys
from collections import Counter
from random import Random
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple
from xml.etree import ElementTree

import pytest

from assets.genia import generate
from spacy_nested_ner.corpus.readers.genia import read_genia
from tests.conftest import ROOT

FOLDER = ROOT / "assets" / "genia"
SAMPLE = FOLDER / "sample" / "genia-sample.xml"
TYPES = ("protein", "DNA", "cell_type", "cell_line", "RNA")  # from frequent to rare
PARTS = ("train", "dev", "test")


class Sentence(NamedTuple):
    text: str
    mentions: List[Tuple[int, int, str]]  # characters; exact repeats are still there


def read_sentence(element: ElementTree.Element) -> Sentence:
    mentions = []

    def walk(node: ElementTree.Element, start: int) -> str:
        text = node.text or ""
        for child in node:
            text += walk(child, start + len(text)) + (child.tail or "")
        for label in TYPES:
            if node.get("sem", "").startswith(f"G#{label}"):
                mentions.append((start, start + len(text), label))
        return text

    return Sentence(walk(element, 0), mentions)


def read_parts() -> Dict[str, List[List[Sentence]]]:
    """Articles by part: test is the last tenth, dev the tenth before."""
    root = ElementTree.parse(SAMPLE).getroot()
    articles = [[read_sentence(s) for s in a.iter("sentence")] for a in root.iter("article")]
    tenth = len(articles) // 10
    parts = articles[: -2 * tenth], articles[-2 * tenth : -tenth], articles[-tenth:]
    return dict(zip(PARTS, parts))


ARTICLES = read_parts()
SENTENCES = {part: [s for a in articles for s in a] for part, articles in ARTICLES.items()}
ALL = [s for sentences in SENTENCES.values() for s in sentences]


def strings(part: str) -> Set[str]:
    return {s.text[m[0] : m[1]].casefold() for s in SENTENCES[part] for m in s.mentions}


def nestings() -> Iterator[Tuple[str, str]]:
    """Labels of all pairs (outer, inner) where one mention lies inside a longer one."""
    for _, mentions in ALL:
        for start, end, outer in mentions:
            for s, e, inner in mentions:
                if start <= s and e <= end and (s, e) != (start, end):
                    yield outer, inner


def has_name(text: str, name: str) -> bool:
    """Whether a name occurs, in the singular or plural."""
    return re.search(rf"(?<!\w){re.escape(name)}s?(?!\w)", text, re.IGNORECASE) is not None


def test_the_sample_is_what_the_generator_writes(tmp_path):
    file = tmp_path / "sample.xml"
    command = [sys.executable, "-m", "assets.genia.generate", str(file)]
    subprocess.run(command, check=True, cwd=ROOT)
    assert file.read_bytes() == SAMPLE.read_bytes()


def test_another_seed_gives_another_corpus():
    assert generate.generate(generate.SEED + 1) != generate.generate(generate.SEED)


def test_nobody_can_take_it_for_genia():
    root = ElementTree.parse(SAMPLE).getroot()
    assert root.get("corpus") == "sample"
    ids = [element.text for element in root.iter("bibliomisc")]
    assert all(re.fullmatch(r"SAMPLE:\d{8}", id) for id in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.slow
@pytest.mark.corpus
def test_no_sentence_is_from_genia(datasets):
    """Not even seven words in a row."""

    def sequences(texts):
        for text in texts:
            words = re.findall(r"\w+", text.lower())
            yield from zip(*(words[i:] for i in range(7)))

    genia = sequences(record.text for record in read_genia(datasets / "genia"))
    assert not set(genia) & set(sequences(s.text for s in ALL))


def test_sizes_of_the_parts():
    assert [len(ARTICLES[part]) for part in PARTS] == [56, 7, 7]
    train, dev, test = (len(SENTENCES[part]) for part in PARTS)
    assert train >= 400
    assert min(dev, test) >= 50
    assert abs(dev - test) <= 5


def test_no_sentence_comes_twice():
    assert len({s.text for s in ALL}) == len(ALL)


def test_types_are_imbalanced_and_in_every_part():
    counts = Counter(label for s in ALL for _, _, label in s.mentions)
    assert tuple(label for label, _ in counts.most_common()) == TYPES
    assert counts["RNA"] < 0.05 * counts.total()
    for part in PARTS:
        assert {label for s in SENTENCES[part] for _, _, label in s.mentions} == set(TYPES)


@pytest.mark.parametrize("part", PARTS)
def test_some_sentences_have_no_mention(part):
    without = sum(not s.mentions for s in SENTENCES[part])
    assert 0.08 <= without / len(SENTENCES[part]) <= 0.10


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("DNA", "protein"),
        ("RNA", "protein"),
        ("cell_type", "protein"),
        ("cell_line", "protein"),
        ("cell_line", "cell_type"),
        ("protein", "protein"),
        ("DNA", "DNA"),
        ("cell_type", "cell_type"),
        ("cell_line", "cell_line"),
    ],
)
def test_mentions_nest(outer, inner):
    assert Counter(nestings())[outer, inner] >= 5


def test_three_mentions_nest_in_each_other_in_every_part():
    for part in PARTS:
        chains = [
            (a, b, c)
            for s in SENTENCES[part]
            for a in s.mentions
            for b in s.mentions
            for c in s.mentions
            if len({a[:2], b[:2], c[:2]}) == 3 and a[0] <= b[0] <= c[0] < c[1] <= b[1] <= a[1]
        ]
        assert chains


def test_no_mentions_cross():
    for _, mentions in ALL:
        assert not [(a, b) for a in mentions for b in mentions if a[0] < b[0] < a[1] < b[1]]


def test_some_spans_have_two_types_and_some_have_one_twice():
    counts = Counter((i, *m) for i, s in enumerate(ALL) for m in s.mentions)
    labels = Counter(key[:3] for key in counts)
    assert sum(n > 1 for n in labels.values()) >= 5
    assert sum(n > 1 for n in counts.values()) >= 3


def test_classes_of_genia_occur():
    kept = "protein_molecule protein_family_or_group protein_complex protein_subunit "
    kept += "protein_domain_or_region DNA_domain_or_region DNA_molecule RNA_molecule "
    kept += "RNA_family_or_group cell_type cell_line "
    left_out = "other_name other_organic_compound virus tissue multi_cell"
    found = {c.get("sem") for c in ElementTree.parse(SAMPLE).iter("cons")}
    assert found >= {f"G#{name}" for name in (kept + left_out).split()}
    assert found >= {
        None,
        *(f"(AND {s} {s})" for s in ("G#cell_type", "G#DNA_domain_or_region")),
    }


def test_coordinations_have_pieces_without_a_class():
    coordinations = [
        c for c in ElementTree.parse(SAMPLE).iter("cons") if c.get("sem", "").startswith("(")
    ]
    assert len(coordinations) >= 10
    for coordination in coordinations:
        first, second, head = (piece.get("lex") for piece in coordination)
        members = [first.replace("*", "_") + head[1:], second.replace("*", "_") + head[1:]]
        assert coordination.get("lex") == f"(AND {' '.join(members)})"
        assert all(piece.get("sem") is None for piece in coordination)


def test_lex_is_the_text():
    for cons in ElementTree.parse(SAMPLE).iter("cons"):
        lex, text = cons.get("lex"), "".join(cons.itertext()).replace(" ", "_")
        assert lex.startswith("(AND ") or lex.strip("*").lower() == text.lower()


@pytest.mark.parametrize("mark", ["-", "/", "(", "<", ">", "&", '"', "%", "alpha", "7"])
def test_marks_occur(mark):
    assert any(mark in s.text for s in ALL)


@pytest.mark.parametrize("mark", ["-", "/", "(", "alpha", "7"])
def test_marks_occur_in_mentions(mark):
    assert any(mark in string for part in PARTS for string in strings(part))


@pytest.mark.parametrize("part", ["dev", "test"])
def test_many_mentions_are_new(part):
    new = strings(part) - strings("train")
    assert 0.5 <= len(new) / len(strings(part)) <= 0.8


def test_held_out_names_occur_in_their_part_alone():
    grammar = generate.read_grammar(FOLDER / "grammar.txt")
    names = generate.make_names(Random(generate.SEED), grammar)
    texts = {part: "\n".join(s.text for s in SENTENCES[part]) for part in PARTS}
    for part in ("dev", "test"):
        for kind, own in names[part].items():
            assert any(has_name(texts[part], name) for name in own), kind
            for other in {*PARTS} - {part}:
                assert [name for name in own if has_name(texts[other], name)] == []


def test_a_code_may_name_anything():
    """Only the context shows whether "TQX-4" is a protein, DNA, a cell line or a compound."""
    kinds = Counter()
    for cons in ElementTree.parse(SAMPLE).iter("cons"):
        if re.fullmatch(r"[A-Z]{3}-?\d+", "".join(cons.itertext())) and cons.get("sem"):
            kinds[cons.get("sem").split("_")[0]] += 1
    assert min(kinds[k] for k in ("G#protein", "G#DNA", "G#cell", "G#other")) >= 10


def test_a_protein_becomes_dna_or_rna_by_the_word_after_it():
    names = strings("train")
    assert len({s for s in names if f"{s} gene" in names and f"{s} promoter" in names}) >= 5
    assert len({s for s in names if f"{s} gene" in names and f"{s} mrna" in names}) >= 5


def test_sentences_are_written_out():
    for text, mentions in ALL:
        assert re.fullmatch(r"[A-Z].*\.", text)
        assert not re.search(r"\s\s|[\[\]{}|~*]|\s[.,)]|\(\s|\b(\w+) \1\b", text), text
        for start, end, _ in mentions:
            assert text[start:end] == text[start:end].strip() != ""


def test_a_and_an():
    """By the sound: a code is spelled out, so "an LQF-2 cDNA" and "a QLF-2 cDNA"."""
    seen = Counter()
    for text, _ in ALL:
        for article, word in re.findall(r"\b([Aa]n?) (\w+)", text):
            spelled = word[:2].isupper()
            vowels = "AEFHILMNORSX" if spelled else "aeiou"
            assert (article.lower() == "an") == (word[0] in vowels), text
            seen[article.lower(), spelled] += 1
    assert len(seen) == 4


def test_the_reader_counts_the_same():
    expected = Counter(m[2] for s in ALL for m in set(s.mentions))
    records = list(read_genia(SAMPLE.parent))
    assert Counter(m.label for r in records for m in r.mentions) == expected
    assert [(r.text, set(r.mentions)) for r in records] == [
        (s.text, {*s.mentions}) for s in ALL
    ]


def test_the_readme_has_the_counts():
    readme = (FOLDER / "README.md").read_text(encoding="utf8")
    for part, sentences in SENTENCES.items():
        counts = Counter(m[2] for s in sentences for m in set(s.mentions))
        row = [len(ARTICLES[part]), len(sentences), sum(not s.mentions for s in sentences)]
        row += [counts.total(), *(counts[label] for label in TYPES)]
        assert f"| {part} | {' | '.join(f'{n:,}' for n in row)} |" in readme
