import io
import json
import re
import sys
import webbrowser
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from spacy_nested_ner.cli import main


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Finds feed pumps, and the pumps in them."""
    nlp = spacy.blank("en", meta={"name": "pumps", "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "found"})
    ruler.add_patterns(
        [{"label": "part", "pattern": "feed pump"}, {"label": "part", "pattern": "pump"}]
    )
    folder = tmp_path_factory.mktemp("pipelines") / "pumps"
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def run(monkeypatch, capfd):
    """Run `visualize` and return (exit code, stdout, stderr)."""

    def run(*arguments: object, stdin: bytes = b""):
        monkeypatch.setattr(
            sys, "argv", ["spacy-nested-ner", "visualize", *map(str, arguments)]
        )
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as exit:
            main()
        return (exit.value.code, *capfd.readouterr())

    return run


def shown(page):
    """The spans on a page, in characters."""
    tags = re.findall(r'<mark class="[^"]*first[^"]*"[^>]*>', page)
    return [re.search(r'data-span="(\d+:\d+)"', tag)[1] for tag in tags]


@pytest.fixture
def opened(monkeypatch):
    """What the browser opened."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    return opened


def test_the_page_goes_to_standard_output(pipeline, run, opened):
    code, page, errors = run(pipeline, "the feed pump\nleaks – badly", "--output", "-")
    assert opened == []
    assert (code, errors) == (0, "")
    assert page.startswith("<!DOCTYPE html>")
    assert shown(page) == ["4:13", "9:13"]
    assert "<title>en_pumps 1.2.3</title>" in page
    assert "\nleaks – badly" in page


def test_the_page_opens_in_the_browser(pipeline, run, opened):
    code, printed, errors = run(pipeline, "the feed pump")
    assert (code, errors) == (0, "")
    (url,) = opened
    assert url.startswith("file:///")
    file = Path(url2pathname(urlsplit(url).path))
    assert shown(file.read_text(encoding="utf8")) == ["4:13", "9:13"]
    assert str(file) in printed


def test_without_a_browser_the_path_is_printed(pipeline, run, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    code, printed, _ = run(pipeline, "the feed pump")
    assert code == 0
    (file,) = re.findall(r"\S+\.html", printed)
    assert shown(Path(file).read_text(encoding="utf8")) == ["4:13", "9:13"]


@pytest.mark.parametrize("name", ["texts.jsonl", "my texts.JSONL", "texts.spacy", "texts.txt"])
def test_a_file_in_place_of_the_text_is_read(pipeline, run, tmp_path, name):
    texts = ["no pump", "the feed pump"]
    file = tmp_path / name
    if name.endswith(".spacy"):
        nlp = spacy.blank("xx")
        DocBin(docs=[*nlp.pipe([*texts, ""])]).to_disk(file)
    elif name.endswith(".txt"):
        file.write_text("\n".join([*texts, "", ""]), encoding="utf8")
    else:
        lines = [json.dumps({"text": text, "spans": []}) for text in [*texts, " "]]
        file.write_text("\n\n".join(lines), encoding="utf8")
    code, page, _ = run(pipeline, file, "--output", "-")
    assert code == 0
    assert page.count("<article") == 2
    assert shown(page) == ["3:7", "4:13", "9:13"]


def test_the_page_goes_to_a_file(pipeline, run, tmp_path):
    out = tmp_path / "new" / "page.html"
    code, printed, _ = run(pipeline, "the feed pump", "--output", out)
    assert code == 0
    assert printed.rstrip().endswith(" 2")
    assert shown(out.read_text(encoding="utf8")) == ["4:13", "9:13"]
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


@pytest.mark.parametrize("by_stdin", [True, False])
def test_a_file_has_a_text_a_line(pipeline, run, tmp_path, by_stdin):
    data = "\ufeffno pump\r\n\r\nfeed pump\u2028é\n  \n".encode()
    (tmp_path / "texts.txt").write_bytes(data)
    file = "-" if by_stdin else tmp_path / "texts.txt"
    code, page, _ = run(pipeline, "--file", file, "--output", "-", stdin=data)
    assert code == 0
    assert page.count("<article") == 2
    assert "&#13;" not in page
    assert shown(page) == ["3:7", "0:9", "5:9"]


def test_a_text_without_mentions_is_shown(pipeline, run):
    code, page, _ = run(pipeline, "no fault found", "--output", "-")
    assert code == 0
    assert ">no fault found<" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-pipeline", "a pump"], "'no-such-pipeline'"),
        (["PIPELINE", "a pump", "--spans-key", "sc"], "doc.spans['sc']"),
        (["PIPELINE", " \n"], "text"),
        (["PIPELINE"], "--file"),
        (["PIPELINE", "a pump", "--file", "-"], "--file"),
        (["PIPELINE", "--file", "-"], " - "),
        (["PIPELINE", "--file", "no-such-file"], "no-such-file"),
        (["PIPELINE", "no-such.jsonl"], "no-such.jsonl"),
        (["PIPELINE", "BAD.jsonl"], r"BAD.jsonl, line 2"),
        (["PIPELINE", "EMPTY.spacy"], "EMPTY.spacy"),
        (["PIPELINE", "a pump", "--output", "PIPELINE/page.html"], "/page.html "),
    ],
)
def test_bad_input_is_one_line(
    pipeline, run, arguments, message, tmp_path, monkeypatch, opened
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "BAD.jsonl").write_text('{"text": "a"}\n{"texts": "b"}\n')
    DocBin(docs=[Doc(Vocab())]).to_disk(tmp_path / "EMPTY.spacy")
    arguments = [argument.replace("PIPELINE", str(pipeline)) for argument in arguments]
    code, page, errors = run(*arguments)
    assert (code, page) == (1, "")
    assert message in errors
    assert errors.count("\n") == 1
    assert not (pipeline / "page.html").exists()
    assert opened == []


def test_a_file_in_another_encoding_is_refused(pipeline, run):
    code, page, errors = run(pipeline, "--file", "-", stdin="Füße".encode("latin1"))
    assert (code, page) == (1, "")
    assert re.search(r"-, line 1: .*0xfc.* UTF-8", errors)


def test_a_page_is_not_lost_when_writing_fails(pipeline, run, tmp_path, monkeypatch):
    out = tmp_path / "page.html"
    out.write_text("the old page")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    code, _, errors = run(pipeline, "the feed pump", "--output", out)
    assert code == 1
    assert "No space left on device" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert out.read_text() == "the old page"
