package controllers_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

const operatorPod = "voute-operator-5d8f"

// simulateNode lets kubectl logs show what the operator says of its file: the API
// server asks the node for it, of which there is nothing else.
func simulateNode(t *testing.T, o *operations) {
	t.Helper()
	kubelet := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := strings.SplitAfter(strings.ReplaceAll(o.log.String(), o.mounted, "/etc/voute/platform.yaml"), "\n")
		if count, err := strconv.Atoi(r.URL.Query().Get("tailLines")); err == nil {
			lines = lines[max(0, len(lines)-1-count):]
		}
		_, _ = fmt.Fprint(w, strings.Join(lines, "")) // who asks sees what lacks
	}))
	t.Cleanup(kubelet.Close)
	_, text, err := net.SplitHostPort(kubelet.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	o.api.MustKubectl(t, `{"apiVersion":"v1","kind":"Node","metadata":{"name":"node"}}`, "create", "-f", "-")
	pod := o.api.MustKubectl(t, "", "get", "deployment", "-n", operatorNamespace, "voute-operator", "-o", "jsonpath={.spec.template}")
	pod = strings.NewReplacer(`"metadata":{`, `"metadata":{"name":"`+operatorPod+`","namespace":"`+operatorNamespace+`",`, `"spec":{`, `"spec":{"nodeName":"node",`).Replace(pod)
	o.api.MustKubectl(t, `{"apiVersion":"v1","kind":"Pod",`+strings.TrimPrefix(pod, "{"), "create", "-f", "-")
	o.api.MustKubectl(t, "", "patch", "node", "node", "--subresource=status", "--type=merge", "-p",
		fmt.Sprintf(`{"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":%d}}}}`, port))
	o.api.MustKubectl(t, "", "patch", "pod", "-n", operatorNamespace, operatorPod, "--subresource=status", "--type=merge", "-p",
		`{"status":{"phase":"Running"}}`)
}
