"""The client: a stub of each service over gRPC, and of each over REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import grpc
from hotel.guests.v1 import guests_pb2, guests_pb2_grpc
from hotel.reservations.v1 import (
    availability_pb2_grpc,
    blocks_pb2,
    blocks_pb2_grpc,
    reservations_pb2,
    reservations_pb2_grpc,
)
from hotel.rooms.v1 import (
    employees_pb2,
    employees_pb2_grpc,
    hotels_pb2,
    hotels_pb2_grpc,
    locations_pb2,
    locations_pb2_grpc,
    room_types_pb2,
    room_types_pb2_grpc,
    rooms_pb2,
    rooms_pb2_grpc,
)

from .calls import Caller
from .repeat import Repeating
from .rest import RestChannel
from .tokens import Tokens, TokenSource
from .watch import watching

# Less than what the attempts of a call wait together: once the gateway is back, so is the connection.
_RECONNECT = [("grpc.initial_reconnect_backoff_ms", 200), ("grpc.max_reconnect_backoff_ms", 1_000)]


class Services:
    """A stub of each service: its methods take a request and give an answer, or raise a Refusal."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.guests = guests_pb2_grpc.GuestServiceStub(channel)
        self.hotels = hotels_pb2_grpc.HotelServiceStub(channel)
        self.locations = locations_pb2_grpc.LocationServiceStub(channel)
        self.room_types = room_types_pb2_grpc.RoomTypeServiceStub(channel)
        self.rooms = rooms_pb2_grpc.RoomServiceStub(channel)
        self.employees = employees_pb2_grpc.EmployeeServiceStub(channel)
        self.reservations = reservations_pb2_grpc.ReservationServiceStub(channel)
        self.blocks = blocks_pb2_grpc.RoomBlockServiceStub(channel)
        self.availability = availability_pb2_grpc.AvailabilityServiceStub(channel)


class HotelClient(Services):
    """The suite at the address of its gateway, as https://hotel.example: over gRPC, and the same over REST as `rest`.

    Threads may share it. Close it, or use it with `with`.
    """

    rest: Services

    def __init__(self, url: str, token: TokenSource, repeating: Repeating = Repeating()) -> None:
        scheme, _, authority = url.rstrip("/").partition("://")
        if scheme not in ("http", "https") or not authority:
            raise ValueError(f'url is "{url}": give the gateway\'s address, such as https://hotel.example')
        self._tokens = tokens = Tokens(token)
        self._channel = (
            grpc.secure_channel(authority, grpc.ssl_channel_credentials(), options=_RECONNECT)
            if scheme == "https"
            else grpc.insecure_channel(authority, options=_RECONNECT)
        )
        self._rest_channel = RestChannel(url.rstrip("/"), tokens, repeating)
        super().__init__(grpc.intercept_channel(self._channel, Caller(tokens, repeating)))
        # It has what the stubs call of one.
        self.rest = Services(cast(grpc.Channel, self._rest_channel))

    # One for each resource, so that its answers are typed.

    def watch_guests(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[guests_pb2.WatchGuestsResponse]:
        """Streams the changes of a hotel after a cursor, and goes on after a break; so do its siblings.

        Changes may come again: the highest `version` of a resource counts. Raises a Refusal that a later try would get
        too, as CURSOR_EXPIRED.
        """
        return self._watch(self.guests.WatchGuests, guests_pb2.WatchGuestsRequest, hotel, cursor, from_now)

    def watch_hotels(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[hotels_pb2.WatchHotelsResponse]:
        """See watch_guests."""
        return self._watch(self.hotels.WatchHotels, hotels_pb2.WatchHotelsRequest, hotel, cursor, from_now)

    def watch_locations(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[locations_pb2.WatchLocationsResponse]:
        """See watch_guests."""
        return self._watch(self.locations.WatchLocations, locations_pb2.WatchLocationsRequest, hotel, cursor, from_now)

    def watch_room_types(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[room_types_pb2.WatchRoomTypesResponse]:
        """See watch_guests."""
        return self._watch(self.room_types.WatchRoomTypes, room_types_pb2.WatchRoomTypesRequest, hotel, cursor, from_now)

    def watch_rooms(self, hotel: str, cursor: str = "", from_now: bool = False) -> Iterator[rooms_pb2.WatchRoomsResponse]:
        """See watch_guests."""
        return self._watch(self.rooms.WatchRooms, rooms_pb2.WatchRoomsRequest, hotel, cursor, from_now)

    def watch_employees(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[employees_pb2.WatchEmployeesResponse]:
        """See watch_guests."""
        return self._watch(self.employees.WatchEmployees, employees_pb2.WatchEmployeesRequest, hotel, cursor, from_now)

    def watch_reservations(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[reservations_pb2.WatchReservationsResponse]:
        """See watch_guests."""
        return self._watch(
            self.reservations.WatchReservations, reservations_pb2.WatchReservationsRequest, hotel, cursor, from_now
        )

    def watch_room_blocks(
        self, hotel: str, cursor: str = "", from_now: bool = False
    ) -> Iterator[blocks_pb2.WatchRoomBlocksResponse]:
        """See watch_guests."""
        return self._watch(self.blocks.WatchRoomBlocks, blocks_pb2.WatchRoomBlocksRequest, hotel, cursor, from_now)

    def _watch(self, method: Any, request: Any, hotel: str, cursor: str, from_now: bool) -> Iterator[Any]:
        return watching(method, request(hotel=hotel, cursor=cursor, from_now=from_now), self._tokens)

    def close(self) -> None:
        """Closes the connections."""
        self._channel.close()
        self._rest_channel.close()

    def __enter__(self) -> HotelClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
