package logs_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"voute.dev/voute/internal/logs"
)

func TestAnErrorIsOneLineForPeople(t *testing.T) {
	var written strings.Builder
	logs.New(&written).Error(errors.New("line 52: it has 5 minutes"), "the file is not valid", "file", "platform.yaml")
	var line struct {
		Level, Msg, Error, File, Stacktrace string
		TS                                  time.Time
	}
	if err := json.Unmarshal([]byte(written.String()), &line); err != nil {
		t.Fatalf("%v: %s", err, &written)
	}
	if line.Level != "error" || line.Msg != "the file is not valid" || line.Error != "line 52: it has 5 minutes" || line.File != "platform.yaml" || line.TS.IsZero() {
		t.Errorf("it says %s", &written)
	}
	if line.Stacktrace != "" || strings.Contains(written.String(), ".go:") {
		t.Errorf("it shows our source: %s", &written)
	}
}
