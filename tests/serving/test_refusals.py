"""Requests that the server refuses, each with a status and one sentence."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from spacy_nested_ner.serving.run import is_loopback
from tests.serving.servers import TEXTS, make_trained, serving_pipeline, spans_of_answer
from tests.waiting import wait_until

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def small(nlp):
    """A server with low limits."""
    with serving_pipeline(
        nlp, max_length=50, max_texts=3, max_queue=3, max_body=5000, time_limit=1.0
    ) as client:
        yield client


@pytest.fixture(scope="module")
def guarded(nlp):
    with serving_pipeline(nlp, token="sesame", allowed_hosts=["*"]) as client:
        yield client


def refused(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    detail = answer.json()["detail"]
    assert detail.endswith(".")
    assert "\n" not in detail
    return detail


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"text": "a"',
        b"\xff\xfe",
        b'{"text": "\xff"}',
        b"[" * 4000,
        b'{"text": ' + b"[" * 4000,
        json.dumps({}).encode(),
        json.dumps({"text": None}).encode(),
        json.dumps({"text": 3}).encode(),
        json.dumps({"text": "a", "texts": ["b"]}).encode(),
        json.dumps({"texts": "a"}).encode(),
        json.dumps({"texts": ["a", 3]}).encode(),
        json.dumps({"text": "\ud800"}).encode(),
        json.dumps({"text": "a", "unknown": 1}).encode(),
        json.dumps({"text": "a", "threshold": "high"}).encode(),
        json.dumps({"text": "a", "threshold": 0.0}).encode(),
        json.dumps({"text": "a", "threshold": 1.5}).encode(),
        b'{"text": "a", "threshold": NaN}',
        json.dumps({"text": "a", "thresholds": {"DNA": 2}}).encode(),
        json.dumps({"text": "a", "thresholds": {"unknown": 0.5}}).encode(),
        json.dumps({"text": "a", "labels": ["DNA", "unknown"]}).encode(),
        json.dumps({"text": "a", "labels": "DNA"}).encode(),
        json.dumps({"text": "a", "pipeline": "unknown"}).encode(),
        json.dumps({"text": "x" * 51}).encode(),
        json.dumps({"texts": ["a"] * 4}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_malformed_request_is_refused_in_one_sentence(small, body):
    refused(small.post("/annotate", content=body, headers=JSON), 422)
    assert small.post("/annotate", json={"text": "ZED"}).status_code == 200


def test_a_message_names_the_field_and_the_limit(small):
    assert "texts[1]" in refused(small.post("/annotate", json={"texts": ["a", 3]}), 422)
    assert "50" in refused(small.post("/annotate", json={"text": "x" * 51}), 422)
    assert refused(small.post("/annotate", json={"texts": ["a", "x" * 51]}), 422)
    assert small.post("/annotate", json={"text": "🧬" * 50}).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(small, kind):
    """Pages of other sites may send the other types without asking."""
    headers = {"content-type": kind}
    refused(small.post("/annotate", content=b'{"text": "a"}', headers=headers), 415)


def test_other_paths_and_methods_are_refused(small):
    assert small.get("/annotate").status_code == 405
    assert small.get("/etc/passwd").status_code == 404
    assert small.post("/health").status_code == 405


def connect(client) -> socket.socket:
    connection = socket.create_connection((client.base_url.host, client.base_url.port), 10)
    connection.settimeout(10)
    return connection


def head(client, *lines: str) -> bytes:
    host = f"{client.base_url.host}:{client.base_url.port}"
    lines = (
        "POST /annotate HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        *lines,
    )
    return "\r\n".join((*lines, "", "")).encode()


def test_a_length_over_the_limit_is_refused_before_the_body(small):
    with connect(small) as connection:
        connection.sendall(head(small, "Content-Length: 5001"))
        assert b" 413 " in connection.recv(4096).partition(b"\r\n")[0]


def test_the_size_is_limited_while_the_body_arrives(small):
    """A body without a length, which never ends."""
    with connect(small) as connection:
        connection.sendall(head(small, "Transfer-Encoding: chunked"))
        n_sent, answer = 0, b""
        connection.settimeout(0.05)
        while not answer and n_sent < 1_000_000:
            connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            n_sent += 1024
            try:
                answer = connection.recv(4096)
            except TimeoutError:
                continue
    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert n_sent < 100_000


def test_a_body_that_does_not_arrive_is_refused(small):
    with connect(small) as connection:
        connection.sendall(head(small, "Content-Length: 100") + b'{"text"')
        begin = time.monotonic()
        assert b" 408 " in connection.recv(4096).partition(b"\r\n")[0]
        assert 0.5 < time.monotonic() - begin < 8


@pytest.fixture
def blocked():
    """A pipeline that waits until the test lets it go, and counts its documents."""
    from spacy.language import Language

    nlp = make_trained()
    event = threading.Event()
    seen = []

    def wait(doc):
        if doc.text != "A short text.":
            seen.append(doc.text)
            event.wait(20)
        return doc

    name = f"wait_for_test_{id(event)}"
    Language.component(name, func=wait)
    nlp.add_pipe(name, first=True)
    yield nlp, event, seen
    event.set()


def test_a_full_queue_is_told_at_once_and_loses_no_request(blocked):
    nlp, event, seen = blocked
    with (
        serving_pipeline(nlp, max_queue=2, max_texts=2) as client,
        ThreadPoolExecutor(8) as pool,
    ):

        def ask(*texts):
            return pool.submit(client.post, "/annotate", json={"texts": texts})

        def waiting():
            lines = client.get("/metrics").text.splitlines()
            (line,) = (one for one in lines if one.startswith("nested_ner_waiting_texts{"))
            return float(line.rpartition(" ")[2])

        first = ask("first")
        wait_until(lambda: seen)
        second = ask("second")
        wait_until(lambda: waiting() == 1)
        answer = client.post("/annotate", json={"texts": ["a", "b"]})
        refused(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1
        third = ask("third")
        wait_until(lambda: waiting() == 2)
        refused(client.post("/annotate", json={"text": "c"}), 503)
        assert client.get("/health").status_code == 200
        event.set()
        assert [one.result().status_code for one in (first, second, third)] == [200] * 3
        assert client.post("/annotate", json={"texts": ["a", "b"]}).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(blocked):
    nlp, event, seen = blocked
    with serving_pipeline(nlp, time_limit=0.3) as client:
        refused(client.post("/annotate", json={"text": "first"}), 504)
        refused(client.post("/annotate", json={"text": "never annotated"}), 504)
        event.set()
        assert client.post("/annotate", json={"text": TEXTS[1]}).status_code == 200
    assert "never annotated" not in seen


def test_a_client_that_is_gone_leaves_the_queue(blocked):
    nlp, event, seen = blocked
    with serving_pipeline(nlp) as client, ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/annotate", json={"text": "first"})
        wait_until(lambda: seen)
        body = b'{"text": "gone"}'
        with connect(client) as connection:
            connection.sendall(head(client, f"Content-Length: {len(body)}") + body)
            time.sleep(0.3)
        wait_until(lambda: 'status="499"' in client.get("/metrics").text)
        event.set()
        assert first.result().status_code == 200
        assert client.post("/annotate", json={"text": "last"}).status_code == 200
    assert seen == ["first", "last"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "sesame"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Bearer sesam"}, 401),
        ({"authorization": "Bearer sesame2"}, 401),
        ({"authorization": "Basic sesame"}, 401),
        ({"authorization": "Bearer sesame"}, 200),
        ({"authorization": "bearer sesame"}, 200),
    ],
)
def test_the_token_is_needed_for_all_that_tells_of_the_pipelines(guarded, headers, status):
    post = guarded.post("/annotate", json={"text": "ZED"}, headers=headers)
    paths = ("/pipelines", "/page.json", "/metrics", "/openapi.json")
    gets = [guarded.get(path, headers=headers) for path in paths]
    assert {answer.status_code for answer in (post, *gets)} == {status}
    if status == 401:
        refused(post, 401)
        assert post.headers["www-authenticate"] == "Bearer"
        draw = guarded.post("/draw", json={"text": "ZED"}, headers=headers)
        assert draw.status_code == guarded.post("/task", headers=headers).status_code == 401
        assert guarded.get("/unknown", headers=headers).status_code == 401


def test_the_empty_page_and_the_state_of_the_server_need_no_token(guarded):
    for path in ("/", "/page.css", "/page.js", "/health", "/ready"):
        answer = guarded.get(path)
        assert answer.status_code == 200
        assert "sesame" not in answer.text
        assert "DNA" not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]", "[", "0x7f.1"]
)
def test_another_host_is_refused(client, host):
    """A name of another site that leads to this machine (DNS rebinding)."""
    refused(client.get("/", headers={"host": host}), 400)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:9", "[::1]:8000"])
def test_the_names_of_this_machine_are_allowed(client, host):
    assert client.get("/health", headers={"host": host}).status_code == 200


def test_the_name_of_a_proxy_can_be_allowed(nlp):
    with serving_pipeline(nlp, allowed_hosts=["ner.example"]) as client:
        headers = {"host": "ner.example", "origin": "https://ner.example"}
        assert client.post("/annotate", json={"text": "a"}, headers=headers).status_code == 200
        # a proxy that changes the host
        headers["host"] = "ner.example:8000"
        assert client.post("/annotate", json={"text": "a"}, headers=headers).status_code == 200
        refused(client.get("/"), 400)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"]
)
def test_pages_of_other_sites_are_refused(client, origin):
    wish = {"text": "ZED"}
    refused(client.post("/annotate", json=wish, headers={"origin": origin}), 403)
    own = str(client.base_url).rstrip("/")
    answer = client.post("/annotate", json=wish, headers={"origin": own})
    assert spans_of_answer(answer)
    assert "access-control-allow-origin" not in answer.headers


def test_each_answer_tells_the_browser_to_be_careful(client):
    for answer in (client.get("/"), client.get("/unknown"), client.get("/health")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_addresses_of_this_machine_alone(host, expected):
    assert is_loopback(host) == expected
