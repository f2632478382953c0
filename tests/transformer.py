"""Tiny pretrained encoders, made from configs: they stand in for those of the hub."""

import string
from pathlib import Path
from typing import Any, Dict, List, Tuple

CHARACTERS = string.ascii_lowercase + string.digits + string.punctuation
SIZES = {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
# Kind of encoder: name of its class in transformers, kind of its tokenizer, settings.
# All have positions for 64 word pieces; RoBERTa's number them from 2.
KINDS: Dict[str, Tuple[str, str, Dict[str, Any]]] = {
    "bert": ("Bert", "wordpiece", {"max_position_embeddings": 64, **SIZES}),
    "roberta": ("Roberta", "bytes", {"max_position_embeddings": 66, **SIZES}),
    "xlm-r": ("XLMRoberta", "unigram", {"max_position_embeddings": 66, **SIZES}),
    "distilbert": (
        "DistilBert",
        "wordpiece",
        {"max_position_embeddings": 64, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    ),
    "electra": (
        "Electra",
        "wordpiece",
        {"max_position_embeddings": 64, "embedding_size": 8, **SIZES},
    ),
    "albert": (
        "Albert",
        "unigram",
        {"max_position_embeddings": 64, "embedding_size": 8, **SIZES},
    ),
    "mpnet": ("MPNet", "wordpiece", {"max_position_embeddings": 66, **SIZES}),
    "deberta-v2": (
        "DebertaV2",
        "unigram",
        {
            "max_position_embeddings": 64,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            **SIZES,
        },
    ),
    "modernbert": (
        "ModernBert",
        "bytes",
        {
            "max_position_embeddings": 64,
            "global_attn_every_n_layers": 2,
            "local_attention": 16,
            **SIZES,
        },
    ),
}


def save_tiny_transformer(folder: Path, kind: str = "bert", **settings: Any) -> str:
    """Write model and tokenizer as `from_pretrained` takes them.

    kind: One of `KINDS`.
    settings: More settings of the model's config.
    """
    import torch
    import transformers

    name, tokenizer_kind, sizes = KINDS[kind]
    tokenizer = make_tokenizer(tokenizer_kind)
    config = getattr(transformers, f"{name}Config")(
        **{
            "vocab_size": tokenizer.vocab_size,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.cls_token_id,
            "cls_token_id": tokenizer.cls_token_id,
            "eos_token_id": tokenizer.sep_token_id,
            "sep_token_id": tokenizer.sep_token_id,
            # DistilBERT has a name of its own
            "dim" if kind == "distilbert" else "hidden_size": 16,
            **sizes,
            **settings,
        }
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = getattr(transformers, f"{name}Model")(config)
        # not the .02 of training, with which all vectors of a tiny model are much the same
        for weight in model.parameters():
            if weight.dim() > 1:
                torch.nn.init.normal_(weight, std=0.2)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def make_tokenizer(kind: str) -> Any:
    """A fast tokenizer with a piece for each character, or for each byte, and for some pairs.

    kind: "wordpiece" as of BERT, "bytes" as of RoBERTa, "unigram" as of XLM-R.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    if kind == "wordpiece":
        pieces = [*special, *CHARACTERS, *(f"##{c}" for c in CHARACTERS), "##in", "##ge"]
        tokenizer = Tokenizer(models.WordPiece(number(pieces), unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    elif kind == "bytes":
        # padding at index 1, where RoBERTa has it: its positions begin after this number
        special[:2] = reversed(special[:2])
        pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "in", "Ġb"]
        tokenizer = Tokenizer(models.BPE(number(pieces), [("i", "n"), ("Ġ", "b")]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        special[:2] = reversed(special[:2])
        pieces = [*special, "▁", *CHARACTERS, "▁b", "in"]
        tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0))
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    ids = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=ids
    )
    names = ("pad", "unk", "cls", "sep", "mask")
    tokens = {f"{name}_token": f"[{name.upper()}]" for name in names}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **tokens)


def number(pieces: List[str]) -> Dict[str, int]:
    return {piece: i for i, piece in enumerate(pieces)}


def transformer_config(name: str) -> Dict[str, Any]:
    """Config of a spacy-transformers model."""
    return {
        "name": name,
        "tokenizer_config": {"use_fast": True},
        "transformer_config": {},
        "mixed_precision": False,
        "grad_scaler_config": {},
        "get_spans": {
            "@span_getters": "spacy-transformers.strided_spans.v1",
            "window": 128,
            "stride": 96,
        },
    }
