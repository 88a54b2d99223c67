"""How calls are repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .refusal import Refusal
from .tokens import Tokens

Answer = TypeVar("Answer")

_BASE = 0.2


@dataclass(frozen=True)
class Repeating:
    """How often a call is made at most, and how many seconds a repeat may be put off."""

    attempts: int = 5
    # A change of status is possible once a minute.
    longest_wait: float = 65.0


def repeated(attempt: Callable[[str], Answer], tokens: Tokens, repeating: Repeating) -> Answer:
    """Makes a call with the token of the moment until it is answered or refused for good."""
    token = tokens.current()
    renewed = False
    made = 0
    while True:
        try:
            return attempt(token)
        except Refusal as refusal:
            made += 1
            if refusal.code == "UNAUTHENTICATED" and not renewed:
                renewed = True
                other = tokens.instead(token)
                if other is not None:
                    token = other
                    continue
            wait = wait_before(refusal, made)
            if not is_repeatable(refusal) or made >= repeating.attempts or wait > repeating.longest_wait:
                raise
            time.sleep(wait)
            token = tokens.current()


def is_repeatable(refusal: Refusal) -> bool:
    """Whether the same call may succeed later. A write has a key, so it is done once however often it is sent."""
    match refusal.code:
        case "UNAVAILABLE" | "DEADLINE_EXCEEDED":
            return True
        case "RESOURCE_EXHAUSTED":
            return refusal.reason != "BODY_TOO_LARGE"
        case "ABORTED":
            return refusal.reason == "CHANGED_MEANWHILE"
        case code:
            # A connection that breaks in the middle of an answer, of which the suite has said nothing.
            return code == "INTERNAL" and refusal.reason == ""


def wait_before(refusal: Refusal, made: int) -> float:
    """What is said, or else twice as long each time; never all callers at the same moment."""
    wait = _BASE * 2 ** (made - 1) if refusal.retry_after is None else refusal.retry_after
    return wait + random.random() * max(wait / 4, _BASE)
