package blob

import (
	"os"
	"syscall"
)

// writeOnly begins to write what is dirty and waits for nothing.
const writeOnly = 2 // SYNC_FILE_RANGE_WRITE

func writeOut(file *os.File) {
	_ = syscall.SyncFileRange(int(file.Fd()), 0, 0, writeOnly) // from the first byte to the last
}
