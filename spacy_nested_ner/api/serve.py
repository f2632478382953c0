"""Serve pipelines over HTTP, with a page to try texts on."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterable, Optional, Sequence, Tuple, Union

from ..serving.limits import Limits
from ..serving.pipelines import load_pipelines
from ..user_error import UserError
from .inputs import PipelineLike

if TYPE_CHECKING:
    from fastapi import FastAPI

LIBRARIES = ("fastapi", "uvicorn", "httptools", "prometheus_client")


def create_app(
    pipelines: Union[PipelineLike, Sequence[PipelineLike]],
    *,
    spans_key: Optional[str] = None,
    token: Optional[str] = None,
    allowed_hosts: Iterable[str] = ("localhost", "127.0.0.1", "::1"),
    examples: Optional[Sequence[str]] = None,
    max_length: int = 20_000,
    max_texts: int = 256,
    max_body: int = 8_000_000,
    max_queue: int = 1024,
    batch_tokens: int = 4096,
    time_limit: float = 30.0,
) -> "FastAPI":
    """The application of `serve`, to run under a server of your own or to mount in another
    application.

        app = create_app("training/model-best")                    # uvicorn module:app
        site.mount("/ner", create_app("training/model-best", allowed_hosts=["*"]))

    The pipelines belong to the application: do not use them elsewhere at the same time.

    pipelines: One or more pipelines, or their names or folders.
    spans_key: Key of doc.spans; None for the key in the settings of each pipeline.
    token: Requests need the header "Authorization: Bearer TOKEN"; None for no token.
    allowed_hosts: Names in the Host header of requests; "*" for any. Without a token, name
        only hosts that you trust: a web page of another site could read the answers.
    examples: Texts to try on the page; None for some in the language of the first pipeline.
    max_length: Longest text, in characters.
    max_texts: Texts of a request.
    max_body: Bytes of a request.
    max_queue: Texts that wait for each pipeline; further requests get the answer 503.
    batch_tokens: Tokens of concurrent requests that a pipeline annotates together.
    time_limit: Seconds for the arrival of a request, and again for its answer.
    RAISES (UserError): The extra `serve` is not installed; a pipeline cannot be loaded, does
        not write to the key, or fails on a short text; a limit is not positive.
    """
    check_libraries()
    limits = Limits(max_length, max_texts, max_body, max_queue, batch_tokens, time_limit)
    return _load_app(pipelines, spans_key, limits, token, allowed_hosts, examples)


def serve(
    pipelines: Union[PipelineLike, Sequence[PipelineLike]],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    spans_key: Optional[str] = None,
    token: Optional[str] = None,
    allowed_hosts: Optional[Iterable[str]] = None,
    examples: Optional[Sequence[str]] = None,
    max_length: int = 20_000,
    max_texts: int = 256,
    max_body: int = 8_000_000,
    max_queue: int = 1024,
    batch_tokens: int = 4096,
    time_limit: float = 30.0,
    access_log: bool = False,
    started: Callable[[str, Optional[str]], None] = lambda address, token: None,
) -> None:
    """Serve pipelines on a page and over HTTP, until the process gets SIGTERM or Ctrl+C.

        serve("training/model-best")    # http://127.0.0.1:8000/
        serve(["training/model-best", "en_other"], host="0.0.0.0", token="secret")

    host, port: Address to listen on; port 0 for any free one.
    token: As in `create_app`. An address that other machines reach always has a token, by
        default a random one.
    allowed_hosts: As in `create_app`; None for the names of this machine itself if only it
        reaches the address, else for any name.
    access_log: Log each request on standard error.
    started: Gets the address of the page and the token when the server accepts connections.
    RAISES (UserError): As `create_app`; also if the address cannot be used.
    """
    check_libraries()
    from ..serving.guard import LOOPBACK
    from ..serving.run import bind, is_loopback, make_token, name_address, run_app

    limits = Limits(max_length, max_texts, max_body, max_queue, batch_tokens, time_limit)
    is_local = is_loopback(host)
    if token is None and not is_local:
        token = make_token()
    names: Tuple[str, ...] = (*LOOPBACK, *(allowed_hosts or ()))
    if allowed_hosts is None and not is_local:
        names = ("*",)
    opened = bind(host, port)
    with opened:
        app = _load_app(pipelines, spans_key, limits, token, names, examples)
        address = name_address(opened, token)
        run_app(
            app, opened, limits, access_log=access_log, started=lambda: started(address, token)
        )


def _load_app(
    pipelines: Union[PipelineLike, Sequence[PipelineLike]],
    spans_key: Optional[str],
    limits: Limits,
    token: Optional[str],
    allowed_hosts: Iterable[str],
    examples: Optional[Sequence[str]],
) -> "FastAPI":
    from ..serving.app import make_app

    if token == "":
        raise UserError("The token is empty: give a text of at least one character.")
    if isinstance(pipelines, (str, Path)) or not isinstance(pipelines, Sequence):
        pipelines = [pipelines]
    return make_app(
        load_pipelines(pipelines, spans_key),
        token=token,
        allowed_hosts=allowed_hosts,
        limits=limits,
        examples=examples,
    )


def check_libraries() -> None:
    """RAISES (UserError): A library of the extra `serve` is not installed."""
    for name in LIBRARIES:
        try:
            import_module(name)
        except ModuleNotFoundError:
            raise UserError(
                f"serve needs the library '{name}', which is not installed: run `pip install "
                '"spacy-nested-ner[serve]"`.'
            ) from None
