"""Loading a pipeline."""

import pytest
import spacy

from spacy_nested_ner.files.pipelines import load_pipeline
from spacy_nested_ner.user_error import UserError


def test_the_folder_of_a_training_names_the_pipeline_in_it(tmp_path):
    (tmp_path / "mine").mkdir()
    spacy.blank("en").to_disk(tmp_path / "mine" / "model-best")
    with pytest.raises(UserError, match=r"give the pipeline .*mine.model-best") as raised:
        load_pipeline(tmp_path / "mine")
    assert "\n" not in str(raised.value)
