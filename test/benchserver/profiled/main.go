// Command profiled is cmd/server as it serves, with the same code in it and no
// test's, but that it leaves profiles of its processor time and memory in the
// folder that PROFILES names.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	_ "time/tzdata"

	"voute.dev/voute/server/app"
)

// memoryEvery is how many bytes come to one sample of memory.
const memoryEvery = 32 << 10

func main() {
	runtime.MemProfileRate = memoryEvery
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, os.Args[2]) // --config FILE
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, file string) (err error) {
	server, err := app.New(ctx, app.Options{ConfigFile: file, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	cpu, err := create("cpu")
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = server.Run(ctx)
	pprof.StopCPUProfile()
	memory, failed := create("memory")
	if failed != nil {
		return errors.Join(err, failed)
	}
	return errors.Join(err, cpu.Close(), pprof.Lookup("allocs").WriteTo(memory, 0), memory.Close())
}

func create(profile string) (*os.File, error) {
	return os.Create(filepath.Join(os.Getenv("PROFILES"), fmt.Sprintf("%s-%d.pprof", profile, os.Getpid())))
}
