// Package logs makes the operator's logger: one line of JSON for each entry, with
// its time as RFC 3339 has it.
//
// An error comes without the stack of whoever logged it: it says itself what
// happened, to what, and what to do, and thirty lines of Go beside it only hide
// that. A panic has its stack, which Kubernetes' libraries write.
package logs

import (
	"io"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// New makes one that writes to a place.
func New(to io.Writer) logr.Logger {
	return zap.New(zap.UseDevMode(false), zap.StacktraceLevel(zapcore.PanicLevel), zap.WriteTo(to))
}
