"""`--gpu-id` without what a GPU needs: one sentence with the command that installs it."""

import platform

import pytest
import thinc.compat
import torch

from spacy_nested_ner.cli.terminal import use_gpu
from spacy_nested_ner.user_error import UserError


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine with PyTorch for CUDA 12, CuPy and one GPU."""
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(thinc.compat, "has_cupy", True)


def refusal(gpu_id):
    with pytest.raises(UserError) as caught:
        use_gpu(gpu_id)
    (line,) = str(caught.value).splitlines()
    return line


def test_a_build_of_pytorch_without_cuda(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    assert "--force-reinstall torch --index-url https://" in refusal(0)


@pytest.mark.parametrize(
    ("cuda", "package"), [("12.6", "cupy-cuda12x"), ("13.0", "cupy-cuda13x"), (None, "cupy")]
)
def test_cupy_is_not_installed(monkeypatch, cuda, package):
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(thinc.compat, "has_cupy", False)
    assert f"pip install {package}`" in refusal(0)


def test_an_index_that_no_gpu_has():
    assert "`nvidia-smi`" in refusal(1)


def test_what_the_driver_says(monkeypatch):
    def fail(gpu_id):
        raise RuntimeError(f"no driver for {gpu_id}")

    monkeypatch.setattr("thinc.api.require_gpu", fail)
    assert "no driver for 0" in refusal(0)


def test_the_cpu_needs_nothing(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    use_gpu(-1)
