"""Label Studio accepts the tasks, and shows each label on its text."""

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from spacy_nested_ner.corpus.writers.annotations import Annotations
from spacy_nested_ner.corpus.writers.gather import take_annotations
from spacy_nested_ner.corpus.writers.label_studio import write_label_studio
from spacy_nested_ner.rendering.colors import label_color
from tests.corpus.writers.awkward import PLAIN, SPACED, make_docs

SCHEMA = json.loads(Path(__file__).with_name("label_studio_task.schema.json").read_text())


def write(scores=None, *, model=""):
    """The tasks and the labelling interface."""
    docs = make_docs(PLAIN + SPACED, scores=scores)
    taken = take_annotations(docs, "sc", name="docs")
    labels = (*taken.labels, 'odd "label" & <more>')
    files = write_label_studio(Annotations(taken.documents, labels, taken.is_predicted, model))
    return json.loads(files[""]), files["-labels.xml"].decode("utf8")


def test_predictions_are_pre_annotations_and_gold_spans_are_annotations():
    tasks, _ = write([0.5, 0.75], model="en_parts-1.0")
    (prediction,) = tasks[0]["predictions"]
    assert prediction["model_version"] == "en_parts-1.0"
    assert prediction["score"] == 0.5
    assert [region["score"] for region in prediction["result"]].count(0.75) == 2
    assert all("annotations" not in task for task in tasks)
    gold, _ = write()
    assert [len(task["annotations"]) for task in gold] == [1] * len(tasks)
    assert all("predictions" not in task for task in gold)
    assert tasks[1]["predictions"] == [{"result": [], "model_version": "en_parts-1.0"}]


def test_offsets_count_code_points():
    """As JavaScript's [...text] does, on which Label Studio counts."""
    tasks, _ = write()
    regions = [
        (task["data"]["text"], region["value"])
        for task in tasks
        for region in task["annotations"][0]["result"]
    ]
    assert len(regions) > 15
    for text, value in regions:
        assert "".join(list(text)[value["start"] : value["end"]]) == value["text"]


@pytest.mark.parametrize("scores", [None, [0.5, 1.0]])
def test_tasks_fit_the_task_format(scores):
    tasks, _ = write(scores, model="en_parts-1.0")
    jsonschema.validate(tasks, SCHEMA)
    tasks[0]["predictions"] = [{"result": [{"value": {"start": "0"}}]}]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tasks, SCHEMA)


def test_the_interface_has_a_button_for_each_label():
    tasks, interface = write()
    (labels,) = ElementTree.fromstring(interface).iter("Labels")
    used = {
        label
        for task in tasks
        for region in task["annotations"][0]["result"]
        for label in region["value"]["labels"]
    }
    names = [label.get("value") for label in labels]
    assert {*names} == {*used, 'odd "label" & <more>'}
    assert len({*names}) == len(names)


def test_a_task_and_an_interface_as_they_are_in_the_file():
    annotations = take_annotations(
        make_docs([("a:0", "a", "feed pump", [(5, 9, "part")])], scores=[0.75]), "sc", name="x"
    )
    files = write_label_studio(
        Annotations(annotations.documents, ("part",), True, "en_parts-1.0")
    )
    region = {
        "id": "1",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 5, "end": 9, "text": "pump", "labels": ["part"]},
        "score": 0.75,
    }
    prediction = {"result": [region], "model_version": "en_parts-1.0", "score": 0.75}
    data = {"text": "feed pump", "id": "a:0", "document": "a"}
    assert json.loads(files[""]) == [{"data": data, "predictions": [prediction]}]
    color = label_color("part")
    assert files["-labels.xml"].decode() == (
        '<View>\n  <Labels name="label" toName="text">\n'
        f'    <Label value="part" background="{color}"/>\n'
        '  </Labels>\n  <Text name="text" value="$text"/>\n</View>\n'
    )


def test_the_sdk_of_label_studio_accepts_tasks_and_interface():
    module = pytest.importorskip("label_studio_sdk.label_interface")
    for scores in (None, [0.5, 1.0]):
        tasks, interface = write(scores)
        label_interface = module.LabelInterface(interface)
        label_interface.validate()
        for task in tasks:
            for prediction in task.get("predictions", []):
                assert label_interface.validate_prediction(prediction, return_errors=True) == []
            for annotation in task.get("annotations", []):
                assert label_interface.validate_annotation(annotation)
