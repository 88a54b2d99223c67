"""What a desk does by the client of Python; scenarios.ts says of each what it is, and does the same."""

import concurrent.futures
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from hotel.guests.v1.guests_pb2 import CreateGuestRequest
from hotel.reservations.v1.reservations_pb2 import CreateReservationRequest
from hotel.rooms.v1.rooms_pb2 import CreateRoomRequest, ListRoomsRequest
from hotel_client import HotelClient, Refusal

HOTEL = os.environ.get("HOTEL_ID", "")
LOCATION = os.environ.get("HOTEL_LOCATION", "")
TEXT = os.environ.get("HOTEL_TEXT", "")
tokens: list[str] = json.loads(os.environ["HOTEL_TOKENS"])
asked = 0


def token() -> str:
    global asked
    asked += 1
    return tokens[min(asked, len(tokens)) - 1]


hotel = HotelClient(sys.argv[2], token)
both = [hotel, hotel.rest]


def refused() -> Any:
    guest = hotel.guests.CreateGuest(CreateGuestRequest(first_name="Ada", hotel=HOTEL))
    said = []
    for door in both:
        room = door.rooms.CreateRoom(CreateRoomRequest(number=str(uuid.uuid4())[:8], location=LOCATION))
        stay = CreateReservationRequest(guest=guest.id, room=room.id, in_date="2030-05-01", out_date="2030-05-04")
        door.reservations.CreateReservation(stay)
        taken = refusal_of(lambda: door.reservations.CreateReservation(stay))
        stay.in_date = "2030-05-09"
        wrong = refusal_of(lambda: door.reservations.CreateReservation(stay))
        said.append(
            {
                "code": taken.code,
                "reason": taken.reason,
                "room": taken.metadata["room"] == room.id,
                "conflict": taken.conflicts[0].type,
                "instead": len(taken.alternatives) > 0,
                "fields": list(wrong.fields),
            }
        )
    return said


def rooms() -> Any:
    for index, door in enumerate(both):
        door.rooms.CreateRoom(CreateRoomRequest(number=f"{TEXT}{index}", location=LOCATION))
    return {"asked": asked}


def renewed() -> Any:
    until = time.monotonic() + 30
    while asked < len(tokens) and time.monotonic() < until:
        for door in both:
            door.rooms.ListRooms(ListRoomsRequest(hotel=HOTEL))
    return {"asked": asked}


def unaccepted() -> Any:
    lists: list[Callable[[], Any]] = [
        lambda: hotel.rooms.ListRooms(ListRoomsRequest(hotel=HOTEL)),
        lambda: hotel.rest.rooms.ListRooms(ListRoomsRequest(hotel=HOTEL)),
        lambda: next(hotel.watch_rooms(HOTEL)),
    ]
    return {"codes": [refusal_of(call).code for call in lists], "asked": asked}


def hurried() -> Any:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = pool.map(lambda n: both[n % 2].rooms.ListRooms(ListRoomsRequest(hotel=HOTEL)), range(3))
        return {"answered": len(list(answers))}


def watched() -> Any:
    numbers: list[str] = []
    for answer in hotel.watch_rooms(HOTEL):
        numbers += [change.room.number for change in answer.changes]
        if TEXT in numbers:
            break
    return {"numbers": numbers, "asked": asked}


def refusal_of(call: Callable[[], Any]) -> Refusal:
    try:
        call()
    except Refusal as refusal:
        return refusal
    raise AssertionError("it was not refused")


with hotel:
    scenarios = [refused, rooms, renewed, unaccepted, hurried, watched]
    print(json.dumps(next(each for each in scenarios if each.__name__ == sys.argv[1])()))
