package node

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestMarkKnowsItsProcessAndNoOther(t *testing.T) {
	mark, err := MarkOf(os.Getpid())
	if err != nil || !mark.Alive() {
		t.Fatalf("this process is not alive: %+v, %v", mark, err)
	}
	mark.Start = "1" // the same number, another time
	if mark.Alive() {
		t.Error("another process with this number was taken for it")
	}
	if (Mark{}).Alive() {
		t.Error("no process was taken for one")
	}
}

func TestKilledProcessIsGone(t *testing.T) {
	command := exec.Command("sleep", "60")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	mark, err := MarkOf(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := mark.Kill(); err != nil { // its parent, this test, has not taken note yet
		t.Fatal(err)
	}
	if mark.Alive() || time.Since(begin) > 10*time.Second {
		t.Error("the process is still there")
	}
	_ = command.Wait()
}

func TestProcessIsEndedWithItsLastThreadOnly(t *testing.T) {
	for s, want := range map[stat]bool{
		{state: "S", threads: "5"}: false, {state: "Z", threads: "2"}: false, {state: "Z", threads: "1"}: true,
	} {
		if s.ended() != want {
			t.Errorf("%+v: ended = %t", s, !want)
		}
	}
}
