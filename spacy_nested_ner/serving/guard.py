"""The door of the server: refuses requests before a route sees them.

- Another host: a page of another site can make its name lead to this machine, and would then
  read the answers (DNS rebinding). So the Host header must name this server.
- Another site: browsers say in `Origin` which site a request comes from. Pages of other sites
  may not use the server; programs send no such header.
- No token, where one is needed.
- A body of too many bytes, counted while it arrives, or one that arrives too slowly.
"""

import asyncio
import hmac
from time import perf_counter
from typing import Any, Awaitable, Callable, FrozenSet, Iterable, MutableMapping, Optional
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse

from .limits import Limits
from .messages import BadRequest
from .metrics import Metrics

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# the page without data, and what tells a load balancer that the server runs
OPEN_PATHS = frozenset(("/", "/page.css", "/page.js", "/health", "/ready"))
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (
        b"content-security-policy",
        # the colours of bars are in their style attributes
        b"default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr "
        b"'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'; img-src data:",
    ),
)


class Guard:
    """An ASGI application around another one.

    token: needed in the header "Authorization: Bearer TOKEN"; None for no token.
    allowed_hosts: names of this server; "*" for any name.
    paths: of all routes, for the metrics.
    """

    def __init__(
        self,
        app: App,
        *,
        token: Optional[str],
        allowed_hosts: Iterable[str],
        limits: Limits,
        metrics: Metrics,
        paths: FrozenSet[str],
    ) -> None:
        self.app = app
        self.token = None if token is None else token.encode("utf8")
        self.allowed_hosts = {host.strip("[]").lower() for host in allowed_hosts}
        self.limits = limits
        self.metrics = metrics
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begin = perf_counter()
        path = scope["path"][len(scope.get("root_path", "")) :] or "/"
        known = path if path in self.paths else "other"
        status = 499  # the client was gone before the answer

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        try:
            try:
                self._check(scope, path)
            except BadRequest as error:
                headers = {"connection": "close"}  # its body is not read
                if error.status == 401:
                    headers["www-authenticate"] = "Bearer"
                answer = JSONResponse({"detail": str(error)}, error.status, headers)
                await answer(scope, receive, send_safely)
            else:
                await self.app(scope, self._limit(receive), send_safely)
        except Exception:
            status = 500
            raise
        finally:
            self.metrics.requests.labels(known, status).inc()
            self.metrics.request_seconds.labels(known).observe(perf_counter() - begin)

    def _check(self, scope: Scope, path: str) -> None:
        """RAISES (BadRequest)"""
        headers = {key.lower(): value for key, value in scope["headers"]}
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_allowed(host):
            raise BadRequest(
                f"The host {host[:80]!r} is not allowed: use the address that the server "
                "prints, or start it with --allowed-host.",
                400,
            )
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and not self._is_same_site(origin, host):
            raise BadRequest("A page of another site may not use this server.", 403)
        if self.token is not None and path not in OPEN_PATHS:
            scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
            is_right = hmac.compare_digest(given.strip(), self.token)
            if scheme.lower() != b"bearer" or not is_right:
                raise BadRequest(
                    "The token is missing or wrong: send the header 'Authorization: Bearer "
                    "TOKEN'.",
                    401,
                )
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self.limits.max_body:
            raise self._too_large()

    def _is_allowed(self, host: str) -> bool:
        return "*" in self.allowed_hosts or _name_of(host) in self.allowed_hosts

    def _is_same_site(self, origin: str, host: str) -> bool:
        """A proxy may give the server another Host than that of the page, one of the allowed
        names."""
        _, _, place = origin.partition("://")
        name = _name_of(place)
        return place == host or (name in self.allowed_hosts and name not in LOOPBACK)

    def _limit(self, receive: Receive) -> Receive:
        """RAISES (BadRequest): by the returned function."""
        n_bytes = 0
        is_complete = False
        deadline = perf_counter() + self.limits.time_limit

        async def receive_some() -> Message:
            nonlocal n_bytes, is_complete
            if is_complete:  # waits until the client is gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), deadline - perf_counter())
            except asyncio.TimeoutError:
                raise BadRequest(
                    f"The request did not arrive within {self.limits.time_limit:g} seconds.",
                    408,
                ) from None
            if message["type"] == "http.disconnect":
                raise BadRequest("The client is gone.", 499)
            n_bytes += len(message.get("body", b""))
            if n_bytes > self.limits.max_body:
                raise self._too_large()
            is_complete = not message.get("more_body", False)
            return message

        return receive_some

    def _too_large(self) -> BadRequest:
        return BadRequest(
            f"The request has more than {self.limits.max_body:,} bytes: send fewer or shorter "
            "texts.",
            413,
        )


def _name_of(host: str) -> Optional[str]:
    """The name in "name:port", without the port; None if it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
