// Books a room by the client of openapi-generator, and is refused the second time. Prints the reason.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	hotel "github.com/example/hotel"
)

func main() {
	configuration := hotel.NewConfiguration()
	configuration.Servers = hotel.ServerConfigurations{{URL: os.Args[1]}}
	client := hotel.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), hotel.ContextAccessToken, os.Getenv("HOTEL_TOKEN"))

	ada := hotel.NewCreateGuestRequest()
	ada.SetFirstName("Ada")
	ada.SetHotel(os.Getenv("HOTEL_ID"))
	guest, _, err := client.GuestServiceAPI.CreateGuest(ctx).CreateGuestRequest(*ada).Execute()
	check(err)
	number := hotel.NewCreateRoomRequest(fmt.Sprint("Go ", time.Now().UnixNano()))
	number.SetLocation(os.Getenv("HOTEL_LOCATION"))
	room, _, err := client.RoomServiceAPI.CreateRoom(ctx).CreateRoomRequest(*number).Execute()
	check(err)
	stay := hotel.NewCreateReservationRequest("2030-05-01", "2030-05-04", guest.Id)
	stay.SetRoom(room.Id)
	reserve := client.ReservationServiceAPI.CreateReservation(ctx).CreateReservationRequest(*stay)
	_, _, err = reserve.IdempotencyKey(guest.Id).Execute()
	check(err)
	_, _, err = client.ReservationServiceAPI.CreateReservation(ctx).CreateReservationRequest(*stay).Execute()
	refused, ok := err.(*hotel.GenericOpenAPIError)
	if !ok {
		panic(fmt.Sprint("not refused: ", err))
	}
	var status struct{ Details []struct{ Reason string } }
	check(json.Unmarshal(refused.Body(), &status))
	fmt.Println(status.Details[0].Reason)
}

func check(err error) {
	if refused, ok := err.(*hotel.GenericOpenAPIError); ok {
		panic(fmt.Sprint(err, string(refused.Body())))
	}
	if err != nil {
		panic(err)
	}
}
