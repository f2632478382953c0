"""`python -m spacy_nested_ner serve`: a page to try texts on, and an HTTP interface."""

from pathlib import Path
from typing import List, Optional

import typer

from .terminal import GPU_ID, SPANS_KEY, show, use_gpu

EXAMPLE = "training/mine/model-best --port 8000"
TOKEN_VARIABLE = "SPACY_NESTED_NER_TOKEN"


def serve_command(
    pipelines: List[str] = typer.Argument(
        ..., help="Trained pipelines, by name or folder; the page shows them side by side."
    ),
    host: str = typer.Option(
        "127.0.0.1",
        help="Address to listen on. Any other than one of this machine alone, such as 0.0.0.0, "
        "needs a token.",
    ),
    port: int = typer.Option(8000, min=0, max=65535, help="Port; 0 for any free one."),
    token: Optional[str] = typer.Option(
        None,
        envvar=TOKEN_VARIABLE,
        help="Requests need this token. By default, none on 127.0.0.1, and on other addresses "
        "a random one, which is printed.",
    ),
    allowed_host: Optional[List[str]] = typer.Option(
        None,
        help="Another name of this server, such as that of a reverse proxy; repeatable.",
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    examples: Optional[Path] = typer.Option(
        None,
        exists=True,
        dir_okay=False,
        help='Texts to try on the page: .jsonl (key "text"), .spacy or .txt (a text per line).',
    ),
    max_length: int = typer.Option(20_000, min=1, help="Longest text, in characters."),
    max_texts: int = typer.Option(256, min=1, help="Texts of a request."),
    max_body: int = typer.Option(8_000_000, min=1, help="Bytes of a request."),
    max_queue: int = typer.Option(
        1024, min=1, help="Texts that wait; further requests get the answer 503."
    ),
    batch_tokens: int = typer.Option(
        4096, min=1, help="Tokens of concurrent requests that are annotated together."
    ),
    time_limit: float = typer.Option(
        30.0, min=0.1, help="Seconds for the arrival of a request, and again for its answer."
    ),
    access_log: bool = typer.Option(False, "--access-log", help="Log each request."),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Serve pipelines on a page and over HTTP, until Ctrl+C.

    The page draws the spans of a text while you type. Programs send texts to /annotate; the
    address /openapi.json describes all requests.
    """
    from ..api.serve import check_libraries, serve

    check_libraries()
    texts = None
    if examples is not None:
        from ..corpus.sources import open_file
        from ..corpus.texts import read_texts

        texts = [text.text for text in read_texts(open_file(examples))]
    use_gpu(gpu_id)

    def started(address: str, used_token: Optional[str]) -> None:
        # also with --quiet: nobody could use a random token that was not printed
        if used_token is not None and used_token != token:
            typer.echo(f"Token: {used_token}")
        show(f"Serving on {address if used_token != token else address.partition('#')[0]}")
        show("Stop with Ctrl+C")

    serve(
        pipelines,
        host=host,
        port=port,
        token=token,
        allowed_hosts=allowed_host or None,
        spans_key=spans_key,
        examples=texts,
        max_length=max_length,
        max_texts=max_texts,
        max_body=max_body,
        max_queue=max_queue,
        batch_tokens=batch_tokens,
        time_limit=time_limit,
        access_log=access_log,
        started=started,
    )
