package calendar

// Class is what a change is to those who use what it changes.
type Class string

// The classes, from the harmless to the urgent.
const (
	// None interrupts nobody.
	None Class = "none"
	// First is the first roll-out of an environment.
	First Class = "first"
	// Repair puts back what someone else has changed.
	Repair Class = "repair"
	// Fix is a patch version of the server.
	Fix Class = "fix"
	// Release is a minor or major version of the server.
	Release Class = "release"
	// Maintenance is any other change that interrupts.
	Maintenance Class = "maintenance"
	// Emergency is a change that a person has asked for at once, with a reason.
	Emergency Class = "emergency"
)

// IsFree says whether a class is bound to no hours.
func (c Class) IsFree() bool {
	return c == None || c == First || c == Repair || c == Emergency
}
