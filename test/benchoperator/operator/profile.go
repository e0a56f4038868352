package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

const (
	// waitsFrom is the length in nanoseconds from which every wait is counted.
	waitsFrom = 10_000
	// memoryEvery is how many bytes come to one sample of memory.
	memoryEvery = 32 << 10
)

// profiled runs the operator and leaves profiles of it in a folder: of its
// processor time, of what it waited for, and of its memory while it still has
// everything.
func profiled(ctx context.Context, folder string, run func(context.Context) error) (err error) {
	if folder == "" {
		return run(ctx)
	}
	file, err := os.Create(nameIn(folder, "cpu", "pprof"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	runtime.SetBlockProfileRate(waitsFrom)
	runtime.MemProfileRate = memoryEvery
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var memory error
	context.AfterFunc(ctx, func() {
		memory = errors.Join(look(folder, "heap"), countMemory(folder))
		stop()
	})
	err = run(working)
	pprof.StopCPUProfile()
	return errors.Join(err, memory, look(folder, "block"))
}

// countMemory leaves what the runtime has from the system, and what for: the
// profile has only what is in use.
func countMemory(folder string) error {
	runtime.GC() // what is not in use any more is no matter
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	content, err := json.MarshalIndent(stats, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(nameIn(folder, "memory", "json"), content, 0o600)
}

func nameIn(folder, what, ending string) string {
	return filepath.Join(folder, fmt.Sprintf("%s-%d.%s", what, os.Getpid(), ending))
}

func look(folder, profile string) error {
	runtime.GC() // of memory, what is in use counts, not what waits to be collected
	file, err := os.Create(nameIn(folder, profile, "pprof"))
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(profile).WriteTo(file, 0), file.Close())
}
