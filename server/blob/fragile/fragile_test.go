package fragile_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"

	"voute.dev/voute/server/blob"
	"voute.dev/voute/server/blob/blobtest"
	"voute.dev/voute/server/blob/fragile"
)

// A volume over the double passes what a volume over a disk passes.
func TestContract(t *testing.T) {
	blobtest.Contract(t, func(*testing.T) blob.Store { return blob.Over(fragile.New()) })
}

// The double does lose what was not synced; otherwise it would show nothing.
func TestItForgets(t *testing.T) {
	random, lost, shorter := rand.New(rand.NewPCG(1, 1)), 0, 0
	for range 100 {
		folder := fragile.New()
		w, err := blob.Over(folder).Create(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("x"), 20_000)); err != nil {
			t.Fatal(err)
		}
		folder.Cut()
		if err := w.Sync(); !errors.Is(err, fragile.ErrOff) {
			t.Fatalf("without power: %v", err)
		}
		next := folder.Restart(random)
		info, err := next.Lstat("a.part")
		switch {
		case err != nil:
			lost++
		case info.Size() < 20_000:
			shorter++
		}
	}
	if lost == 0 || shorter == 0 || lost+shorter < 90 {
		t.Errorf("of 100 files %d are lost and %d shorter", lost, shorter)
	}
}

// What was synced and committed is there whatever the disk forgets, and
// nothing lies under a name before.
func TestVolumeKeepsWhatWasSynced(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		folder := fragile.New()
		volume := blob.Over(folder)
		want, synced, committed := []byte(nil), int64(0), false
		w, err := volume.Create(t.Context(), "a")
		for range random.IntN(6) {
			if err != nil {
				t.Fatal(err)
			}
			part := make([]byte, random.IntN(30_000))
			for i := range part {
				part[i] = byte(random.Uint32())
			}
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
			want = append(want, part...)
			switch random.IntN(4) {
			case 0:
				if err := w.Sync(); err != nil {
					t.Fatal(err)
				}
				synced = int64(len(want))
			case 1:
				want = want[:synced]
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				w, err = volume.Resume(t.Context(), "a", synced)
			}
		}
		if random.IntN(2) == 0 {
			committed = w.Commit() == nil
			synced = int64(len(want))
		}
		folder.Cut()
		volume = blob.Over(folder.Restart(random))
		if !committed {
			w, err := volume.Resume(t.Context(), "a", synced)
			if err != nil {
				t.Fatalf("%d bytes were synced: %v", synced, err)
			}
			if err := w.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		r, err := volume.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if err != nil || !bytes.Equal(got, want[:synced]) {
			t.Fatalf("%d bytes are left of %d that were synced (error %v)", len(got), synced, err)
		}
	}
}

// A disk that is full at any moment takes nothing that was synced.
func TestVolumeOnAFullDisk(t *testing.T) {
	for full := 1; ; full++ {
		folder := fragile.New()
		left := full
		folder.Full = func() bool { left--; return left < 0 }
		volume := blob.Over(folder)
		synced, err := fill(t, volume)
		if left >= 0 {
			if err != nil {
				t.Fatal(err)
			}
			return // it was never full
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("full at %d: %v", full, err)
		}
		folder.Full = nil
		if r, err := volume.Open(t.Context(), "a"); err == nil && r.Size() == 5000 {
			continue // only its name was not synced
		}
		w, err := volume.Resume(t.Context(), "a", synced)
		if err != nil {
			t.Fatalf("full at %d: %v", full, err)
		}
		if err := w.Commit(); err != nil {
			t.Fatalf("full at %d: %v", full, err)
		}
	}
}

func fill(t *testing.T, volume *blob.Volume) (synced int64, err error) {
	w, err := volume.Create(t.Context(), "a")
	if err != nil {
		return 0, err
	}
	defer func() { _ = w.Close() }()
	for i := range 5 {
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			return synced, err
		}
		if err := w.Sync(); err != nil {
			return synced, err
		}
		synced = int64(i+1) * 1000
	}
	return synced, w.Commit()
}
