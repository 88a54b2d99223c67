"""Watches that go on after a break."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc

from .refusal import Refusal, of_grpc
from .repeat import is_repeatable, wait_before
from .tokens import Tokens

# Without a change an answer comes every five seconds: this much silence is a dead connection.
_SILENCE = 20.0
_LONGEST_WAIT = 30.0


def watching(method: Any, request: Any, tokens: Tokens) -> Iterator[Any]:
    """Streams the answers of a watch, and goes on after the last one whenever the stream ends or is cut."""
    failed = 0
    token_refused = False
    while True:
        call = method(request)
        silent = threading.Event()

        def give_up(call: Any = call, silent: threading.Event = silent) -> None:
            silent.set()
            call.cancel()

        try:
            while True:
                timer = threading.Timer(_SILENCE, give_up)
                timer.daemon = True
                timer.start()
                try:
                    answer = next(call, None)
                finally:
                    timer.cancel()
                if answer is None:
                    break
                # From here on it goes on from this place, whatever it was begun with.
                request.cursor, request.from_now = answer.cursor, False
                failed, token_refused = 0, False
                yield answer
        except grpc.RpcError as error:
            refusal = Refusal("UNAVAILABLE", "The stream was silent.") if silent.is_set() else of_grpc(error)
            if refusal.code == "UNAUTHENTICATED" and not token_refused:
                # A token that expires ends a stream: the next one has another.
                token_refused = True
                tokens.forget()
            elif not is_repeatable(refusal):
                raise refusal from error
            failed += 1
            time.sleep(min(wait_before(refusal, failed), _LONGEST_WAIT))
        finally:
            call.cancel()
