"""Books a room by the client of openapi-python-client, and is refused the second time. Prints the reason."""

import datetime
import os
import sys
import time

from pyclient import AuthenticatedClient
from pyclient.api.guest_service import create_guest
from pyclient.api.reservation_service import create_reservation
from pyclient.api.room_service import create_room
from pyclient.models import CreateGuestRequest, CreateReservationRequest, CreateRoomRequest, Guest, Reservation, Room, Status

client = AuthenticatedClient(base_url=sys.argv[1], token=os.environ["HOTEL_TOKEN"])
guest = create_guest.sync(
    client=client, body=CreateGuestRequest(first_name="Ada", hotel=os.environ["HOTEL_ID"])
)
number = f"Python {time.time()}"
room = create_room.sync(client=client, body=CreateRoomRequest(number=number, location=os.environ["HOTEL_LOCATION"]))
assert isinstance(guest, Guest) and isinstance(room, Room), (guest, room)
days = {"in_date": datetime.date(2030, 5, 1), "out_date": datetime.date(2030, 5, 4)}
stay = CreateReservationRequest(guest=guest.id, room=room.id, **days)
booked = create_reservation.sync(client=client, body=stay, idempotency_key=guest.id)
assert isinstance(booked, Reservation), booked
refused = create_reservation.sync(client=client, body=stay)
assert isinstance(refused, Status), refused
print(refused.details[0].reason)
