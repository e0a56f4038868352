package config

import (
	"encoding/json"
	"fmt"
	"time"
)

// MarshalJSON writes "24h0m0s".
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(d).String())
}

// UnmarshalJSON reads "24h". A bare number is refused: its unit would be a guess.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%s is not a duration: write a number and its unit in quotes, such as \"24h\"", data)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a duration: write a number and its unit, such as \"24h\"", text)
	}
	*d = Duration(parsed)
	return nil
}
