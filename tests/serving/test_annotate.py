"""Answers of POST /annotate."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy
import pytest

from spacy_nested_ner.serving.messages import FLOOR
from tests.serving.servers import (
    TEXTS,
    make_trained,
    serving_pipeline,
    spans_of_answer,
    spans_of_doc,
)


@pytest.fixture(scope="module")
def expected(nlp):
    """What the pipeline finds in each text alone."""
    return [spans_of_doc(nlp(text)) for text in TEXTS]


def test_the_spans_are_those_of_the_pipeline(client, nlp, expected):
    answer = client.post("/annotate", json={"texts": TEXTS})
    assert spans_of_answer(answer) == expected
    assert sum(map(len, expected)) > 5
    doc = nlp(TEXTS[0])
    spans = answer.json()["documents"][0]["spans"]
    assert [(s["start_token"], s["end_token"]) for s in spans] == [
        (s.start, s.end) for s in doc.spans["sc"]
    ]
    assert [s["text"] for s in spans] == [s.text for s in doc.spans["sc"]]
    scores = doc.spans["sc"].attrs["scores"]
    assert [s["score"] for s in spans] == pytest.approx(scores.tolist(), abs=1e-5)


def test_one_text_is_answered_like_many(client, expected):
    for text, spans in zip(TEXTS, expected):
        assert spans_of_answer(client.post("/annotate", json={"text": text})) == [spans]
    assert client.post("/annotate", json={"texts": []}).json()["documents"] == []


def test_answers_under_load_are_those_of_a_text_alone(client, expected):
    rng = Random(0)
    wishes = [[rng.randrange(len(TEXTS)) for _ in range(rng.randint(1, 5))] for _ in range(150)]

    def ask(numbers):
        return client.post("/annotate", json={"texts": [TEXTS[i] for i in numbers]})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, wishes))
    for numbers, answer in zip(wishes, answers):
        assert spans_of_answer(answer) == [expected[i] for i in numbers]
    metrics = client.get("/metrics").text
    # requests shared their batches
    assert count(metrics, "nested_ner_batch_texts_count") < count(
        metrics, "nested_ner_texts_total"
    )


def count(metrics: str, name: str) -> float:
    (line,) = (one for one in metrics.splitlines() if one.startswith(name + "{"))
    return float(line.rpartition(" ")[2])


POLICIES = {
    "all": {},
    "nested": {"overlap": "nested"},
    "flat": {"overlap": "flat", "prefer": "length"},
    "outermost": {"max_depth": 1},
}


@pytest.fixture(scope="module")
def policies():
    """A server with a pipeline for each policy."""
    pipelines = []
    for name, settings in POLICIES.items():
        pipelines.append(make_trained(**settings))
        pipelines[-1].meta["name"] = name
    with serving_pipeline(pipelines) as client:
        yield client


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("threshold", [0.06, 0.3, 0.9])
def test_a_threshold_gives_the_spans_of_a_pipeline_with_that_threshold(
    policies, nlp_to_change, name, threshold
):
    pipe = nlp_to_change.get_pipe("nested_spancat")
    for setting, value in {"threshold": threshold, **POLICIES[name]}.items():
        setattr(pipe, setting, value)
    wish = {"texts": TEXTS, "pipeline": f"en_{name}", "threshold": threshold}
    found = spans_of_answer(policies.post("/annotate", json=wish))
    assert found == [spans_of_doc(nlp_to_change(text)) for text in TEXTS]
    pipe.thresholds = {"protein": 0.95}
    wish["thresholds"] = {"protein": 0.95}
    found = spans_of_answer(policies.post("/annotate", json=wish))
    assert found == [spans_of_doc(nlp_to_change(text)) for text in TEXTS]


@pytest.fixture
def nlp_to_change(nlp):
    """The pipeline with settings of its own."""
    pipe = nlp.get_pipe("nested_spancat")
    before = dict(vars(pipe))
    yield nlp
    vars(pipe).update(before)


def test_a_label_that_is_left_out_displaces_no_other_span():
    """As if the pipeline could not predict it."""
    nlp = make_trained(overlap="flat", threshold=0.06)
    alone = make_trained(
        overlap="flat", threshold=0.06, thresholds=[["DNA", 1.0], ["cell", 1.0]]
    )
    with serving_pipeline(nlp) as client:
        answer = client.post("/annotate", json={"texts": TEXTS, "labels": ["protein"]})
        found = spans_of_answer(answer)
        assert found == [spans_of_doc(alone(text)) for text in TEXTS]
        every = spans_of_answer(client.post("/annotate", json={"texts": TEXTS}))
    assert {label for spans in found for *_, label in spans} == {"protein"}
    assert any(set(few) - set(all_of_them) for few, all_of_them in zip(found, every))


def test_thresholds_of_labels_and_temperatures_of_the_pipeline_hold():
    settings = {"thresholds": [["DNA", 0.8]], "temperatures": [["protein", 3.0]]}
    nlp = make_trained(**settings)
    lower = make_trained(**settings, threshold=0.2)
    with serving_pipeline(nlp) as client:
        wish = {"texts": TEXTS, "thresholds": {"protein": 0.2, "cell": 0.2}}
        found = spans_of_answer(client.post("/annotate", json=wish))
        assert found == [spans_of_doc(lower(text)) for text in TEXTS]
        about = client.get("/pipelines").json()["pipelines"][0]
    assert about["thresholds"] == {"DNA": 0.8, "cell": 0.5, "protein": 0.5}
    assert about["floor"] == FLOOR


def test_several_pipelines_answer_by_their_names(nlp):
    other = make_trained(threshold=0.95)
    other.meta["name"] = "other"
    with serving_pipeline([nlp, other]) as client:
        names = [one["name"] for one in client.get("/pipelines").json()["pipelines"]]
        assert names == ["en_pipeline", "en_other"]
        for name, pipeline in zip(names, (nlp, other)):
            answer = client.post("/annotate", json={"texts": TEXTS, "pipeline": name})
            assert answer.json()["pipeline"] == name
            assert spans_of_answer(answer) == [spans_of_doc(pipeline(text)) for text in TEXTS]


def add_later_pipe(nlp, name, function):
    from spacy.language import Language

    Language.component(name, func=function)
    nlp.add_pipe(name)


def keep_first(doc):
    doc.spans["sc"] = list(doc.spans["sc"])[:1]
    return doc


def test_a_later_pipe_has_the_last_word(nlp):
    """Its spans are the answer. Less probable ones are unknown, so thresholds only rise."""
    pipeline = make_trained()
    add_later_pipe(pipeline, "keep_first_span", keep_first)
    with serving_pipeline(pipeline) as client:
        first = [spans_of_doc(pipeline(text)) for text in TEXTS]
        assert max(map(len, first)) == 1
        assert spans_of_answer(client.post("/annotate", json={"texts": TEXTS})) == first
        wish = {"texts": TEXTS, "threshold": FLOOR, "labels": ["DNA"]}
        found = spans_of_answer(client.post("/annotate", json=wish))
        assert found == [[s for s in spans if s[2] == "DNA"] for spans in first]
        assert client.get("/pipelines").json()["pipelines"][0]["floor"] is None


def test_a_pipeline_without_probabilities_is_served():
    import spacy

    rules = spacy.blank("en")
    ruler = rules.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "protein", "pattern": "ZED"}])
    with serving_pipeline(rules) as client:
        answer = client.post("/annotate", json={"text": "ZED binds", "threshold": 0.9})
        assert spans_of_answer(answer) == [[(0, 3, "protein")]]
        assert answer.json()["documents"][0]["spans"][0]["score"] is None
        assert client.get("/page.json").json()["pipelines"][0]["thresholds"] == {}


def test_a_text_that_the_pipeline_cannot_annotate_spoils_no_other():
    pipeline = make_trained()

    def fail(doc):
        if "poison" in doc.text:
            raise RuntimeError("poisoned")
        return doc

    add_later_pipe(pipeline, "fail_on_poison", fail)
    with serving_pipeline(pipeline) as client:
        with ThreadPoolExecutor(8) as pool:
            texts = ["poison", *TEXTS[:4]] * 5
            answers = list(
                pool.map(lambda text: client.post("/annotate", json={"text": text}), texts)
            )
        for text, answer in zip(texts, answers):
            if text == "poison":
                assert answer.status_code == 500
                assert "poisoned" in answer.json()["detail"]
            else:
                assert spans_of_answer(answer) == [spans_of_doc(pipeline(text))]


def test_a_batch_of_text_without_tokens_has_no_spans(client):
    wish = {"texts": ["", " ", "\n"], "threshold": 0.1}
    assert spans_of_answer(client.post("/annotate", json=wish)) == [[], [], []]


def test_the_pipeline_keeps_its_settings_and_may_be_used_beside_the_server(client, nlp):
    before = numpy.asarray(nlp(TEXTS[0]).spans["sc"].attrs["scores"])
    client.post("/annotate", json={"texts": TEXTS, "threshold": 0.05})
    assert numpy.array_equal(nlp(TEXTS[0]).spans["sc"].attrs["scores"], before)
