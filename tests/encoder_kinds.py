"""The encoders that the pipe can stand on, each in a small pipeline."""

import pytest
import spacy
from thinc.api import fix_random_seed

from tests.pipelines import TINY_ENCODER
from tests.transformer import transformer_config

POOLING = {"@layers": "reduce_mean.v1"}


def inline_cnn(nlp, request):
    return TINY_ENCODER


def inline_bilstm(nlp, request):
    width = TINY_ENCODER["width"]
    attributes = {"attrs": ["NORM", "SHAPE"], "rows": [200, 50], "width": width}
    embed = {"@architectures": "spacy.MultiHashEmbed.v2", "include_static_vectors": False}
    encode = {"@architectures": "spacy_nested_ner.BiLSTMEncoder.v1", "width": width}
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {**embed, **attributes},
        "encode": {**encode, "depth": 2, "dropout": 0.2},
    }


def tok2vec_listener(nlp, request):
    nlp.add_pipe("tok2vec", config={"model": TINY_ENCODER})
    return {"@architectures": "spacy.Tok2VecListener.v1", "width": TINY_ENCODER["width"]}


def hugging_face(request):
    return {
        "@architectures": "spacy_nested_ner.HuggingFaceEncoder.v1",
        "name": request.getfixturevalue("tiny_transformer"),
        # long documents become several windows
        "window": 64,
        "overlap": 16,
        # "auto" rounds on some CPUs
        "precision": "float32",
    }


def inline_hugging_face(nlp, request):
    return hugging_face(request)


def hugging_face_listener(nlp, request):
    nlp.add_pipe("tok2vec", config={"model": hugging_face(request)})
    return {"@architectures": "spacy.Tok2VecListener.v1", "width": 16}


def inline_transformer(nlp, request):
    pytest.importorskip("spacy_transformers")
    return {
        "@architectures": "spacy-transformers.Tok2VecTransformer.v3",
        "pooling": POOLING,
        "grad_factor": 1.0,
        **transformer_config(request.getfixturevalue("tiny_transformer")),
    }


def transformer_listener(nlp, request):
    pytest.importorskip("spacy_transformers")
    model = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        **transformer_config(request.getfixturevalue("tiny_transformer")),
    }
    nlp.add_pipe("transformer", config={"model": model})
    return {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "pooling": POOLING,
    }


PRETRAINED = [
    inline_hugging_face,
    hugging_face_listener,
    # spacy-transformers, which needs an older transformers library
    inline_transformer,
    transformer_listener,
]
ENCODERS = [inline_cnn, inline_bilstm, tok2vec_listener, *PRETRAINED]


def make_pipeline(encoder, request):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy_nested_ner.GlobalPointer.v1",
        "tok2vec": encoder(nlp, request),
    }
    nlp.add_pipe("nested_spancat", config={"model": model, "threshold": 0.3})
    return nlp
