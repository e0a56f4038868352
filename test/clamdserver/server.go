// Package clamdserver runs a real clamd for the length of a test. It knows one
// signature, the EICAR test file's, and keeps its spool in memory.
package clamdserver

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"voute.dev/voute/server/scan/scantest"
	"voute.dev/voute/test/program"
)

// Limits are clamd's; 2,147,483,647, the largest it knows, when 0.
type Limits struct {
	StreamMaxLength, MaxFileSize int64
}

// Server is the running clamd.
type Server struct {
	// Socket is where it listens, Spool the folder in memory in which it keeps
	// what it scans.
	Socket, Spool string

	t            testing.TB
	path, config string
	process      *program.Process
}

// memory is a file system that no disk lies under.
const memory = "/dev/shm"

// configuration has a MaxScanSize of four times the largest file: clamd counts
// what it finds inside a file as well, and random bytes look like many things.
// With less, a harmless document of 2 GB is over the limit.
const configuration = `
Foreground yes
DatabaseDirectory %[1]s
LocalSocket %[2]s
LocalSocketMode 600
TemporaryDirectory %[3]s
AlertExceedsMax yes
AlertEncrypted yes
StreamMaxLength %[4]d
MaxFileSize %[5]d
MaxScanSize 8589934592
MaxScanTime 0
MaxThreads 4
SelfCheck 0
ConcurrentDatabaseReload no
`

// Start starts a clamd. The test is skipped where the program is missing.
func Start(t testing.TB, limits Limits) *Server {
	t.Helper()
	path, dir := program.Tool(t, "clamd"), t.TempDir()
	spool, err := os.MkdirTemp(memory, "voute-spool-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(spool); err != nil {
			t.Error(err)
		}
	})
	s := &Server{t: t, Socket: filepath.Join(spool, "clamd.sock"), Spool: spool, path: path, config: filepath.Join(dir, "clamd.conf")}
	const most = 1<<31 - 1
	stream, file := limits.StreamMaxLength, limits.MaxFileSize
	if stream == 0 {
		stream = most
	}
	if file == 0 {
		file = most
	}
	write(t, s.config, fmt.Sprintf(configuration, dir, s.Socket, spool, stream, file))
	write(t, filepath.Join(dir, "eicar.ndb"), "Voute.Test.EICAR:0:*:"+hex.EncodeToString(scantest.EICAR())+"\n")
	s.Resume()
	return s
}

// Resume starts clamd again after Stop or Kill, for as long as the test that
// started it first.
func (s *Server) Resume() {
	s.t.Helper()
	s.process = program.Start(s.t, s.path, "--config-file="+s.config)
	s.process.Await(s.t, func() error {
		conn, err := new(net.Dialer).DialContext(s.t.Context(), "unix", s.Socket)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

// AwaitSpooled returns when the spool holds so many documents.
func (s *Server) AwaitSpooled(t testing.TB, want int) {
	t.Helper()
	s.process.Await(t, func() error {
		entries, err := os.ReadDir(s.Spool)
		if spooled := len(entries) - 1; err == nil && spooled != want { // one is the socket
			err = fmt.Errorf("the spool holds %d documents, not %d", spooled, want)
		}
		return err
	})
}

// Stop ends clamd in its own time.
func (s *Server) Stop() { s.process.Stop() }

// Kill ends clamd at once, whatever it is scanning.
func (s *Server) Kill() { s.process.Kill() }

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
