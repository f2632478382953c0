"""The pages as a site: `python -m sphinx -W -n docs build/docs`.

-W and -n fail the build on a dead link and on a name that does not resolve. Nothing here needs
the network. The pages are plain Markdown, which GitHub shows as well; only `commands.md` and
`python.md` are filled in by the build.
"""

import os
import re
import sys
from pathlib import Path
from typing import List

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import spacy_nested_ner  # noqa: E402

project = "spacy-nested-ner"
author = "the contributors of spacy-nested-ner"
version = release = spacy_nested_ner.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}

html_theme = "furo"
html_title = f"{project} {release}"
html_show_sourcelink = False

# links to headings, by the names that GitHub gives them
myst_heading_anchors = 4

# a docstring is Markdown in spirit: `name` is code
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
# not documented here: other packages, and names of types that only signatures show
nitpick_ignore_regex = [
    ("py:.*", r"(spacy|thinc|confection|torch|numpy|pandas|typing|pathlib|markupsafe)\b.*"),
    (
        "py:.*",
        r"(Path|Doc|Example|Language|Model|Optimizer|Config|Tensor|Vocab|Ragged|ndarray|DataFrame)",
    ),
    (
        "py:.*",
        r"(Floats2d|Any|Mapping|Iterable|Sequence|Callable|Literal|Markup|Tokenizer|SpanGrid|FastAPI)",
    ),
]


class CommandHelp(SphinxDirective):
    """The help of every command, as a terminal of 90 columns shows it."""

    def run(self) -> List[nodes.Node]:
        from typer.main import get_command
        from typer.testing import CliRunner

        from spacy_nested_ner.cli import app

        # rich reads the width once, when typer imports it
        runner = CliRunner(env={"COLUMNS": "90", "NO_COLOR": "1", "TERM": "dumb"})
        command = get_command(app)
        sections: List[nodes.Node] = []
        for name in ("", *command.list_commands(None)):  # type: ignore[attr-defined]
            result = runner.invoke(
                app, [*name.split(), "--help"], prog_name="python -m spacy_nested_ner"
            )
            if result.exit_code:
                raise RuntimeError(f"`{name} --help` failed: {result.output}")
            title = name or "All commands"
            section = nodes.section(ids=[nodes.make_id(title)])
            section += nodes.title(text=title)
            section += nodes.literal_block(text=result.output.strip("\n"), language="text")
            sections.append(section)
        return sections


FIELD = re.compile(r"(?P<names>\w+(?:, \w+)*)(?: \(.*\))?: (?P<text>\S.*)")
RESULT = re.compile(r"(?P<kind>RETURNS|YIELDS|RAISES)(?: \((?P<type>.*)\))?: (?P<text>\S.*)")
CHOICE = re.compile(r' +(?P<text>"\w+": .*)')


def read_fields(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: List[str]
) -> None:
    """Turn the arguments of a docstring in spaCy's form, `size (int): Examples in a batch.`,
    into the fields of Sphinx. A choice of an argument, `"length": …`, becomes a list item, an
    indented paragraph of the text a block of code."""
    fields: List[str] = []
    in_choices = in_code = False
    for line in lines:
        result, field, choice = (form.match(line) for form in (RESULT, FIELD, CHOICE))
        if result or (field and what in ("function", "method", "class")):
            in_choices = False
            if fields and not fields[-1].startswith((":", " ")):
                fields.append("")
        if result:
            kind = {"RETURNS": "returns", "YIELDS": "yields", "RAISES": "raises"}[
                result["kind"]
            ]
            error = f" {result['type']}" if kind == "raises" and result["type"] else ""
            error = error.replace("UserError", "~spacy_nested_ner.user_error.UserError")
            fields.append(f":{kind}{error}: {result['text']}")
        elif field and what in ("function", "method", "class"):
            first, *others = field["names"].split(", ")
            fields += [f":param {other}: See `{first}`." for other in others]
            fields.append(f":param {first}: {field['text']}")
        elif line.startswith("    ") and (in_code or (fields and not fields[-1])):
            fields += [*([] if in_code else ["::", ""]), line]
            in_code = True
        elif choice:
            fields += [*([] if in_choices else [""]), f"    * {choice['text']}"]
            in_choices = True
        elif in_choices and line.startswith(" "):
            fields.append(f"      {line.strip()}")
        else:
            in_code = in_code and not line
            fields.append(line)
    lines[:] = fields


def link_repository_files(app: Sphinx, docname: str, source: List[str]) -> None:
    """The site carries the files outside docs/ that its pages link to. A link to a folder
    leads nowhere on a site: its text stays."""

    def link(found: "re.Match[str]") -> str:
        if (Path(app.srcdir) / found["path"]).is_dir():
            return found["text"][1:-1]
        return f"{found['text']}(path:{found['path']})"

    pattern = r"(?P<text>\[[^]]+\])\((?P<path>\.\./[^)#]*)(?:#[^)]*)?\)"
    source[0] = re.sub(pattern, link, source[0])


def setup(app: Sphinx) -> None:
    os.environ.setdefault("COLUMNS", "90")
    app.add_directive("command-help", CommandHelp)
    app.connect("autodoc-process-docstring", read_fields)
    app.connect("source-read", link_repository_files)
