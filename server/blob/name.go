package blob

import (
	"errors"
	"fmt"
	"strings"
)

// ErrExists is returned by Create for a name that holds something already, or
// is being written.
var ErrExists = errors.New("a blob of this name exists")

// maxName keeps a name and the ending of an unfinished one within what file
// systems take.
const maxName = 200

// CheckName accepts 1 to 200 characters of [a-z0-9-].
func CheckName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("a blob's name has 1 to %d characters, not %d", maxName, len(name))
	}
	if strings.IndexFunc(name, foreign) >= 0 {
		return fmt.Errorf("a blob's name is made of a-z, 0-9 and -, and %q is not", name)
	}
	return nil
}

func foreign(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}
