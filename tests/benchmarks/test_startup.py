"""The commands of the measurement compare what they say."""

import subprocess
import sys

import pytest

from benchmarks.startup import COMMANDS, RATIOS


@pytest.mark.slow
@pytest.mark.parametrize("with_us", [True, False])
def test_spacy_finds_us_only_where_we_are_installed(with_us):
    words = COMMANDS[f"spacy help {'with' if with_us else 'without'} us"]
    result = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=True
    )
    assert ("nested-ner" in result.stdout) == with_us


def test_every_ratio_is_of_two_commands():
    assert {name for pair in RATIOS.values() for name in pair} == set(COMMANDS)
