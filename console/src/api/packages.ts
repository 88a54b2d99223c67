/** The package of each service in the protos; the document names the service of an operation by its tag. */
export const packages: Readonly<Record<string, string>> = {
  GuestService: 'hotel.guests.v1',
  HotelService: 'hotel.rooms.v1',
  LocationService: 'hotel.rooms.v1',
  RoomTypeService: 'hotel.rooms.v1',
  RoomService: 'hotel.rooms.v1',
  EmployeeService: 'hotel.rooms.v1',
  ReservationService: 'hotel.reservations.v1',
  RoomBlockService: 'hotel.reservations.v1',
  AvailabilityService: 'hotel.reservations.v1',
}
