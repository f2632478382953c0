"""What tests in several folders share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser import open_browser
from tests.transformer import save_tiny_transformer

# Processes of tests share the cores: each of them, and each that a test starts, has one thread.
# torch reads this where it is first imported, which the modules above leave to the tests.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test waits for a hub that is not there; huggingface_hub reads this at its import.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# pytest-xdist gives its processes a terminal of 80 columns, in which tables would be cut
os.environ.pop("COLUMNS", None)

ROOT = Path(__file__).parent.parent

# Property tests try few inputs, always the same ones. `--hypothesis-profile long` tries many,
# other ones each time. No test fails because a busy machine is slow.
settings.register_profile(
    "short", max_examples=40, derandomize=True, deadline=None, database=None
)
settings.register_profile("long", max_examples=2000, deadline=None)
settings.load_profile("short")


@pytest.fixture(scope="session", autouse=True)
def cheap_pipelines():
    """Almost half of the time of tests that make and load many pipelines goes to two things:
    English has 1,300 special cases, which every tokenizer adds twice, and Thinc searches the
    entry points of all packages for each name in a config. So a test whose claim is about
    English asks for the fixture `english`."""
    from spacy.lang.en import English

    from benchmarks.entry_points import cached_entry_points

    exceptions = English.Defaults.tokenizer_exceptions
    with cached_entry_points(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(English.Defaults, "tokenizer_exceptions", {})
        yield exceptions


@pytest.fixture
def english(cheap_pipelines, monkeypatch):
    """spaCy's English with all its special cases, such as "don't" and "e.g."."""
    from spacy.lang.en import English

    monkeypatch.setattr(English.Defaults, "tokenizer_exceptions", cheap_pipelines)


@pytest.fixture
def two_torch_threads():
    """As on a machine where nothing limits them. Later tests in this process have one again:
    two threads for each of two processes make small tensors ten times slower."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder with the published corpora, one folder each."""
    folder = Path(os.environ.get("NESTED_NER_DATASETS", ROOT.parent / "shared" / "datasets"))
    if not folder.is_dir():
        pytest.skip(
            f"no published corpora in {folder}: set NESTED_NER_DATASETS to their folder"
        )
    return folder


@pytest.fixture(scope="session")
def tiny_transformer(tmp_path_factory) -> str:
    """A folder that a pretrained encoder is loaded from."""
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("transformer")
    return save_tiny_transformer(folder, max_position_embeddings=512)


@pytest.fixture(scope="module")
def browser():
    """Chromium, see playwright's `Browser`: `browser.new_page()` opens a page."""
    yield from open_browser()
