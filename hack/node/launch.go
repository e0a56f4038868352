package node

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// firstDoor is the file descriptor of the first door in a process that
// inherits them: 0 to 2 are its standard streams.
const firstDoor = 3

// Door is a port on the host's loopback that leads into the node.
type Door struct {
	Name string `json:"name"`
	Port int    `json:"port"`
}

// OpenDoor listens on the first of the ports that is free, or else on any.
func OpenDoor(name string, ports ...int) (Door, *net.TCPListener, error) {
	var err error
	for _, port := range append(ports, 0) {
		listener, failure := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if failure == nil {
			return Door{Name: name, Port: listener.Addr().(*net.TCPAddr).Port}, listener, nil
		}
		err = failure
	}
	return Door{}, nil, fmt.Errorf("no port on 127.0.0.1 is free for %s: %w", name, err)
}

// Launch starts this same program with the arguments as the first process of
// new namespaces, hands it the doors and leaves it running. Its output goes to
// the log file.
func Launch(logFile string, doors []*net.TCPListener, args ...string) (*os.Process, error) {
	output, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	// The link stays good when the program's file is gone, as after `go run`.
	command := exec.Command("/proc/self/exe", args...)
	command.Stdout, command.Stderr = output, output
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{
		Setsid:     true,
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
	}
	for _, door := range doors {
		file, err := door.File()
		if err != nil {
			return nil, err
		}
		defer file.Close()
		command.ExtraFiles = append(command.ExtraFiles, file)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a process in new namespaces: %w; this needs root and CAP_SYS_ADMIN", err)
	}
	return command.Process, nil
}

// TakeDoors keeps the doors, that many, from being inherited by every process
// started from here on: each is given its own.
func TakeDoors(count int) {
	for i := range count {
		syscall.CloseOnExec(firstDoor + i)
	}
}

// InheritedDoor is the socket of the door at that place in the list given to Launch.
func InheritedDoor(index int, name string) *os.File {
	return os.NewFile(uintptr(firstDoor+index), name)
}
