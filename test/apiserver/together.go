package apiserver

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// RunTogether runs the tests of a package, as many at once as are asked for: their
// clients wait for the operator most of the time. The process collects its garbage
// late, as the API server does: the others want the processor, and there is memory.
func RunTogether(m *testing.M, atOnce int) (code int) {
	debug.SetGCPercent(400)
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
