"""What the API says instead of an answer."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

import grpc
import httpx
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2
from hotel.reservations.v1 import alternatives_pb2

# Known to the pool from here on, so that JSON with them can be read.
_DETAILS = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.RetryInfo,
    alternatives_pb2.Alternatives,
)
# Codes of answers that are none of the suite's.
_CODES = {
    401: code_pb2.UNAUTHENTICATED,
    429: code_pb2.RESOURCE_EXHAUSTED,
    502: code_pb2.UNAVAILABLE,
    503: code_pb2.UNAVAILABLE,
    504: code_pb2.DEADLINE_EXCEEDED,
}


class Refusal(Exception):
    """What the API says instead of an answer, whichever door it was asked at.

    Decide on `code` and `reason`; the message is for people.
    """

    code: str
    """Name of the code of gRPC, as FAILED_PRECONDITION."""
    reason: str
    """One of the suite's `ErrorReason`; empty where no answer of the suite came. More come with time."""
    metadata: Mapping[str, str]
    """The values that the reason documents."""
    fields: Mapping[str, str]
    """The wrong fields of INVALID_FIELD, each with its remedy."""
    conflicts: tuple[error_details_pb2.PreconditionFailure.Violation, ...]
    """What is in the way: of ROOM_NOT_AVAILABLE the rooms (`subject`) with their nights and by what (`type`)."""
    alternatives: tuple[alternatives_pb2.Alternative, ...]
    """What would succeed instead of a booking that was refused; nothing of it is held."""
    retry_after: float | None
    """Seconds to wait before a repeat, if it is said."""

    def __init__(self, code: str, message: str, details: Iterable[Any] = (), retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = ""
        self.metadata = {}
        self.fields = {}
        self.conflicts = ()
        self.alternatives = ()
        self.retry_after = retry_after
        for detail in details:
            self._take(detail)

    def __str__(self) -> str:
        return f"{self.code} {self.reason}: {super().__str__()}"

    def _take(self, detail: Any) -> None:
        message = next((kind() for kind in _DETAILS if detail.Is(kind.DESCRIPTOR)), None)
        if message is None:
            return
        detail.Unpack(message)
        match message:
            case error_details_pb2.ErrorInfo():
                self.reason, self.metadata = message.reason, dict(message.metadata)
            case error_details_pb2.BadRequest():
                self.fields = {each.field: each.description for each in message.field_violations}
            case error_details_pb2.PreconditionFailure():
                self.conflicts = tuple(message.violations)
            case error_details_pb2.RetryInfo():
                self.retry_after = message.retry_delay.seconds + message.retry_delay.nanos / 1e9
            case alternatives_pb2.Alternatives():
                self.alternatives = tuple(message.alternatives)


def of_grpc(error: grpc.RpcError) -> Refusal:
    """The refusal in an error of gRPC."""
    assert isinstance(error, grpc.Call)
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status()
    details = trailers.get("grpc-status-details-bin")
    if details is not None:
        status.ParseFromString(details if isinstance(details, bytes) else base64.b64decode(details))
    return Refusal(error.code().name, error.details() or "", status.details, _seconds(trailers.get("retry-after")))


def of_response(response: httpx.Response) -> Refusal:
    """The refusal in an answer of REST: a google.rpc.Status in JSON, or what a proxy on the way made of it."""
    status = status_pb2.Status()
    try:
        json_format.Parse(response.content, status, ignore_unknown_fields=True)
    except (json_format.ParseError, UnicodeDecodeError):
        status = status_pb2.Status(message=f"HTTP {response.status_code}")
    code = status.code or _CODES.get(response.status_code, code_pb2.UNKNOWN)
    name = code_pb2.Code.Name(code_pb2.Code.ValueType(code))
    return Refusal(name, status.message, status.details, _seconds(response.headers.get("retry-after")))


def of_failure(error: httpx.TransportError) -> Refusal:
    """The refusal where no answer came."""
    code = "DEADLINE_EXCEEDED" if isinstance(error, httpx.TimeoutException) else "UNAVAILABLE"
    return Refusal(code, f"No answer came: {error}")


def _seconds(text: str | bytes | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
