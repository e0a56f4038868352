package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const controlSocket = "control.sock"

// Supervise keeps the processes running and answers on the control socket in
// the folder, until the context ends.
func Supervise(ctx context.Context, dir string, processes []Process) error {
	logDir := filepath.Join(dir, "log")
	var runners []*runner
	for _, process := range processes {
		r := newRunner(process, logDir)
		r.start(ctx)
		runners = append(runners, r)
	}
	socket := filepath.Join(dir, controlSocket)
	if err := os.RemoveAll(socket); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return fmt.Errorf("cannot open the control socket: %w", err)
	}
	server := &http.Server{Handler: controls(ctx, runners), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	return server.Serve(listener)
}

func controls(ctx context.Context, runners []*runner) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /processes", func(w http.ResponseWriter, _ *http.Request) {
		var all []Status
		for _, r := range runners {
			all = append(all, r.current())
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(all)
	})
	mux.HandleFunc("POST /processes/{name}/{action}", func(w http.ResponseWriter, req *http.Request) {
		for _, r := range runners {
			if r.process.Name == req.PathValue("name") {
				act(ctx, w, r, req.PathValue("action"))
				return
			}
		}
		http.Error(w, "no process is named "+req.PathValue("name"), http.StatusNotFound)
	})
	return mux
}

func act(ctx context.Context, w http.ResponseWriter, r *runner, action string) {
	switch action {
	case "start":
		r.start(ctx)
	case "stop":
		r.stop()
	case "restart":
		r.stop()
		r.start(ctx)
	default:
		http.Error(w, "the actions are start, stop and restart", http.StatusBadRequest)
	}
}
