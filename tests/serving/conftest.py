"""Pipelines and servers that the tests of this folder share."""

import pytest

for _library in ("fastapi", "uvicorn", "prometheus_client", "httpx"):
    pytest.importorskip(_library, reason=f"no {_library}: install the extra 'test'")

from tests.serving.servers import make_trained, serving_pipeline  # noqa: E402


@pytest.fixture(scope="session")
def nlp():
    return make_trained()


@pytest.fixture(scope="module")
def client(nlp):
    with serving_pipeline(nlp) as client:
        yield client
