"""Run the application under uvicorn until a signal stops it."""

import ipaddress
import secrets
import socket
from contextlib import suppress
from typing import Callable, List, Optional, Type

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..user_error import UserError
from .limits import Limits


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def make_token() -> str:
    return secrets.token_urlsafe(24)


def bind(host: str, port: int) -> socket.socket:
    """A socket on an address, before the pipelines are loaded.

    port: 0 for any free one.
    RAISES (UserError): The address is not of this machine, or the port is taken.
    """
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    # a server that has just stopped does not keep the port
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except (OSError, OverflowError) as error:
        opened.close()
        raise UserError(
            f"Cannot listen on {host}, port {port} ({error}): give another --host or --port."
        ) from None
    return opened


def name_address(opened: socket.socket, token: Optional[str]) -> str:
    """The address of the page, with the token if there is one. Browsers do not send what is
    behind the #."""
    host, port = opened.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:  # all addresses of this machine
        host = socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"#token={token}" if token else "")


def run_app(
    app: FastAPI,
    opened: socket.socket,
    limits: Limits,
    *,
    access_log: bool = False,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT. Then no connection is accepted any more; requests that
    have begun are answered, and the process ends.

    started: called when the server accepts connections.
    """
    config = uvicorn.Config(
        app,
        http=_make_protocol(limits.time_limit),
        ws="none",
        lifespan="on",
        log_level="info" if access_log else "warning",
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=int(2 * limits.time_limit) + 1,
    )
    server = _Server(config, started)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[opened])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: Optional[List[socket.socket]] = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_started()


def _make_protocol(seconds: float) -> Type[HttpToolsProtocol]:
    """HTTP for connections that send the head of their first request within some seconds; a
    body has a limit of its own."""

    class Protocol(HttpToolsProtocol):
        def connection_made(self, transport) -> None:  # type: ignore[no-untyped-def]
            super().connection_made(transport)
            self.loop.call_later(seconds, self._close_if_silent)

        def _close_if_silent(self) -> None:
            if self.cycle is None:
                self.transport.close()

    return Protocol
