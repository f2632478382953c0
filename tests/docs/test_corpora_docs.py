"""What docs/corpora.md shows is so: commands run, records are read, counts come out."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

import pytest
import spacy
import srsly
from typer.main import get_command

from spacy_nested_ner.cli import app, main
from spacy_nested_ner.corpus.conversion.alignment import ALIGN
from spacy_nested_ner.corpus.conversion.convert import convert, make_doc
from spacy_nested_ner.corpus.conversion.discontinuous import settle_discontinuous
from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.conversion.splits import SPLITS
from spacy_nested_ner.corpus.readers import reader_names
from spacy_nested_ner.corpus.recipes import RECIPES
from spacy_nested_ner.corpus.recognition.recognise import recognise
from spacy_nested_ner.corpus.records import Mention, Record
from spacy_nested_ner.corpus.tokenizers import CHARACTERS, PUNCTUATION
from tests.conftest import ROOT

DOCS = (ROOT / "docs" / "corpora.md").read_text(encoding="utf8")
TOKENIZERS = {
    PUNCTUATION["@tokenizers"]: "punctuation",
    CHARACTERS["@tokenizers"]: "character",
}
# what the published corpora are called where they lie
FOLDERS = {
    "genia": "genia",
    "germeval": "germeval2014",
    "maintie": "maintie",
    "danplus": "danplus",
    "bionlp13cg": "bionlp13cg/bionlp-st-2013-cg.tar.gz",
}
SAMPLES = ("genia", "cmeee", "icem")


def sections(level: str) -> Dict[str, str]:
    """What stands below each heading, by its text without backticks."""
    pieces = re.split(rf"^{level} (.+)\n", DOCS, flags=re.M)
    end = re.compile(rf"^{level[:-1]} ", flags=re.M)
    names = [name.strip("`") for name in pieces[1::2]]
    return {name: end.split(text)[0] for name, text in zip(names, pieces[2::2])}


def table(section: str) -> List[List[str]]:
    """The cells of the rows of the first table, without backticks."""
    lines = re.search(r"(?:^\|.*\n)+", section, flags=re.M)[0].splitlines()
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]]


def blocks(text: str, language: str) -> List[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.M | re.S)
    return [block for name, block in found if name == language]


SECTIONS = sections("##")
SUBSECTIONS = sections("###")
FORMATS = {name: text for name, text in SUBSECTIONS.items() if name in reader_names()}


def test_recipes():
    columns = ("name", "language", "format", "split", "unit", "encoder")
    rows = [
        {name: getattr(recipe, name) for name in columns}
        | {"tokenizer": TOKENIZERS.get(recipe.tokenizer.get("@tokenizers", ""), "")}
        for recipe in RECIPES.values()
    ]
    order = ("name", "language", "format", "tokenizer", "split", "unit", "encoder")
    assert table(SECTIONS["Recipes"]) == [[row[name] or "–" for name in order] for row in rows]


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "custom"])
def test_terms(name):
    recipe = RECIPES[name]
    words = (
        " ".join(SUBSECTIONS["Terms"].split()).split(f"**`{name}`**: ", 1)[1].split("**`")[0]
    )
    assert words.startswith(f"{recipe.licence}. ")
    assert (recipe.citation or "") in words
    for exact in re.findall(r"https?://\S+[^\s.,]|\b[0-9a-f]{40}\b|\S+\.\w+ml\b", recipe.get):
        assert exact in words


def rows_of_counts(dataset: str, corpus: str) -> List[List[str]]:
    name = f"{dataset}`, {corpus}"
    return [row[1:] for row in table(SUBSECTIONS["Counts"]) if row[0] == name]


def count(dataset: str, source: Path, out: Path) -> List[List[str]]:
    report = convert(dataset, source, out)
    return [
        [
            part,
            *(f"{counts[key]:,}" for key in ("docs", "tokens", "spans")),
            f"{len(counts['labels'])}",
            f"{counts['nested_share']:.1%}",
            f"{counts['depth']}",
            f"{counts['misaligned']['count']}",
        ]
        for part, counts in report["parts"].items()
    ]


def test_every_row_of_counts_is_one_of_those_that_are_tested():
    expected = {f"{name}`, full" for name in FOLDERS} | {f"{name}`, sample" for name in SAMPLES}
    assert {row[0] for row in table(SUBSECTIONS["Counts"])} == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*has train and dev but no test:UserWarning")
@pytest.mark.parametrize("dataset", SAMPLES)
def test_counts_of_a_sample(dataset, tmp_path):
    rows = count(dataset, ROOT / "assets" / dataset / "sample", tmp_path)
    assert rows == rows_of_counts(dataset, "sample")


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore:.*I- begins:UserWarning")
@pytest.mark.parametrize("dataset", FOLDERS)
def test_counts_of_a_published_corpus(dataset, datasets, tmp_path):
    assert count(dataset, datasets / FOLDERS[dataset], tmp_path) == rows_of_counts(
        dataset, "full"
    )


class Shown(NamedTuple):
    """A source that a section on a format shows, and what is said to be read from it."""

    files: Dict[str, str]
    mentions: List[Tuple[str, str]]
    lost: List[Tuple[str, str]]
    skipped: List[str]


def find_shown(section: str) -> List[Shown]:
    shown = []
    pairs = r"`([^`]+)` ([^\s,]+?)(?=,|\.?$)"
    parts = re.split(r"^Mentions: (.*(?:\n(?:Lost|Skipped): .*)*)$", section, flags=re.M)
    for text, result in zip(parts[::2], parts[1::2]):
        files = re.findall(r"^`(\S+)`:\n\n```\w*\n(.*?)^```", text, flags=re.M | re.S)
        found = {"Mentions": "", "Lost": "", "Skipped": ""}
        found |= dict(line.split(": ", 1) for line in f"Mentions: {result}".splitlines())
        skipped = found["Skipped"].rstrip(".")
        shown.append(
            Shown(
                dict(files),
                re.findall(pairs, found["Mentions"]),
                re.findall(pairs, found["Lost"]),
                skipped.split(", ") if skipped else [],
            )
        )
    return shown


def test_every_format_has_a_section():
    assert sorted(FORMATS) == reader_names()


@pytest.mark.parametrize("format", FORMATS)
def test_the_records_of_a_format_are_read_as_shown(format, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = find_shown(FORMATS[format])
    assert shown
    for number, source in enumerate(shown):
        folder = Path(f"{number}").resolve()
        folder.mkdir()
        for name, text in source.files.items():
            (folder / name).write_text(text, encoding="utf8")
        if format in ("docbin", "parquet"):
            monkeypatch.chdir(folder)
            exec(compile(blocks(FORMATS[format], "python")[number], "corpora.md", "exec"), {})
        assert recognise(folder) == format.removesuffix("_top")
        reading = read_source(format, folder)
        mentions = [
            (record.text[m.start : m.end], m.label)
            for record in reading.records
            for m in record.mentions
        ]
        records = [settle_discontinuous(record, "drop") for record in reading.records]
        lost = [(item.text, item.reason) for record in records for item in record.lost]
        assert sorted(mentions) == sorted(source.mentions) != []
        assert lost == source.lost
        assert [item.reason for item in reading.skipped] == source.skipped


@pytest.mark.slow
def test_a_package_with_the_reader_shown_is_found(tmp_path):
    files = find_shown(SUBSECTIONS["A reader of your own"] + "\nMentions: none\n")[0].files
    assert set(files) == {"my_readers.py", "setup.py"}
    package, data, site = tmp_path / "package", tmp_path / "data", tmp_path / "site"
    package.mkdir()
    data.mkdir()
    for name, text in files.items():
        (package / name).write_text(text, encoding="utf8")
    for part in ("train", "dev", "test"):
        (data / f"{part}.marked").write_text("The [pump] leaks.\n", encoding="utf8")
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--use-pep517", "--quiet")
    pip = (sys.executable, "-m", "pip", "install", *offline, "--target", site, package)
    subprocess.run(pip, check=True)
    options = ("--format", "marked", "--language", "en")
    convert = ("-m", "spacy_nested_ner", "convert", "custom", data, tmp_path / "out", *options)
    environment = {"PYTHONPATH": str(site), "PATH": ""}
    subprocess.run([sys.executable, *convert], check=True, env=environment, capture_output=True)
    report = srsly.read_json(tmp_path / "out" / "report.json")
    assert (report["format"], report["split"]) == ("marked", "published")
    assert report["parts"]["dev"]["labels"] == {"part": 1}


def commands(text: str, module: str) -> List[List[str]]:
    lines = "".join(blocks(text, "bash")).replace("\\\n", " ").splitlines()
    begin = f"python -m {module} "
    return [line.removeprefix(begin).split() for line in lines if line.startswith(begin)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["convert", "inspect"])
def test_commands_run_and_print_the_numbers_that_are_shown(name, tmp_path, monkeypatch, capsys):
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")  # of the rulers
    *before, last = commands(DOCS.split("\n## Recipes")[0], "spacy_nested_ner")
    for arguments in [*before, last, *commands(SECTIONS[name], "spacy_nested_ner")]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *arguments])
        with pytest.raises(SystemExit) as exit:
            main()
        assert exit.value.code == 0
    assert arguments[0] == name
    shown = blocks(SECTIONS[name], "")[0]
    printed = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    # the numbers, for the wording is the command's
    assert re.findall(r"[\d,.]*\d%?", printed) == re.findall(r"[\d,.]*\d%?", shown)


def test_project_commands_name_variables_and_datasets_of_the_project():
    variables = srsly.read_yaml(ROOT / "project.yml")["vars"]
    shown = commands(DOCS, "spacy")
    assert len(shown) == 3
    for project, run, workflow, folder, *options in shown:
        assert (project, run, workflow, folder) == ("project", "run", "all", ".")
        given = dict(zip(options[::2], options[1::2], strict=True))
        assert {option.removeprefix("--vars.") for option in given} <= set(variables)
        assert given["--vars.dataset"] in RECIPES


def test_options():
    command = get_command(app).commands["convert"]
    options = [o for o in command.params if o.opts[0].startswith("--")]
    shown = [(row[0], row[1]) for row in table(SECTIONS["convert"])]
    assert shown == [(o.opts[0], str(o.default).replace("None", "none")) for o in options]


def test_splits():
    assert sorted(row[0] for row in table(SUBSECTIONS["Splits"])) == sorted(SPLITS)


def test_alignment():
    text = "renal cell carcinomas"
    mentions = (Mention(0, 7, "renal c"), Mention(6, 18, "cell carcino"))
    assert [text[m.start : m.end] for m in mentions] == [m.label for m in mentions]
    record = Record("a", "a", text, mentions)
    rows = []
    for align in ALIGN:
        doc, _ = make_doc(spacy.blank("en"), record, "sc", align)
        left = {span.label_: span.text for span in doc.spans["sc"]}
        rows.append([align, *(left.get(m.label, "nothing") for m in reversed(mentions))])
    assert table(SUBSECTIONS["Alignment"]) == rows


def test_every_reason_is_documented():
    sources = (ROOT / "spacy_nested_ner" / "corpus").rglob("*.py")
    code = "".join(path.read_text(encoding="utf8") for path in sources)
    reasons = set(re.findall(r'(?:Lost|Skipped)\("([^"]+)"', code))
    assert reasons >= {"earlier copy", "empty", "discontinuous"}
    told = {
        name for row in table(SUBSECTIONS["What is reported"]) for name in row[1].split("`, `")
    }
    others = {"reject", "ignore", "prediction", "repeated", "unlabelled", "example"}
    assert told == reasons | others
