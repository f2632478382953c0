"""The kinds of files that are recognised: formats that have a reader, and others."""

from typing import NamedTuple

from ..decoding import AS_UTF8, DECOMPRESS


class Kind(NamedTuple):
    """A kind of file.

    description: what a file of the kind is, for "looks like …".
    format: name of its reader, empty if there is none.
    advice: what to do with it if there is no reader.
    """

    description: str
    format: str = ""
    advice: str = ""


BIOC = Kind("BioC", "bioc")
BRAT = Kind("brat standoff", "brat")
CAS = Kind("UIMA CAS from INCEpTION", "cas")
CMEEE = Kind("CMeEE", "cmeee")
COLUMNS = Kind("tokens with tags in columns", "columns")
CONLLU = Kind("CoNLL-U", "conllu")
CSV = Kind("a table with a row for each mention", "csv")
DOCBIN = Kind("a DocBin of spaCy", "docbin")
DOCCANO = Kind("an export of doccano", "doccano")
DYGIE = Kind("DyGIE++", "dygie")
GENIA = Kind("the GENIA term corpus", "genia")
GLINER = Kind("training data of GLiNER", "gliner")
JSONL = Kind("JSON lines of Prodigy or spaCy", "jsonl")
LABEL_STUDIO = Kind("an export of Label Studio", "label_studio")
MAINTIE = Kind("MaintIE", "maintie")
PARQUET = Kind("Parquet, or a dataset of Hugging Face saved to disk", "parquet")
PUBTATOR = Kind("PubTator", "pubtator")
SPACY_TUPLES = Kind("training tuples of spaCy", "spacy_tuples")
TOKEN_JSON = Kind("JSON of tokens and mentions (W2NER, PIQN, CNN-NER, Pyramid)", "token_json")
WEBANNO = Kind("WebAnno TSV 3", "webanno")

AS_JSONL = (
    'write {"text": …, "spans": [{"start": 0, "end": 9, "label": "ORG"}]}, one record per '
    "line, for format 'jsonl'"
)
ARGILLA = Kind(
    "a dataset of Argilla, with spans under 'annotation' or 'prediction'",
    advice=f"{AS_JSONL}: an Argilla span has its label first",
)
CCKS = Kind(
    "CCKS, with 'originalText' and offsets 'start_pos' and 'end_pos'",
    advice=f"{AS_JSONL}: start_pos becomes start, end_pos end, label_type label",
)
CLUENER = Kind(
    "CLUENER, with the mentions by label and text",
    advice=f"{AS_JSONL}: an end of CLUENER is the last character of the mention, so add 1",
)
GLINER2 = Kind(
    "training data of GLiNER2, with the mentions by label and text",
    advice=f"{AS_JSONL}: a mention needs its characters, because its text may occur twice",
)
BIGBIO = Kind(
    "JSON in BigBIO's schema kb",
    advice="save the dataset with `dataset.save_to_disk` for format 'parquet'",
)
NER_TAGS = Kind(
    "JSON of tokens with 'ner_tags', one tag for each token",
    advice="such tags have no nested mentions, and numbers do not name the labels: save the "
    "dataset with `dataset.save_to_disk` for format 'parquet', or write a token and its "
    "tag in each line for format 'columns'",
)
MRC = Kind(
    "data for reading comprehension (MRC for NER), one question for each label",
    advice="give the corpus from which it was made, or write the spans of all questions of a "
    "text into one record for format 'token_json'",
)
INLINE_TAGS = Kind(
    "text with a tag at each word, 'Nord|B-ORG Bank|I-ORG'",
    advice="write a word and its tag in each line, separated by a tab, and a blank line after "
    "each sentence, for format 'columns'",
)
LU_ROTH = Kind(
    "the data of Lu and Roth: a line of words, one of parts of speech, one of mentions",
    advice='write {"tokens": […], "entities": [{"start": 0, "end": 2, "type": "ORG"}]} for '
    "format 'token_json'",
)
OLD_WEBANNO = Kind(
    "WebAnno TSV of an old version", advice="export it as WebAnno TSV 3 for format 'webanno'"
)
COMPRESSED = Kind("a compressed file", advice=DECOMPRESS)
UTF16 = Kind("text in UTF-16", advice=AS_UTF8)
# of all kinds above
FORMATS = {kind.format for kind in [*vars().values()] if isinstance(kind, Kind)} - {""}
