//go:build !linux

package blob

import "os"

// writeOut leaves it to the system when to begin.
func writeOut(*os.File) {}
