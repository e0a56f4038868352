// Package seeds says which seeds a random campaign runs.
package seeds

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// Variable runs one seed again, or some; Soak runs many.
const (
	Variable = "VOUTE_SEED"
	Soak     = "VOUTE_SOAK"
)

// Span is which seeds to run: those that the variable names (7, or 200-999), or
// as many as are asked for.
func Span(t *testing.T, usual, many uint64) (first, last uint64) {
	t.Helper()
	text := os.Getenv(Variable)
	switch {
	case text == "" && os.Getenv(Soak) != "":
		return 1, many
	case text == "":
		return 1, usual
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 64)
	if err == nil {
		last, err = strconv.ParseUint(to, 10, 64)
	}
	if err != nil {
		t.Fatalf("%s is a seed or two with - between them: %v", Variable, err)
	}
	return first, last
}
