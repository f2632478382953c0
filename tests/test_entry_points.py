"""Every registered name is found by a fresh process."""

import subprocess
import sys
from importlib.metadata import distribution

import pytest

ENTRY_POINTS = distribution("spacy-nested-ner").entry_points

# how spaCy, Thinc and we ourselves look up a name of each group
LOOKUPS = {
    "spacy_factories": "spacy.blank('en').get_factory_meta(name)",
    "spacy_architectures": "registry.architectures.get(name)",
    "spacy_batchers": "registry.batchers.get(name)",
    "spacy_callbacks": "registry.callbacks.get(name)",
    "spacy_cli": "registry.cli.get(name)",
    "spacy_displacy_colors": "registry.displacy_colors.get(name)",
    "spacy_loggers": "registry.loggers.get(name)",
    "spacy_readers": "registry.readers.get(name)",
    "spacy_nested_ner_corpus_readers": "find_reader(name)",
    "spacy_nested_ner_corpus_writers": "find_writer(name)",
    "spacy_scorers": "registry.scorers.get(name)",
    "spacy_tokenizers": "registry.tokenizers.get(name)",
    "thinc_losses": "registry.losses.get(name)",
}


def names_of(group: str):
    return sorted(point.name for point in ENTRY_POINTS if point.group == group)


@pytest.mark.slow
def test_every_name_resolves_in_a_fresh_process():
    expected = {group: names_of(group) for group in LOOKUPS}
    assert "nested_spancat" in expected["spacy_factories"]
    assert "spacy_nested_ner.GlobalPointer.v1" in expected["spacy_architectures"]
    losses = {"EMC.v1", "EIoUEMC.v1", "BinaryCrossEntropy.v1"}
    namespaced = {f"spacy_nested_ner.{name}" for name in losses}
    assert set(expected["thinc_losses"]) == losses | namespaced
    lines = [
        "import spacy",
        "from spacy import registry",
        "from spacy_nested_ner.corpus.readers import find_reader",
        "from spacy_nested_ner.corpus.writers import find_writer",
    ]
    for group, names in expected.items():
        for name in names:
            lines.append(f"name = {name!r}; {LOOKUPS[group]}; print(name)")
    code = "\n".join(lines)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert sorted(result.stdout.split()) == sorted(
        n for names in expected.values() for n in names
    )


def test_no_entry_point_lies_in_a_group_that_the_test_above_passes_over():
    groups = {point.group for point in ENTRY_POINTS}
    assert groups == {"console_scripts", *LOOKUPS}


def test_importing_the_package_imports_nothing_heavy():
    code = """if True:
    import sys, spacy_nested_ner
    print([name for name in ("torch", "spacy", "thinc") if name in sys.modules])"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
