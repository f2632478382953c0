"""The command, in a process of its own."""

import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import httpx
import pytest
from typer.testing import CliRunner

from spacy_nested_ner.cli import app
from spacy_nested_ner.cli.serve import TOKEN_VARIABLE
from tests.serving.processes import serve_command
from tests.serving.servers import TEXTS, make_trained, spans_of_answer, spans_of_doc


@pytest.fixture(scope="module")
def folder(nlp, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipelines") / "model-best"
    nlp.to_disk(folder)
    return folder


@pytest.mark.slow
def test_an_address_for_other_machines_has_a_token(folder):
    with serve_command(str(folder), "--host", "0.0.0.0") as served:
        token = next(line for line in served.lines if line.startswith("Token: ")).split()[1]
        assert len(token) > 20
        assert any(line.endswith(f"/#token={token}") for line in served.lines)
        post = served.client.post
        assert post("/annotate", json={"text": "ZED"}).status_code == 401
        headers = {"authorization": f"Bearer {token}", "host": "any.example"}
        assert post("/annotate", json={"text": "ZED"}, headers=headers).status_code == 200
        assert served.stop() in (0, -15)


@pytest.mark.slow
def test_a_token_from_the_environment_is_not_printed(folder):
    variables = {TOKEN_VARIABLE: "open sesame"}
    with serve_command(str(folder), "--host", "0.0.0.0", **variables) as served:
        assert "sesame" not in "\n".join(served.lines)
        headers = {"authorization": "Bearer open sesame"}
        assert served.client.get("/pipelines", headers=headers).status_code == 200
        assert served.client.get("/pipelines").status_code == 401


@pytest.mark.slow
def test_sigterm_answers_what_has_begun_and_takes_no_more(folder, nlp):
    long_text = " ".join(TEXTS[:4]) * 60
    with serve_command(str(folder)) as served:
        with ThreadPoolExecutor(8) as pool:
            wish = {"texts": [long_text] * 4}
            answers = [
                pool.submit(served.client.post, "/annotate", json=wish) for _ in range(8)
            ]
            while 'path="/annotate"' not in served.client.get("/metrics").text:
                time.sleep(0.01)
            stopping = threading.Thread(target=served.stop)
            stopping.start()
            expected = [spans_of_doc(nlp(long_text))] * 4
            n_answered = 0
            for answer in answers:
                try:
                    assert spans_of_answer(answer.result()) == expected
                    n_answered += 1
                except (httpx.ConnectError, httpx.ReadError):
                    continue  # its connection came after the signal
            assert n_answered >= 4
        stopping.join()
        with pytest.raises(httpx.ConnectError):
            served.client.get("/health")
        assert not any("Traceback" in line for line in served.lines)


def test_a_port_that_is_taken_is_one_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["serve", str(folder), "--port", str(port)])
    assert result.exit_code == 1
    assert str(port) in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-pipeline"],
        ["{folder}", "--spans-key", "other"],
        ["{folder}", "--max-queue", "2"],
        ["{folder}", "--token", ""],
        ["{folder}", "--host", "256.1.1.1"],
    ],
)
def test_wrong_input_ends_with_one_sentence(folder, arguments):
    words = [word.format(folder=folder) for word in arguments]
    result = CliRunner().invoke(app, ["serve", *words, "--port", "0"])
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("Error: ")


def test_without_the_extra_a_sentence_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    result = CliRunner().invoke(app, ["serve", str(folder)])
    assert result.exit_code == 1
    assert "spacy-nested-ner[serve]" in result.stderr


def test_the_application_runs_in_another_one(nlp):
    """Where nobody calls its lifespan, and under a path."""
    from fastapi import FastAPI

    from spacy_nested_ner import create_app
    from tests.serving.servers import serving

    site = FastAPI()
    site.mount("/ner", create_app(make_trained(), token="sesame"))
    headers = {"authorization": "Bearer sesame"}
    with serving(site) as client:
        assert client.get("/ner/").status_code == 200
        assert client.get("/ner/page.js").status_code == 200
        assert client.post("/ner/annotate", json={"text": "ZED"}).status_code == 401
        wish = {"texts": TEXTS}
        answer = client.post("/ner/annotate", json=wish, headers=headers)
        assert spans_of_answer(answer) == [spans_of_doc(nlp(text)) for text in TEXTS]


@pytest.mark.slow
def test_bad_clients_leave_the_server_serving(folder, nlp):
    """500 each of malformed, oversized, slow and aborted requests, 50 at a time, and good ones
    between them."""
    rng = Random(0)
    limits = ("--max-body", "20000", "--time-limit", "2")
    with serve_command(str(folder), *limits) as served:
        port = served.port
        start = f"POST /annotate HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        json = start + b"Content-Type: application/json\r\n"

        def talk(*parts: bytes, wait: float = 0.0, read: bool = True) -> bytes:
            with socket.create_connection(("127.0.0.1", port), 30) as connection:
                try:
                    for part in parts:
                        connection.sendall(part)
                        time.sleep(wait)
                    return connection.recv(4096) if read else b""
                except ConnectionError:
                    return b""

        def malformed() -> None:
            bad = [
                b"\x00\x01\x02\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                b"POST /annotate\r\n\r\n",
                json + b"Content-Length: -5\r\n\r\n",
                json + b"Content-Length: 9\r\n\r\n{" + b"[" * 8,
                json + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
                start + b"Content-Length: 4\r\n\r\ntext",
                rng.randbytes(200) + b"\r\n\r\n",
            ]
            answer = talk(rng.choice(bad))
            assert answer[9:10] in (b"4", b"")

        def oversized() -> None:
            if rng.random() < 0.5:
                answer = talk(json + b"Content-Length: 100000000\r\n\r\n" + b"x" * 1000)
            else:
                chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
                answer = talk(json + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 8)
            assert answer[9:12] in (b"413", b"")

        def slow() -> None:
            kind = rng.randrange(3)
            if kind == 0:
                answer = talk(json + b"Content-Length: 50\r\n\r\n", b'{"te')
                assert answer[9:12] == b"408"
            elif kind == 1:
                assert talk(start) == b""  # the head never ends
            else:
                assert talk(b"") == b""  # no byte

        def aborted() -> None:
            body = b'{"text": "ZED promoter fusion gene"}'
            whole = json + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
            talk(whole[: rng.randrange(1, len(whole) + 1)], read=False)

        def good() -> None:
            answer = served.client.post("/annotate", json={"texts": TEXTS})
            assert spans_of_answer(answer) == expected

        expected = [spans_of_doc(nlp(text)) for text in TEXTS]
        jobs = [*[malformed, oversized, slow, aborted] * 500, *[good] * 100]
        rng.shuffle(jobs)
        with ThreadPoolExecutor(50) as pool:
            for job in [pool.submit(job) for job in jobs]:
                job.result()
        good()
        assert served.client.get("/health").status_code == 200
        assert served.stop() in (0, -15)
        assert not any("Traceback" in line for line in served.lines), served.lines
