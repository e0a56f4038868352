package tariff

import (
	"fmt"
	"regexp"
	"strconv"
)

// Cents is an amount of money that is not negative, in hundredths of its currency's unit.
type Cents int64

// amount is decimal text with exactly two places; 15 digits before the point
// keep every amount far from what an int64 holds.
var amount = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})\.([0-9]{2})$`)

// ParseCents reads decimal text with two places, for example 3500.00.
func ParseCents(text string) (Cents, error) {
	parts := amount.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is not an amount: write it with two decimal places, for example 3500.00", text)
	}
	cents, err := strconv.ParseInt(parts[1]+parts[2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the amount %q: %w", text, err)
	}
	return Cents(cents), nil
}

// String writes the amount with two places, and without a currency.
func (c Cents) String() string {
	return fmt.Sprintf("%d.%02d", c/100, c%100)
}
