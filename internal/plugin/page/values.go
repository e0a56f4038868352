package page

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/duration"
)

// bar is how many places a bar has.
const bar = 20

// Moment is a time as the operator writes it into conditions.
func Moment(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("Monday 2006-01-02 15:04 MST")
}

// Stamp is a time for a column.
func Stamp(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("2006-01-02 15:04 MST")
}

// Lasting is a length of time as kubectl writes ages.
func Lasting(d time.Duration) string { return duration.HumanDuration(d) }

// Distance says how far away a time is, on either side of now.
func Distance(at, now time.Time) string {
	if at.Before(now) {
		return Lasting(now.Sub(at)) + " ago"
	}
	return "in " + Lasting(at.Sub(now))
}

// Bar shows a part of a hundred. Only nothing at all is empty, and only what is
// full is full.
func Bar(percent int32) string {
	filled := min(bar, max(0, int(percent)*bar/100))
	if filled == 0 && percent > 0 {
		filled = 1
	}
	return "[" + strings.Repeat("#", filled) + strings.Repeat(".", bar-filled) + "]"
}

// GB is an amount in GB of 10⁹ bytes, as prices are.
func GB(quantity *resource.Quantity) string {
	hundredths := (quantity.Value() + 5_000_000) / 10_000_000
	text := fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " GB"
}
