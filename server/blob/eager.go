package blob

import "os"

// eagerly is after how many bytes a file's disk is told to begin with them.
const eagerly = 8 << 20

// eager is a file whose bytes are on their way to the disk while more of them
// come: the Sync that follows waits for the last ones alone. It promises nothing,
// and what goes wrong the Sync tells.
type eager struct {
	*os.File
	at, begun int64 // bytes that were written, and of which the disk was told
}

func (e *eager) Write(p []byte) (int, error) {
	n, err := e.File.Write(p)
	e.at += int64(n)
	if e.at-e.begun >= eagerly {
		writeOut(e.File)
		e.begun = e.at
	}
	return n, err
}
