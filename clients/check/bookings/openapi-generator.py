"""Books a room by the client of openapi-generator, and is refused the second time. Prints the reason."""

import json
import os
import sys
import time

import hotel_api

configuration = hotel_api.Configuration(host=sys.argv[1], access_token=os.environ["HOTEL_TOKEN"])
with hotel_api.ApiClient(configuration) as client:
    hotel = {"hotel": os.environ["HOTEL_ID"]}
    guest = hotel_api.GuestServiceApi(client).create_guest(hotel_api.CreateGuestRequest(first_name="Ada", **hotel))
    room = hotel_api.RoomServiceApi(client).create_room(
        hotel_api.CreateRoomRequest(number=f"Python {time.time()}", location=os.environ["HOTEL_LOCATION"])
    )
    stay = hotel_api.CreateReservationRequest(
        guest=guest.id, room=room.id, in_date="2030-05-01", out_date="2030-05-04"
    )
    reservations = hotel_api.ReservationServiceApi(client)
    booked = reservations.create_reservation(stay, idempotency_key=guest.id)
    assert reservations.get_reservation(booked.id).rooms == [room.id]
    try:
        reservations.create_reservation(stay)
    except hotel_api.ApiException as error:
        print(json.loads(error.body)["details"][0]["reason"])
