package apply

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// hostSettings are switches that open the node to a pod. A default never turns
// one on.
var hostSettings = []string{"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "privileged", "allowPrivilegeEscalation"}

// additions names what a closed part plainly has beyond the desired one,
// whoever is said to own it: a longer list, another key among texts, a switch
// that opens the host. Defaults add none of these, so that it tells what an
// admission webhook puts in, and what forged field owners hide.
func additions(live, want *unstructured.Unstructured) []string {
	var found []string
	for _, part := range closedParts[live.GetKind()] {
		has, _, _ := unstructured.NestedFieldNoCopy(live.Object, part...)
		asked, _, _ := unstructured.NestedFieldNoCopy(want.Object, part...)
		found = append(found, added(has, asked, strings.Join(part, "."))...)
	}
	return found[:min(len(found), maxNamed)]
}

func added(live, want any, path string) []string {
	switch live := live.(type) {
	case []any:
		items, _ := want.([]any)
		return addedItems(live, items, path)
	case map[string]any:
		fields, _ := want.(map[string]any)
		return addedFields(live, fields, path)
	default:
		return nil
	}
}

func addedItems(live, want []any, path string) []string {
	if len(live) > len(want) {
		return []string{path}
	}
	var found []string
	for i, item := range live {
		found = append(found, added(item, want[i], fmt.Sprintf("%s[%d]", path, i))...)
	}
	return found
}

func addedFields(live, want map[string]any, path string) []string {
	var found []string
	for name, value := range live {
		asked, isAsked := want[name]
		here := path + "." + name
		switch {
		case !isAsked && (onlyTexts(want) || value == true && slices.Contains(hostSettings, name)):
			found = append(found, here)
		default:
			found = append(found, added(value, asked, here)...)
		}
	}
	slices.Sort(found)
	return found
}

// onlyTexts: the data of a ConfigMap, or a selector.
func onlyTexts(fields map[string]any) bool {
	for _, value := range fields {
		if _, ok := value.(string); !ok {
			return false
		}
	}
	return len(fields) > 0
}
