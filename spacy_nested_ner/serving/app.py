"""The ASGI application: routes, error answers, OpenAPI."""

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, Iterable, Optional, Sequence

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from ..about import __version__
from .examples import find_examples
from .guard import LOOPBACK, Guard
from .limits import Limits
from .messages import (
    AnnotateAnswer,
    AnnotateRequest,
    BadRequest,
    ErrorAnswer,
    PipelinesAnswer,
    openapi_body,
)
from .page import FILES, read_page
from .pipelines import ServedPipeline
from .routes import Routes

ERRORS: Dict[Any, Dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": description}
    for status, description in (
        (401, "The token is missing or wrong"),
        (413, "The request has too many bytes"),
        (415, "The body is not JSON"),
        (422, "A field is wrong, or a text is too long"),
        (500, "The pipeline fails on a text"),
        (503, "The queue is full, or the server stops: try again later"),
        (504, "There was no answer within the time limit"),
    )
}


def make_app(
    pipelines: Sequence[ServedPipeline],
    *,
    token: Optional[str] = None,
    allowed_hosts: Iterable[str] = LOOPBACK,
    limits: Limits = Limits(),
    examples: Optional[Sequence[str]] = None,
) -> FastAPI:
    """The application. It annotates from its start-up to its shutdown (ASGI's lifespan), or
    from the first request where nobody calls the lifespan, as in a mounted application.

    token: See `Guard`, as allowed_hosts.
    examples: Texts to try on the page; None for some in the language of the first pipeline.
    """
    routes = Routes(
        pipelines, limits, find_examples(pipelines) if examples is None else examples
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        routes.start()
        yield
        # uvicorn has answered the open requests by now
        await run_in_threadpool(routes.stop)

    app = FastAPI(
        title="spacy-nested-ner",
        description="Finds nested named entities in texts.",
        version=__version__,
        lifespan=lifespan,
        # their pages load scripts of other sites
        docs_url=None,
        redoc_url=None,
    )
    app.add_api_route(
        "/annotate",
        routes.annotate,
        methods=["POST"],
        response_model=AnnotateAnswer,
        responses=ERRORS,
        openapi_extra=openapi_body(AnnotateRequest),
    )
    app.add_api_route("/pipelines", routes.describe, response_model=PipelinesAnswer)
    app.add_api_route("/health", routes.tell_health)
    app.add_api_route("/ready", routes.tell_ready)
    app.add_api_route("/metrics", routes.tell_metrics, response_class=Response)
    for path, answer in (("/draw", routes.draw), ("/task", routes.write_task)):
        app.add_api_route(path, answer, methods=["POST"], include_in_schema=False)
    app.add_api_route("/page.json", routes.describe_page, include_in_schema=False)
    for path in FILES:
        app.add_api_route(path, read_page, include_in_schema=False)
    if token is not None:
        _describe_token(app)
    app.add_exception_handler(BadRequest, _answer_bad_request)
    app.add_exception_handler(Exception, _answer_error)
    app.add_middleware(
        Guard,
        token=token,
        allowed_hosts=allowed_hosts,
        limits=limits,
        metrics=routes.metrics,
        paths=frozenset(getattr(route, "path", "") for route in app.routes),
    )
    return app


def _describe_token(app: FastAPI) -> None:
    """Say in OpenAPI that requests need a token."""
    describe = app.openapi

    def openapi() -> Dict[str, Any]:
        schema = describe()
        schemes = schema.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer"}
        schema["security"] = [{"token": []}]
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


async def _answer_bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadRequest)
    headers = {}
    if error.status in (408, 413):  # the rest of the body is not read
        headers["connection"] = "close"
    if error.status == 503:
        headers["retry-after"] = "1"
    return JSONResponse({"detail": str(error)}, error.status, headers)


async def _answer_error(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": "The server failed: see its log."}, 500)
