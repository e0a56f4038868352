// Command lint is golangci-lint with the Kubernetes API linter built in. It is
// a tool of the project's own checks only and is linked into nothing that ships.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter/pkg/plugin/base"
	_ "sigs.k8s.io/kube-api-linter/pkg/registration"
)

// version is the golangci-lint release that go.mod names.
const version = "2.15.0"

func main() {
	info := commands.BuildInfo{Version: version, GoVersion: runtime.Version()}
	if err := commands.Execute(info); err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(exitcodes.Failure)
	}
}
