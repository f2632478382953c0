"""Any body gets an answer or one sentence, and the server goes on."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.serving.servers import serving_pipeline

JSON = {"content-type": "application/json"}
STRINGS = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(
    ["", "\0", "ZED promoter", "😀", "مرحبا", "\u202e", "\ud83d", "a" * 300, "DNA", "protein"]
)
NUMBERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0.05, 0.5, 1, 10**400]),
)
VALUES = st.recursive(
    NUMBERS | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=8,
)
FORMATS = st.sampled_from(["label_studio", "prodigy", "jsonl"])
SPAN = st.fixed_dictionaries(
    {
        "start": st.sampled_from([0, 0, 4, 1]),
        "end": st.sampled_from([12, 12, 3, 2**70]),
        "label": STRINGS,
    },
    optional={"score": st.none() | st.floats()},
)
ANNOTATE = st.fixed_dictionaries(
    {},
    optional={
        "text": STRINGS,
        "texts": st.lists(STRINGS, max_size=4),
        "threshold": NUMBERS,
        "thresholds": st.dictionaries(
            st.sampled_from(["DNA", "cell", "x"]), st.floats(0.05, 1)
        ),
        "labels": st.lists(st.sampled_from(["DNA", "cell", "x"]), max_size=3),
        "pipeline": STRINGS,
    },
)
TASK = st.fixed_dictionaries(
    {
        "text": st.just("ZED promoter") | STRINGS,
        "spans": st.lists(SPAN, max_size=3),
        "format": FORMATS | STRINGS,
    }
)
DRAW = st.fixed_dictionaries({"text": STRINGS})


@pytest.fixture(scope="module")
def server(nlp):
    with serving_pipeline(nlp, max_length=200, max_texts=3) as client:
        yield client


def check_answer(server, path, body):
    answer = server.post(path, content=body, headers=JSON)
    if answer.status_code == 200:
        # strict JSON: browsers read no NaN
        json.loads(answer.content, parse_constant=pytest.fail)
    else:
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        detail = answer.json()["detail"]
        assert detail.endswith(".")
        assert "\n" not in detail
        assert len(detail) < 1000
    health = server.get("/health")
    assert health.status_code == 200
    return answer.status_code


@given(st.sampled_from(["/annotate", "/draw", "/task"]), VALUES)
def test_any_json_is_answered_or_refused_in_a_sentence(server, path, value):
    check_answer(server, path, json.dumps(value).encode())


NAN_SCORE = {"start": 0, "end": 3, "label": "DNA", "score": math.nan}


@example(("/task", {"text": "ZED", "spans": [NAN_SCORE], "format": "jsonl"}), {}, True)
@given(
    st.one_of(
        st.tuples(st.just("/annotate"), ANNOTATE),
        st.tuples(st.just("/draw"), DRAW),
        st.tuples(st.just("/task"), TASK),
    ),
    st.dictionaries(STRINGS, VALUES, max_size=1),
    st.booleans(),
)
def test_a_request_with_any_values_is_answered_or_refused(server, request_, more, is_ascii):
    path, fields = request_
    body = json.dumps({**fields, **more}, ensure_ascii=is_ascii)
    check_answer(server, path, body.encode("utf8", "surrogatepass"))


@given(st.binary(max_size=60))
def test_any_bytes_are_answered_or_refused(server, body):
    assert check_answer(server, "/annotate", body) != 200


def test_good_requests_of_these_kinds_are_answered(server):
    """Else the tests above might see refusals alone."""
    task = {"text": "ZED promoter", "format": "label_studio"}
    task["spans"] = [{"start": 0, "end": 12, "label": "DNA", "score": 0.5}]
    wish = {"texts": ["ZED", ""], "threshold": 0.05, "labels": ["DNA"]}
    for path, body in (("/annotate", wish), ("/draw", {"text": "ZED"}), ("/task", task)):
        assert check_answer(server, path, json.dumps(body).encode()) == 200
