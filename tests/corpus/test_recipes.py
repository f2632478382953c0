import hashlib
import subprocess
from dataclasses import replace

import pytest

from spacy_nested_ner.corpus.conversion.splits import SPLITS, UNITS
from spacy_nested_ner.corpus.readers import find_reader
from spacy_nested_ner.corpus.recipes import RECIPES, find_recipe
from spacy_nested_ner.corpus.tokenizers import blank_pipeline
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

PUBLISHED = [name for name in RECIPES if name != "custom"]


def test_these_corpora_have_a_recipe_that_bears_their_name():
    assert list(RECIPES) == [
        "genia",
        "cmeee",
        "icem",
        "maintie",
        "germeval",
        "danplus",
        "bionlp13cg",
        "custom",
    ]
    assert [recipe.name for recipe in RECIPES.values()] == list(RECIPES)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_can_be_followed(name):
    recipe = find_recipe(name)
    find_reader(recipe.format)
    nlp = blank_pipeline(recipe.language, recipe.tokenizer)
    assert nlp.lang == recipe.language
    assert nlp.config["nlp"]["tokenizer"] == recipe.tokenizer
    assert recipe.split in (*SPLITS, "")
    assert recipe.unit in UNITS
    assert recipe.fill_in() == recipe
    for sentence in (recipe.get, recipe.licence, recipe.encoder):
        assert sentence
    assert recipe.get.endswith(".")


def test_a_request_replaces_what_the_recipe_says():
    recipe = RECIPES["genia"].fill_in(split="sentence", unit="document", tokenizer="language")
    assert (recipe.split, recipe.unit) == ("sentence", "document")
    assert recipe.tokenizer == {"@tokenizers": "spacy.Tokenizer.v1"}
    assert (recipe.format, recipe.language) == ("genia", "en")


@pytest.mark.parametrize(
    ("name", "language", "tokenizer"),
    [
        ("icem", "zh", "spacy.zh.ChineseTokenizer"),
        ("icem", "en", "spacy_nested_ner.PunctuationTokenizer.v1"),
        ("cmeee", "de", "spacy_nested_ner.PunctuationTokenizer.v1"),
        ("custom", "ja", "spacy.zh.ChineseTokenizer"),
        ("custom", "ko", "spacy_nested_ner.PunctuationTokenizer.v1"),
    ],
)
def test_another_language_brings_its_usual_tokenizer(name, language, tokenizer):
    recipe = RECIPES[name].fill_in(language=language, format="cmeee")
    assert recipe.tokenizer["@tokenizers"] == tokenizer


@pytest.mark.parametrize(
    ("format", "unit"),
    [("columns", "sentence"), ("token_json", "sentence"), ("brat", "document")],
)
def test_texts_of_another_format_stay_as_the_format_has_them(format, unit):
    assert RECIPES["custom"].fill_in(format=format, language="en").unit == unit
    assert RECIPES["genia"].fill_in(format=format).unit == unit
    assert RECIPES["genia"].fill_in(format=format, unit="sentence").unit == "sentence"
    whole = replace(RECIPES["genia"], unit="document")
    assert whole.fill_in().unit == "document"
    assert whole.fill_in(format="columns").unit == "sentence"


def test_the_first_level_of_maintie_is_a_format_of_its_own():
    recipe = RECIPES["maintie"].fill_in(format="maintie_top")
    assert (recipe.name, recipe.format, recipe.unit) == ("maintie", "maintie_top", "sentence")


@pytest.mark.parametrize("given", [{}, {"format": "brat"}, {"language": "en"}])
def test_a_corpus_of_ones_own_needs_a_format_and_a_language(given):
    with pytest.raises(UserError, match=r"'custom' .*format .*language"):
        RECIPES["custom"].fill_in(**given)


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match=r"'ace': .* genia, .*, custom"):
        find_recipe("ace")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("inside", [False, True])
def test_the_only_data_file_of_a_folder_is_the_source(tmp_path, inside):
    folder = tmp_path / "new" if inside else tmp_path
    folder.mkdir(exist_ok=True)
    (folder / "texts.json").write_bytes(b"[]")
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "texts.zip").write_text("the same, packed")
    for source in (tmp_path, folder / "texts.json"):
        assert RECIPES["cmeee"].describe(source)["source"] == {
            "name": "texts.json",
            "sha256": sha256(b"[]"),
        }


def test_the_only_archive_of_a_folder_is_the_source(tmp_path):
    (tmp_path / "texts.zip").write_text("packed")
    (tmp_path / "README.md").write_text("mine")
    assert RECIPES["cmeee"].describe(tmp_path)["source"]["name"] == "texts.zip"


def test_several_data_files_have_the_checksum_of_what_sha256sum_says_of_them(tmp_path):
    folder = tmp_path / "danish"
    (folder / "b").mkdir(parents=True)
    files = {"b/dev.tsv": b"1", "a.tsv": b"2", "c.iob2": b"3"}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "licence.txt").write_text("whose")
    sums = [f"{sha256(files[name])}  {name}\n" for name in sorted(files)]
    assert RECIPES["danplus"].describe(folder)["source"] == {
        "name": "danish",
        "sha256": sha256("".join(sums).encode()),
    }


def test_columns_in_a_txt_are_data_where_there_is_nothing_else(tmp_path):
    (tmp_path / "columns.txt").write_bytes(b"A\tO")
    found = RECIPES["danplus"].describe(tmp_path)["source"]
    assert found == {"name": "columns.txt", "sha256": sha256(b"A\tO")}


def test_all_files_of_an_unknown_format_count(tmp_path):
    recipe = RECIPES["custom"].fill_in(format="mine", language="en")
    (tmp_path / "a.mine").write_text("a")
    one = recipe.describe(tmp_path)["source"]
    (tmp_path / "README").write_text("b")
    assert recipe.describe(tmp_path)["source"] != one


def test_what_no_checksum_knows_is_custom(tmp_path):
    (tmp_path / "corpus.xml").write_text("<set/>")
    head = RECIPES["genia"].describe(tmp_path)
    assert head.pop("source")["name"] == "corpus.xml"
    assert head == {
        "dataset": "genia",
        "corpus": "custom",
        "licence": "unknown: see the source",
        "citation": None,
        "language": "en",
    }


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("is_empty", [True, False])
def test_without_files_the_error_says_how_to_get_them(tmp_path, name, is_empty):
    if is_empty:
        (tmp_path / "full").mkdir()
    with pytest.raises(UserError) as error:
        RECIPES[name].describe(tmp_path / "full")
    assert str(error.value).endswith(f" {RECIPES[name].get}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["genia", "cmeee", "icem"])
def test_our_samples_are_known(name):
    head = RECIPES[name].describe(ROOT / "assets" / name / "sample")
    assert (head["dataset"], head["corpus"]) == (name, "sample")
    assert head["licence"] == "MIT, text written for spacy-nested-ner"
    assert head["citation"] is None


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("genia", "genia"),
        ("maintie", "maintie"),
        ("germeval", "germeval2014"),
        ("danplus", "danplus"),
        ("bionlp13cg", "bionlp13cg/bionlp-st-2013-cg.tar.gz"),
    ],
)
def test_published_corpora_are_known_and_others_are_not(datasets, tmp_path, name, folder):
    recipe = RECIPES[name]
    source = datasets / folder
    head = recipe.describe(source)
    assert head["corpus"] == "full"
    assert (head["licence"], head["citation"]) == (recipe.licence, recipe.citation)
    if source.is_dir():
        source = max(source.iterdir(), key=lambda path: path.stat().st_size)
    copy = tmp_path / source.name
    copy.write_bytes(source.read_bytes() + b"\0")
    assert recipe.describe(copy)["corpus"] == "custom"


@pytest.mark.corpus
def test_the_cancer_genetics_corpus_is_known_unpacked(datasets, tmp_path):
    archive = datasets / "bionlp13cg" / "bionlp-st-2013-cg.tar.gz"
    subprocess.run(["tar", "xzf", archive], cwd=tmp_path, check=True)
    head = RECIPES["bionlp13cg"].describe(tmp_path / "original-data")
    assert head["corpus"] == "full"
    assert head["source"]["name"] == "original-data"
    next((tmp_path / "original-data" / "test").glob("*.a1")).unlink()
    assert RECIPES["bionlp13cg"].describe(tmp_path / "original-data")["corpus"] == "custom"


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["maintie", "danplus"])
def test_a_part_of_a_published_corpus_is_not_all_of_it(datasets, tmp_path, name):
    for file in (datasets / name).iterdir():
        if file.name not in ("gold_release.json", "da_news_dev.tsv"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert RECIPES[name].describe(tmp_path)["corpus"] == "custom"
