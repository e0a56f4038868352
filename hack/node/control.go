package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
)

// Control talks to the supervisor of a running node.
type Control struct{ dir string }

// NewControl returns the control of the node in that folder.
func NewControl(dir string) Control { return Control{dir: dir} }

// Processes lists the node's processes.
func (c Control) Processes(ctx context.Context) ([]Status, error) {
	body, err := c.call(ctx, http.MethodGet, "/processes")
	if err != nil {
		return nil, err
	}
	var all []Status
	err = json.Unmarshal(body, &all)
	return all, err
}

// Act starts, stops or restarts one process, and returns when a stopped one is gone.
func (c Control) Act(ctx context.Context, process, action string) error {
	_, err := c.call(ctx, http.MethodPost, "/processes/"+process+"/"+action)
	return err
}

func (c Control) call(ctx context.Context, method, path string) ([]byte, error) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", filepath.Join(c.dir, controlSocket))
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("the node in %s does not answer: %w", c.dir, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("the node refused: %s", strings.TrimSpace(string(body)))
	}
	return body, err
}
