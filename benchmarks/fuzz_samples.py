"""A small file of each format that `fuzz` damages. All texts are invented."""

import io
import json
import zipfile
from typing import Any, Dict

import spacy
from spacy.tokens import DocBin, Span

TEXT = "Nord Bank opens in Kiel 😀"
TOKENS = TEXT.split()
SPANS = [(0, 9, "ORG"), (0, 4, "LOC"), (19, 23, "LOC")]
N = 4  # records: three parts need a document each


def make_samples() -> Dict[str, Dict[str, bytes]]:
    """The files of a source by name, by format and form."""
    texts = {name: _encode(files) for name, files in _make_texts().items()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a/b.jsonl", texts["jsonl"]["a.jsonl"])
    return {
        **texts,
        "docbin": {"a.spacy": _make_docbin()},
        "parquet": {"a.parquet": _make_parquet()},
        "jsonl zip": {"a.zip": archive.getvalue()},
    }


def _encode(files: Dict[str, str]) -> Dict[str, bytes]:
    return {name: text.encode("utf8") for name, text in files.items()}


def _make_texts() -> Dict[str, Dict[str, str]]:
    spans = [{"start": s, "end": e, "label": label} for s, e, label in SPANS]
    triples = [list(span) for span in SPANS]
    tokens = [(0, 2, "ORG"), (0, 1, "LOC"), (4, 5, "LOC")]
    column = "\n".join(
        f"{word}\t{outer}\t{inner}"
        for word, outer, inner in zip(
            TOKENS, ["B-ORG", "I-ORG", "O", "O", "B-LOC", "O"], ["B-LOC", *["O"] * 5]
        )
    )
    genia = (
        '<sentence><cons sem="G#DNA_x"><cons sem="G#protein_y">IL-2</cons> gene</cons> &amp; '
        "more</sentence>"
    )
    ann = "".join(
        f"T{i}\t{label} {s} {e}\t{TEXT[s:e]}\n" for i, (s, e, label) in enumerate(SPANS, 1)
    )
    regions = [
        {
            "type": "labels",
            "from_name": "label",
            "to_name": "text",
            "value": {"start": s, "end": e, "text": TEXT[s:e], "labels": [label]},
        }
        for s, e, label in SPANS
    ]
    return {
        "bioc": {
            "a.xml": "<collection>" + "".join(map(_bioc, range(N))) + "</collection>",
        },
        "brat": {
            f"{i}.{end}": text for i in range(N) for end, text in (("txt", TEXT), ("ann", ann))
        },
        "cas": {f"{i}.json": _cas() for i in range(N)},
        "cmeee": {
            "a.json": _json(
                [
                    {
                        "text": TEXT,
                        "entities": [
                            {"start_idx": s, "end_idx": e, "type": label, "entity": TEXT[s:e]}
                            for s, e, label in SPANS
                        ],
                    }
                ]
                * N
            )
        },
        "columns": {"a.tsv": f"{column}\n\n" * N},
        "conllu": {"a.conllu": "# global.Entity = eid-etype\n" + _conllu() * N},
        "csv": {
            "a.csv": "id,text,start,end,label\n"
            + "".join(f"{i},{TEXT},{s},{e},{x}\n" for i in range(N) for s, e, x in SPANS)
        },
        "doccano": {
            "a.jsonl": _lines({"id": i, "text": TEXT, "label": triples} for i in range(N))
        },
        "dygie": {
            "a.jsonl": _lines(
                {
                    "doc_key": f"d{i}",
                    "sentences": [TOKENS],
                    "ner": [[[s, e - 1, label] for s, e, label in tokens]],
                }
                for i in range(N)
            )
        },
        "genia": {
            "a.xml": '<?xml version="1.0"?>\n<set>'
            + "".join(
                f"<article><articleinfo><bibliomisc>M:{i}</bibliomisc></articleinfo><title>"
                f"{genia}</title><abstract>{genia}\n{genia}</abstract></article>\n"
                for i in range(N)
            )
            + "</set>"
        },
        "gliner": {
            "a.json": _json(
                [
                    {
                        "tokenized_text": TOKENS,
                        "ner": [[s, e - 1, label] for s, e, label in tokens],
                    }
                ]
                * N
            )
        },
        "jsonl": {"a.jsonl": _lines({"id": i, "text": TEXT, "spans": spans} for i in range(N))},
        "label_studio": {
            "a.json": _json(
                [
                    {
                        "id": i,
                        "data": {"text": TEXT},
                        "annotations": [{"completed_by": 1, "result": regions}],
                    }
                    for i in range(N)
                ]
            )
        },
        "maintie": {
            "a.json": _json(
                [
                    {
                        "text": TEXT,
                        "tokens": TOKENS,
                        "entities": [
                            {"start": s, "end": e, "type": f"A/{label}"}
                            for s, e, label in tokens
                        ],
                        "relations": [],
                    }
                ]
                * N
            )
        },
        "pubtator": {
            "a.pubtator": "\n".join(
                f"{i}|t|Nord Bank\n{i}|a|opens in Kiel\n{i}\t0\t9\tNord Bank\tORG\tX\n"
                f"{i}\t19\t23\tKiel\tLOC\tX\n"
                for i in range(N)
            )
        },
        "spacy_tuples": {"a.json": _json([[TEXT, {"entities": triples}]] * N)},
        "token_json": {
            "a.json": _json(
                [
                    {
                        "tokens": TOKENS,
                        "entities": [
                            {"start": s, "end": e, "type": label} for s, e, label in tokens
                        ],
                    }
                ]
                * N
            )
        },
        "webanno": {f"{i}.tsv": _webanno() for i in range(N)},
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(values: Any) -> str:
    return "".join(_json(value) + "\n" for value in values)


def _bioc(number: int) -> str:
    mentions = "".join(
        f'<annotation id="{s}"><infon key="type">{label}</infon>'
        f'<location offset="{s}" length="{e - s}"/><text>{TEXT[s:e]}</text></annotation>'
        for s, e, label in SPANS
    )
    passage = f"<passage><offset>0</offset><text>{TEXT}</text>{mentions}</passage>"
    return f"<document><id>{number}</id>{passage}</document>"


def _conllu() -> str:
    entities = ["(1-ORG(2-LOC)", "1)", "_", "_", "(3-LOC)", "_"]
    rows = [
        "\t".join([str(i), word, "_", "X", "_", "_", "0", "_", "_", misc])
        for i, (word, misc) in enumerate(
            zip(TOKENS, (e if e == "_" else f"Entity={e}" for e in entities)), 1
        )
    ]
    return "\n".join(rows) + "\n\n"


def _cas() -> str:
    name = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    structures = [
        {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView",
         "mimeType": "text", "sofaString": TEXT},
        *(
            {"%ID": i, "%TYPE": name, "@sofa": 1, "begin": s, "end": e, "value": label}
            for i, (s, e, label) in enumerate(SPANS, 2)
        ),
    ]  # fmt: skip
    types = {
        name: {
            "%NAME": name,
            "%SUPER_TYPE": "uima.tcas.Annotation",
            "value": {"%NAME": "value", "%RANGE": "uima.cas.String"},
        }
    }
    members = [item["%ID"] for item in structures[1:]]
    views = {"_InitialView": {"%SOFA": 1, "%INDEX": members, "%MEMBERS": members}}
    return _json({"%TYPES": types, "%FEATURE_STRUCTURES": structures, "%VIEWS": views})


def _webanno() -> str:
    layer = "webanno.custom.Entity"
    values = ["ORG[1]|LOC", "ORG[1]", "_", "_", "LOC"]
    text = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={layer}|value\n\n"
    at = 0
    for sentence in range(1, N + 1):
        text += f"\n#Text={' '.join(TOKENS[:5])}\n"
        for number, (word, value) in enumerate(zip(TOKENS, values), 1):
            text += f"{sentence}-{number}\t{at}-{at + len(word)}\t{word}\t{value}\t\n"
            at += len(word) + 1
    return text


def _make_docbin() -> bytes:
    nlp = spacy.blank("en")
    docs = []
    for number in range(N):
        doc = nlp(TEXT)
        doc.spans["sc"] = [
            Span(doc, 0, 2, "ORG"),
            Span(doc, 0, 1, "LOC"),
            Span(doc, 4, 5, "LOC"),
        ]
        doc.user_data.update(id=str(number), document=str(number))
        docs.append(doc)
    return DocBin(docs=docs, store_user_data=True).to_bytes()


def _make_parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet

    spans = [{"start": s, "end": e, "label": label} for s, e, label in SPANS]
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": [TEXT] * N, "entities": [spans] * N}), file)
    return file.getvalue()
