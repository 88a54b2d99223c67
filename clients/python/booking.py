"""Books a room by the client that buf generates from the protos, and tries to book it again. Prints the steps as JSON.

The arguments are the gateway's host and port; the token is in HOTEL_TOKEN.
"""

import asyncio
import datetime
import json
import os
import sys

from google.rpc.error_details_pb2 import ErrorInfo
from grpclib import GRPCError
from grpclib.client import Channel
from hotel_api.hotel.guests.v1 import CreateGuestRequest, GuestServiceStub
from hotel_api.hotel.reservations.v1 import CreateReservationRequest, GetReservationRequest, ReservationServiceStub
from hotel_api.hotel.rooms.v1 import CreateRoomRequest, RoomServiceStub


async def main(host: str, port: int) -> None:
    token = {"authorization": f"Bearer {os.environ['HOTEL_TOKEN']}"}
    async with Channel(host, port) as channel:
        guests = GuestServiceStub(channel, metadata=token)
        rooms = RoomServiceStub(channel, metadata=token)
        reservations = ReservationServiceStub(channel, metadata=token)
        guest = await guests.create_guest(CreateGuestRequest(first_name="Ada", last_name="Lovelace"))
        room = await rooms.create_room(CreateRoomRequest(number=f"Python {datetime.datetime.now().timestamp()}"))
        today = datetime.date.today()
        stay = CreateReservationRequest(
            guest=guest.id,
            room=room.id,
            in_date=today.isoformat(),
            out_date=(today + datetime.timedelta(days=2)).isoformat(),
        )
        # The key makes it safe to send this again when no answer came.
        booked = await reservations.create_reservation(stay, metadata={**token, "idempotency-key": guest.id})
        again = await reservations.create_reservation(stay, metadata={**token, "idempotency-key": guest.id})
        steps = {
            "same": again == booked,
            "found": (await reservations.get_reservation(GetReservationRequest(id=booked.id))).rooms == [room.id],
            "status": booked.status.name,
        }
        try:
            await reservations.create_reservation(stay)
        except GRPCError as error:
            (info,) = [detail for detail in error.details or [] if isinstance(detail, ErrorInfo)]
            steps["refused"] = {
                "code": error.status.name,
                "reason": info.reason,
                "room": info.metadata["room"] == room.id,
            }
        print(json.dumps(steps))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
