"""The recipes of the corpora: format, language, tokenizer, split, terms of use and checksums.

`RECIPES["custom"]` is for your own corpus: `Recipe.fill_in` sets its format and language, and
changes settings of any other recipe. `RECIPES["maintie"].fill_in(format="maintie_top")`, for
example, takes the first level of MaintIE's labels.
"""

from typing import Dict

from ..user_error import UserError
from .recipe import CUSTOM_LICENCE, Recipe
from .tokenizers import CHARACTERS, PUNCTUATION

__all__ = ["RECIPES", "Recipe", "find_recipe"]


def find_recipe(name: str) -> Recipe:
    """RAISES (UserError): No recipe has this name."""
    if name not in RECIPES:
        raise UserError(f"Unknown dataset '{name}': choose one of {', '.join(RECIPES)}.")
    return RECIPES[name]


_GENIA = Recipe(
    "genia",
    format="genia",
    language="en",
    tokenizer=PUNCTUATION,
    split="document",
    unit="sentence",
    encoder="dmis-lab/biobert-v1.1",
    licence="annotations CC BY 3.0, Corpus annotations (c) GENIA Project; "
    "abstracts from PubMed under the terms of the NLM",
    citation="Kim, Ohta, Tateisi, Tsujii. GENIA corpus - a semantically annotated corpus for "
    "bio-textmining. Bioinformatics 19 (2003).",
    get="Fetch GENIAcorpus3.02.tgz with `python -m spacy project assets`, or from "
    "http://www.nactem.ac.uk/GENIA/current/GENIA-corpus/Term/GENIAcorpus3.02.tgz.",
    checksums={
        # the archive, and the XML inside it
        "85b2aede313308c33783ba508d054d0af0ff9c7e48490f0db5168a9f88d74d1c": "full",
        "c6d6966ea48522e48aa4b268323934897d9336fab3942fb48134ac174d989c5e": "full",
        "5c0d264bdb840950681ae116bf98c39ae5c9c15c12c1e19130a117696a02caaf": "sample",
    },
)
_CMEEE = Recipe(
    "cmeee",
    format="cmeee",
    language="zh",
    tokenizer=CHARACTERS,
    split="",  # the test part of the benchmark comes without annotations
    unit="document",
    encoder="hfl/chinese-macbert-base",
    licence="terms of the CBLUE benchmark, to be accepted there; not to be passed on",
    citation="Zan, Li, Zhang, Ye, Sui. Building a Pediatric Medical Corpus: Word Segmentation "
    "and Named Entity Annotation. CLSW 2020. Zhang et al. CBLUE: A Chinese Biomedical Language "
    "Understanding Evaluation Benchmark. ACL 2022.",
    get="Accept the terms of the CBLUE benchmark at https://tianchi.aliyun.com/dataset/95414 "
    "and take the JSON files of CMeEE or CMeEE-V2 from there.",
    # the three files
    checksums={"5bf83c098a7433f736777e3de58783ea2348cbde922a10d450ca5afb8b7d97a1": "sample"},
)
_ICEM = Recipe(
    "icem",
    format="cmeee",
    language="en",
    tokenizer=PUNCTUATION,
    split="",
    unit="document",
    encoder="distilbert/distilroberta-base",
    licence="none known: the corpus is not published",
    citation=None,
    get="There is no public copy: give JSON files of your own in the form of CMeEE, a list of "
    "texts with entities by start_idx, end_idx, type and entity.",
    checksums={"04977b8fa52d0667d26344e91592dd0b2754b634136def2d84eb4665b3479965": "sample"},
)
_MAINTIE = Recipe(
    "maintie",
    format="maintie",
    language="en",
    tokenizer=PUNCTUATION,
    split="stratified",
    unit="sentence",
    encoder="distilbert/distilroberta-base",
    licence="MIT",
    citation="Bikaun, French, Stewart, Liu, Hodkiewicz. MaintIE. LREC-COLING 2024.",
    get="Take data/gold_release.json from https://github.com/nlp-tlp/maintie, commit "
    "825e7710e4129598da997276a38b3cb40b200bc2.",
    checksums={"ef811cf4ffd0c90e6a13b1369e24e9d1d08f9a294d873ab4fb1a580096d7d6e0": "full"},
)
_GERMEVAL = Recipe(
    "germeval",
    format="columns",
    language="de",
    tokenizer=PUNCTUATION,
    split="published",
    unit="sentence",
    encoder="deepset/gbert-base",
    licence="CC BY 4.0",
    citation="Benikova, Biemann, Reznicek. NoSta-D Named Entity Annotation for German: "
    "Guidelines and Dataset. LREC 2014.",
    get="Take GermEval2014.zip from https://github.com/thecharm/boundary-aware-nested-ner, "
    "commit 7e87e1cb282a4441f1136c8eac5de5aedad60138.",
    checksums={"fc04c1d6af8bb8fa3cd15b6f0b1fed7b303351bc6e76a9088876007742f2cb9f": "full"},
)
_DANPLUS = Recipe(
    "danplus",
    format="columns",
    language="da",
    tokenizer=PUNCTUATION,
    split="published",
    unit="sentence",
    encoder="vesteinn/DanskBERT",
    licence="annotations MIT; sentences of the Danish Dependency Treebank, CC BY-SA 4.0",
    citation="Plank, Jensen, van der Goot. DaN+: Danish Nested Named Entities and Lexical "
    "Normalization. COLING 2020.",
    get="Take data/da_news_train.tsv, _dev.tsv and _test.tsv from "
    "https://github.com/bplank/DaNplus, commit 7654af4f57154a01cc7fdf2cb5d0868834967656.",
    # the three files
    checksums={"d6ac0d5e7dbffdd4a6f4bcc144765230d12e5c0db5b784869f41e59cea7d86a3": "full"},
)
_BIONLP13CG = Recipe(
    "bionlp13cg",
    format="brat",
    language="en",
    tokenizer=PUNCTUATION,
    split="published",
    unit="document",
    encoder="dmis-lab/biobert-v1.1",
    licence="annotations CC BY-SA 3.0 (NaCTeM); abstracts from PubMed under the terms of the "
    "NLM",
    citation="Pyysalo, Ohta, Ananiadou. Overview of the Cancer Genetics (CG) task of BioNLP "
    "Shared Task 2013. BioNLP Shared Task 2013 Workshop.",
    get="Take the folders in original-data from "
    "https://github.com/openbiocorpora/bionlp-st-2013-cg, commit "
    "b4a603dee25bd6ac5636017c2be41fd2edc52a3e.",
    checksums={
        # a .tar.gz of that folder, and a folder with its train, devel and test
        "4f4651bf37be0e18775851be83e46180dc977e17ea828dc0394f2e5bc5011cdf": "full",
        "306003ec3833185d8cbd7b97987dad9c1948263e7f37da77fa7780de00c4a084": "full",
    },
)
_CUSTOM = Recipe(
    "custom",
    format="",
    language="",
    tokenizer={},
    split="",
    unit="",
    encoder="FacebookAI/xlm-roberta-base",
    licence=CUSTOM_LICENCE,
    citation=None,
    get="Give a file, a folder or an archive of your own; the project reads assets/custom/mine "
    "with `--vars.dataset custom --vars.corpus mine`.",
)
RECIPES: Dict[str, Recipe] = {
    "genia": _GENIA,
    "cmeee": _CMEEE,
    "icem": _ICEM,
    "maintie": _MAINTIE,
    "germeval": _GERMEVAL,
    "danplus": _DANPLUS,
    "bionlp13cg": _BIONLP13CG,
    "custom": _CUSTOM,
}
