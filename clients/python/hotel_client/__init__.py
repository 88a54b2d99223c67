"""Typed client of the hotel reservations suite, over gRPC and REST."""

from .client import HotelClient
from .refusal import Refusal
from .repeat import Repeating
from .tokens import TokenSource

__all__ = ["HotelClient", "Refusal", "Repeating", "TokenSource"]
