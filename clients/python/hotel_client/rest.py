"""The same calls over REST: as the protos map them to HTTP and JSON."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
from google.api import annotations_pb2
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from .calls import ATTEMPT
from .refusal import of_failure, of_response
from .repeat import Repeating, repeated
from .tokens import Tokens


class RestChannel:
    """What the stubs of gRPC need of a channel, to call over REST. It has no streams."""

    def __init__(self, url: str, tokens: Tokens, repeating: Repeating) -> None:
        self._http = httpx.Client(base_url=url, timeout=ATTEMPT)
        self._tokens = tokens
        self._repeating = repeating

    def unary_unary(self, method: str, *_: Any, **__: Any) -> Callable[..., Any]:
        service, name = method.removeprefix("/").split("/")
        found = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
        rule = found.GetOptions().Extensions[annotations_pb2.http]
        verb = rule.WhichOneof("pattern")
        if verb is None:
            return _unsupported
        template = getattr(rule, verb)
        answer_class = message_factory.GetMessageClass(found.output_type)

        def call(request: Message, timeout: float | None = None, metadata: Any = None, **_: Any) -> Message:
            path, fields = _mapped(template, request)
            headers = dict(metadata or ())
            if verb != "get":
                headers.setdefault("idempotency-key", str(uuid.uuid4()))
            arguments: dict[str, Any] = {"json": fields} if rule.body else {"params": fields}

            def attempt(token: str) -> Message:
                bearing = {**headers, "authorization": f"Bearer {token}"}
                try:
                    response = self._http.request(
                        verb.upper(), path, headers=bearing, timeout=timeout or ATTEMPT, **arguments
                    )
                except httpx.TransportError as error:
                    raise of_failure(error) from error
                if not response.is_success:
                    raise of_response(response)
                return json_format.Parse(response.content, answer_class(), ignore_unknown_fields=True)

            return repeated(attempt, self._tokens, self._repeating)

        return call

    def unary_stream(self, *_: Any, **__: Any) -> Callable[..., Any]:
        return _unsupported

    def close(self) -> None:
        self._http.close()


def _mapped(template: str, request: Message) -> tuple[str, dict[str, Any]]:
    """The path of a request, and its other fields as JSON has them."""
    in_path = re.findall(r"\{(\w+)\}", template)
    path = re.sub(r"\{(\w+)\}", lambda found: quote(getattr(request, found[1]), safe=""), template)
    fields = json_format.MessageToDict(request, preserving_proto_field_name=True)
    # The paths of a mask are names of fields; JSON of protobuf would write them in another case.
    masks = {field.name: ",".join(value.paths) for field, value in request.ListFields() if isinstance(value, FieldMask)}
    return path, {name: value for name, value in {**fields, **masks}.items() if name not in in_path}


def _unsupported(*_: Any, **__: Any) -> Any:
    raise NotImplementedError("The method is not offered over REST here: call it over gRPC.")
