"""Package metadata and the registered names of spacy-nested-ner.

The entry points below are promises: a name never changes its meaning, a new
meaning gets a new version. Tool settings live in pyproject.toml.
"""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
ABOUT = (ROOT / "spacy_nested_ner" / "about.py").read_text(encoding="utf8")
VERSION = re.search(r'__version__ = "(.+?)"', ABOUT).group(1)

# what `python -m spacy_nested_ner project` writes: MANIFEST.in names the same files
PROJECT = ["project.yml", "configs/*.cfg"]
for corpus in ("cmeee", "genia", "icem"):
    PROJECT += [f"assets/{corpus}/README.md", f"assets/{corpus}/sample/*"]


class BuildWithProject(build_py):
    """Copy the project into the wheel. An editable install reads it from the checkout."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for source in (path for pattern in PROJECT for path in ROOT.glob(pattern)):
            target = Path(self.build_lib, "spacy_nested_ner", "project_files")
            target /= source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


HF = [
    "transformers>=4.48.0,<6.0.0",
    "tokenizers>=0.21.0,<1.0.0",
    "safetensors>=0.4.3,<1.0.0",
]
# runs an exported encoder
ONNX = ["onnxruntime>=1.20.0,<2.0.0", "tokenizers>=0.21.0,<1.0.0"]
# exports an encoder, together with `hf`
ONNX_EXPORT = [*ONNX, "onnx>=1.17.0,<2.0.0", "onnxscript>=0.5.4,<1.0.0"]
# the page and the HTTP interface of `serve`
SERVE = [
    "fastapi>=0.120.0,<1.0.0",
    "pydantic>=2.12.0,<3.0.0",
    "uvicorn>=0.35.0,<1.0.0",
    "httptools>=0.7.1,<1.0.0",
    "uvloop>=0.22.1,<1.0.0; sys_platform != 'win32'",
    "prometheus-client>=0.22.0,<1.0.0",
]
TEST = [
    "pytest>=8.0.0",
    "pytest-timeout>=2.3.0",
    "pytest-xdist>=3.5.0",
    "hypothesis>=6.100.0",
    # drives Debian's Chromium
    "playwright>=1.49.0,<2.0.0",
    # counts again what `evaluate` counts; no release for 3.10 has its Evaluator of today
    "nervaluate>=1.2.0,<2.0.0; python_version >= '3.11'",
    *HF,
    *ONNX_EXPORT,
    "matplotlib>=3.8.0,<4.0.0",
    # run the notebook of the docs
    "nbclient>=0.10.0",
    "ipykernel>=6.29.0",
    "dkpro-cassis>=0.12.0,<1.0.0",
    "bioc>=2.1,<3.0.0",
    "pyarrow>=17.0.0",
    # checks the tasks for Label Studio
    "jsonschema>=4.18.0",
    "pandas>=2.2.2,<4.0.0",
    "lxml>=6.1.0",
    "ray>=2.49.0,<3.0.0",
    "backports.zstd>=1.0.0; python_version < '3.14'",
    *SERVE,
    # asks the HTTP interface
    "httpx>=0.28.0,<1.0.0",
]

setup(
    name="spacy-nested-ner",
    version=VERSION,
    description="Nested named-entity recognition for spaCy: Global Pointer scorer, "
    "EIoU-EMC loss, and a project that trains and packages a pipeline.",
    long_description=(ROOT / "README.md").read_text(encoding="utf8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.10,<3.15",
    cmdclass={"build_py": BuildWithProject},
    packages=find_packages(include=["spacy_nested_ner", "spacy_nested_ner.*"]),
    # explicit, so that an editable install is a path in a .pth file, which mypy and editors
    # follow; they do not follow the import hook that setuptools makes by default
    package_dir={"": "."},
    package_data={
        "spacy_nested_ner": [
            "py.typed",
            "rendering/*.css",
            "rendering/*.html",
            "rendering/*.js",
            "reporting/templates/*",
            "serving/templates/*",
        ]
    },
    install_requires=[
        # below 3.8.13, spaCy takes confection 0.1, which damages labels with "$" in a config
        "spacy>=3.8.13,<3.9.0",
        "thinc>=8.3.12,<8.4.0",
        "torch>=2.4.0,<3.0.0",
        # with Click 8.5, earlier versions show no help for arguments
        "typer>=0.26.0,<1.0.0",
        "srsly>=2.5.3,<3.0.0",
        "catalogue>=2.0.6,<2.1.0",
        "jinja2>=3.1.0,<4.0.0",
        "markupsafe>=2.1.0,<4.0.0",
        "numpy>=2.0.0,<3.0.0",
        # limits the threads of BLAS
        "threadpoolctl>=3.5.0,<4.0.0",
        "tqdm>=4.66.0,<5.0.0",
        # file systems of `annotate`; torch needs it, too
        "fsspec>=2024.2.0",
        # builds the wheel of a trained pipeline
        "setuptools>=70.1",
    ],
    extras_require={
        # to_df() of results
        "dataframe": ["pandas>=2.2.2,<4.0.0"],
        # reads UIMA CAS, format cas. Before 6.1, lxml reads any file that an XML names
        "inception": ["dkpro-cassis>=0.12.0,<1.0.0", "lxml>=6.1.0"],
        # reads BioC, format bioc
        "bioc": ["bioc>=2.1,<3.0.0", "lxml>=6.1.0"],
        # reads and writes Parquet, and reads the files of Hugging Face datasets
        "parquet": ["pyarrow>=17.0.0"],
        # annotates on a cluster
        "ray": ["ray>=2.49.0,<3.0.0"],
        # reads .zst files; Python 3.14 has it
        "zstd": ["backports.zstd>=1.0.0; python_version < '3.14'"],
        # draws the plots of `report`
        "report": ["matplotlib>=3.8.0,<4.0.0"],
        # `serve`: a page and an HTTP interface
        "serve": SERVE,
        # pretrained encoders
        "hf": HF,
        "onnx": ONNX,
        "onnx-export": ONNX_EXPORT,
        # pretrained encoders through spacy-transformers, whose release 1.4 needs a transformers
        # below 4.53.3: a second environment
        "transformers": ["spacy-transformers>=1.4.0,<2.1.0"],
        # a GPU, by CUDA version. spaCy's extras allow CuPy below 13, but numpy 2 needs 13.2
        "cuda12x": ["cupy-cuda12x>=13.2.0,<15.0.0"],
        "cuda13x": ["cupy-cuda13x>=13.6.0,<15.0.0"],
        "test": TEST,
        "dev": [
            *TEST,
            "ruff>=0.14.0",
            "mypy>=1.15.0",
            "pre-commit>=4.0.0",
            # mutation testing; it forks, which Windows cannot
            "mutmut>=3.8.0; sys_platform != 'win32'",
        ],
        # builds the pages of docs/ as a site
        "docs": ["sphinx>=8.1.0,<10.0.0", "myst-parser>=4.0.0", "furo>=2024.8.6"],
    },
    entry_points={
        "console_scripts": ["spacy-nested-ner = spacy_nested_ner.cli:main"],
        # `python -m spacy nested-ner …`
        "spacy_cli": ["nested-ner = spacy_nested_ner.cli.spacy_command:spacy_app"],
        "spacy_factories": [
            "nested_spancat = spacy_nested_ner.pipe.factory:make_nested_spancat",
        ],
        "spacy_architectures": [
            "spacy_nested_ner.GlobalPointer.v1 = "
            "spacy_nested_ner.model.architectures:build_global_pointer",
            "spacy_nested_ner.GlobalPointerSpancat.v1 = "
            "spacy_nested_ner.model.architectures:build_global_pointer_spancat",
            "spacy_nested_ner.BiLSTMEncoder.v1 = "
            "spacy_nested_ner.encoders.bilstm:build_bilstm_encoder",
            "spacy_nested_ner.BiLSTMEncoder.v2 = "
            "spacy_nested_ner.encoders.bilstm:build_residual_bilstm_encoder",
            "spacy_nested_ner.SubwordEmbed.v1 = "
            "spacy_nested_ner.encoders.subwords:build_subword_embed",
            "spacy_nested_ner.HuggingFaceEncoder.v1 = "
            "spacy_nested_ner.encoders.hugging_face:build_hugging_face_encoder",
            "spacy_nested_ner.OnnxEncoder.v1 = "
            "spacy_nested_ner.encoders.onnx_encoder:build_onnx_encoder",
        ],
        "spacy_scorers": [
            "spacy_nested_ner.nested_spancat_scorer.v1 = "
            "spacy_nested_ner.scoring.scorer:make_nested_spancat_scorer",
        ],
        "spacy_tokenizers": [
            "spacy_nested_ner.PunctuationTokenizer.v1 = "
            "spacy_nested_ner.corpus.tokenizers:make_punctuation_tokenizer",
        ],
        "spacy_callbacks": [
            "spacy_nested_ner.freeze_word_embeddings.v1 = "
            "spacy_nested_ner.training.freeze_embeddings:make_freeze_word_embeddings",
            "spacy_nested_ner.grow_pipes.v1 = spacy_nested_ner.pipe.grow:make_grow_pipes",
            "spacy_nested_ner.limit_threads.v1 = "
            "spacy_nested_ner.training.threads:make_limit_threads",
            "spacy_nested_ner.model_card.v1 = "
            "spacy_nested_ner.training.model_card:make_model_card",
            "spacy_nested_ner.numpy_gemm.v1 = "
            "spacy_nested_ner.training.numpy_gemm:make_numpy_gemm",
            "spacy_nested_ner.torch_matmul_precision.v1 = "
            "spacy_nested_ner.training.matmul_precision:make_torch_matmul_precision",
        ],
        "spacy_batchers": [
            "spacy_nested_ner.batch_by_length.v1 = "
            "spacy_nested_ner.training.length_batcher:make_length_batcher",
        ],
        "spacy_readers": [
            "spacy_nested_ner.CorpusWithPredicted.v1 = "
            "spacy_nested_ner.training.predicted_texts:make_corpus_with_predicted",
        ],
        "spacy_loggers": [
            "spacy_nested_ner.CurveLogger.v1 = "
            "spacy_nested_ner.training.curve_logger:make_curve_logger",
        ],
        "spacy_displacy_colors": [
            "cmeee = spacy_nested_ner.rendering.corpus_colors:CMEEE",
            "genia = spacy_nested_ner.rendering.corpus_colors:GENIA",
        ],
        "spacy_nested_ner_corpus_readers": [
            "bioc = spacy_nested_ner.corpus.readers.bioc_reader:read_bioc",
            "brat = spacy_nested_ner.corpus.readers.brat:read_brat",
            "cas = spacy_nested_ner.corpus.readers.cas:read_cas",
            "cmeee = spacy_nested_ner.corpus.readers.cmeee:read_cmeee",
            "columns = spacy_nested_ner.corpus.readers.columns:read_columns",
            "conllu = spacy_nested_ner.corpus.readers.conllu_reader:read_conllu",
            "csv = spacy_nested_ner.corpus.readers.csv_spans:read_csv",
            "docbin = spacy_nested_ner.corpus.readers.docbin:read_docbin",
            "doccano = spacy_nested_ner.corpus.readers.doccano:read_doccano",
            "dygie = spacy_nested_ner.corpus.readers.dygie:read_dygie",
            "genia = spacy_nested_ner.corpus.readers.genia:read_genia",
            "gliner = spacy_nested_ner.corpus.readers.gliner:read_gliner",
            "jsonl = spacy_nested_ner.corpus.readers.jsonl:read_jsonl",
            "label_studio = spacy_nested_ner.corpus.readers.label_studio:read_label_studio",
            "maintie = spacy_nested_ner.corpus.readers.maintie:read_maintie",
            "maintie_top = spacy_nested_ner.corpus.readers.maintie:read_maintie_top",
            "pubtator = spacy_nested_ner.corpus.readers.pubtator:read_pubtator",
            "parquet = spacy_nested_ner.corpus.readers.parquet:read_parquet",
            "spacy_tuples = spacy_nested_ner.corpus.readers.spacy_tuples:read_spacy_tuples",
            "token_json = spacy_nested_ner.corpus.readers.token_json:read_token_json",
            "webanno = spacy_nested_ner.corpus.readers.webanno:read_webanno",
        ],
        "spacy_nested_ner_corpus_writers": [
            "brat = spacy_nested_ner.corpus.writers.brat:BRAT",
            "csv = spacy_nested_ner.corpus.writers.csv:CSV",
            "doccano = spacy_nested_ner.corpus.writers.doccano:DOCCANO",
            "gliner = spacy_nested_ner.corpus.writers.gliner:GLINER",
            "jsonl = spacy_nested_ner.corpus.writers.jsonl:JSONL",
            "label_studio = spacy_nested_ner.corpus.writers.label_studio:LABEL_STUDIO",
            "parquet = spacy_nested_ner.corpus.writers.parquet:PARQUET",
            "prodigy = spacy_nested_ner.corpus.writers.prodigy:PRODIGY",
        ],
        "thinc_losses": [
            "spacy_nested_ner.EMC.v1 = spacy_nested_ner.losses.registered:make_emc",
            "spacy_nested_ner.EIoUEMC.v1 = spacy_nested_ner.losses.registered:make_eiou_emc",
            "spacy_nested_ner.BinaryCrossEntropy.v1 = "
            "spacy_nested_ner.losses.registered:make_binary_cross_entropy",
            # Aliases: older pipelines name the losses without the namespace.
            "EMC.v1 = spacy_nested_ner.losses.registered:make_emc",
            "EIoUEMC.v1 = spacy_nested_ner.losses.registered:make_eiou_emc",
            "BinaryCrossEntropy.v1 = spacy_nested_ner.losses.registered:"
            "make_binary_cross_entropy",
        ],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Text Processing :: Linguistic",
    ],
    zip_safe=False,
)
