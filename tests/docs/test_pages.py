"""What any page of the documentation shows: links lead somewhere, code can run."""

import ast
import importlib.util
import json
import subprocess
import sys
from configparser import ConfigParser

import pytest
import srsly
from spacy.cli import app as spacy_app
from typer.main import get_command

from spacy_nested_ner.cli import app
from tests.conftest import ROOT
from tests.docs.pages import PAGES, anchors_of, blocks_of, commands_of, links_of

LINKS = [(page, link) for page in PAGES for link in links_of(page)]
COMMANDS = [(page, words) for page in PAGES for words in commands_of(page)]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{p.name}: {to}" for p, to in LINKS])
def test_a_link_leads_to_a_file_and_a_heading(page, link):
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.exists()
    assert target == ROOT or ROOT in target.parents
    assert not anchor or anchor in anchors_of(target)


def test_pages_link_and_show_commands():
    assert {page for page, _ in LINKS} >= {ROOT / "README.md", ROOT / "docs" / "own-data.md"}
    assert len(COMMANDS) > 50


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_blocks_of_code_are_of_their_language(page):
    for block in blocks_of(page, "python"):
        if not block.text.startswith(">>> "):
            ast.parse(block.text)
    for block in blocks_of(page, "ini"):
        parser = ConfigParser(interpolation=None)
        parser.read_string(block.text)
        for section in parser.values():
            for value in section.values():
                if "${" not in value:
                    json.loads(value)
    for block in blocks_of(page, "json"):
        try:
            json.loads(block.text)
        except json.JSONDecodeError:
            assert [json.loads(line) for line in block.text.splitlines()]


@pytest.mark.parametrize(
    ("page", "words"), COMMANDS, ids=[f"{p.name}: {' '.join(w)[:60]}" for p, w in COMMANDS]
)
def test_a_command_exists_with_its_options(page, words):
    if words[0] == "pip" or words[:3] == ["python", "-m", "pip"]:
        return
    if words[0] == "spacy-nested-ner":
        words = ["python", "-m", "spacy_nested_ner", *words[1:]]
    python, option, module, *arguments = words
    assert (python, option) == ("python", "-m")
    if module == "spacy_nested_ner":
        check_arguments(get_command(app), arguments)
    elif module == "spacy" and arguments[:2] == ["project", "run"]:
        check_project(arguments[2:])
    elif module == "spacy":
        assert arguments[0] in get_command(spacy_app).commands
    else:
        assert importlib.util.find_spec(module)


def check_arguments(command, arguments) -> None:
    """The parser of click refuses unknown options and superfluous arguments."""
    name = arguments[0] if arguments else ""
    if hasattr(command, "get_command") and not name.startswith("-"):
        found = command.get_command(None, name)
        assert found, name
        command, arguments = found, arguments[1:]
    context = command.context_class(command, info_name=name)
    arguments = [word for word in arguments if word not in ("…", "...")]
    _, left, _ = command.make_parser(context).parse_args(arguments)
    assert not left


def check_project(arguments) -> None:
    workflow, *options = arguments
    project = srsly.read_yaml(ROOT / "project.yml")
    assert workflow in {*project["workflows"], *(c["name"] for c in project["commands"])}
    options = [option for option in options if option != "."]
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert {name.removeprefix("--vars.") for name in given} <= set(project["vars"])


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("furo", reason="the site needs the extra `docs`")
    pytest.importorskip("myst_parser", reason="the site needs the extra `docs`")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q"]
    result = subprocess.run(
        [*build, ROOT / "docs", tmp_path / "site"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    # generated from the code, not written by hand
    commands = (tmp_path / "site" / "commands.html").read_text(encoding="utf8")
    functions = (tmp_path / "site" / "python.html").read_text(encoding="utf8")
    assert all(name in commands for name in ("--held-out", "--spans-key", "--evaluation"))
    assert 'id="spacy_nested_ner.losses.span_losses.EIoUEMC"' in functions
