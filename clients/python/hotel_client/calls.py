"""Calls over gRPC: with a token, writes with an idempotency key, repeated where they may be; errors are Refusals."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

from .refusal import of_grpc
from .repeat import Repeating, repeated
from .tokens import Tokens

# Seconds of an attempt. The gateway gives up a call after 16.
ATTEMPT = 20.0

_READS = re.compile(r"/(Get|List|Watch)\w+$")


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: list[tuple[str, str | bytes]]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class Caller(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Sends the calls of a channel. A stream is begun once, and its errors stay grpc.RpcError: watch() does the rest."""

    def __init__(self, tokens: Tokens, repeating: Repeating) -> None:
        self._tokens = tokens
        self._repeating = repeating

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        metadata = list(details.metadata or ())
        if not _READS.search(details.method) and not any(name == "idempotency-key" for name, _ in metadata):
            metadata.append(("idempotency-key", str(uuid.uuid4())))

        def attempt(token: str) -> Any:
            call = continuation(_prepared(details, metadata, token, details.timeout or ATTEMPT), request)
            error = call.exception()
            if isinstance(error, grpc.RpcError):
                raise of_grpc(error)
            return call

        return repeated(attempt, self._tokens, self._repeating)

    def intercept_unary_stream(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        token = self._tokens.current()
        return continuation(_prepared(details, list(details.metadata or ()), token, details.timeout), request)


def _prepared(details: Any, metadata: list[tuple[str, str | bytes]], token: str, timeout: float | None) -> _Details:
    bearing = [*metadata, ("authorization", f"Bearer {token}")]
    return _Details(
        details.method, timeout, bearing, details.credentials, details.wait_for_ready, details.compression
    )
