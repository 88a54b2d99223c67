"""The token of the calls."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable

TokenSource = str | Callable[[], str]
"""A token that does not change, or a function that gets a new one.

It is called before the present one expires and, once for a call, when it was refused; from one thread at a time.
"""

# So long before it expires a token is replaced: a call under way, and clocks that differ, need that.
_EARLY = 30.0


class Tokens:
    """Keeps the token of a source."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until = 0.0

    def current(self) -> str:
        """One that is good now, as far as it says."""
        with self._lock:
            if self._token is not None and time.time() < self._until:
                return self._token
            return self._renew()

    def instead(self, refused: str) -> str | None:
        """Another one than that which was refused; None where there is none."""
        with self._lock:
            token = self._token if self._token != refused else self._renew()
            return None if token == refused else token

    def forget(self) -> None:
        """Has the next one asked for, whatever the present one says."""
        with self._lock:
            self._until = 0.0

    def _renew(self) -> str:
        token = self._source if isinstance(self._source, str) else self._source()
        self._token, self._until = token, _good_until(token)
        return token


def _good_until(token: str) -> float:
    """Until when a token is used: of one that is short-lived at least half of its time."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        left = float(claims["exp"]) - time.time()
    except (IndexError, KeyError, TypeError, ValueError):
        return float("inf")
    return time.time() + max(left - _EARLY, left / 2)
