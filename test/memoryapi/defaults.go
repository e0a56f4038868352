package memoryapi

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// structure is what is read of a CustomResourceDefinition's schema: defaults.
type structure struct {
	Default    json.RawMessage      `json:"default"`
	Properties map[string]structure `json:"properties"`
	Items      *structure           `json:"items"`
}

// complete fills in defaults, from the outside to the inside.
func (s structure) complete(object map[string]any) {
	for name, property := range s.Properties {
		if _, found := object[name]; !found && property.Default != nil {
			var value any
			if err := utiljson.Unmarshal(property.Default, &value); err == nil {
				object[name] = value
			}
		}
		property.descend(object[name])
	}
}

func (s structure) descend(value any) {
	switch value := value.(type) {
	case map[string]any:
		s.complete(value)
	case []any:
		for _, item := range value {
			if s.Items != nil {
				s.Items.descend(item)
			}
		}
	}
}

// setting is a default of a kind that is built into Kubernetes: a path, in
// which [] stands for every item of a list, and a value.
type setting struct {
	path  string
	value any
}

// builtInDefaults are those that the operator's objects get.
var builtInDefaults = map[string][]setting{
	"PersistentVolumeClaim": {{"spec.volumeMode", "Filesystem"}, {"status.phase", "Pending"}},
	"Service": {
		{"spec.type", "ClusterIP"}, {"spec.clusterIP", "10.0.0.1"}, {"spec.clusterIPs", []any{"10.0.0.1"}}, {"spec.sessionAffinity", "None"},
		{"spec.internalTrafficPolicy", "Cluster"}, {"spec.ipFamilies", []any{"IPv4"}}, {"spec.ipFamilyPolicy", "SingleStack"},
		{"spec.ports.[].protocol", "TCP"}, {"status.loadBalancer", map[string]any{}},
	},
	"Deployment": {
		{"spec.replicas", int64(1)}, {"spec.revisionHistoryLimit", int64(10)}, {"spec.progressDeadlineSeconds", int64(600)},
		{"spec.strategy.type", "RollingUpdate"}, {"spec.template.spec.restartPolicy", "Always"}, {"spec.template.spec.dnsPolicy", "ClusterFirst"},
		{"spec.template.spec.schedulerName", "default-scheduler"}, {"spec.template.spec.terminationGracePeriodSeconds", int64(30)},
		{"spec.template.spec.securityContext", map[string]any{}},
		{"spec.template.spec.containers.[].imagePullPolicy", "IfNotPresent"}, {"spec.template.spec.containers.[].resources", map[string]any{}},
		{"spec.template.spec.containers.[].terminationMessagePath", "/dev/termination-log"},
		{"spec.template.spec.containers.[].terminationMessagePolicy", "File"},
		{"spec.template.spec.containers.[].startupProbe.successThreshold", int64(1)},
		{"spec.template.spec.containers.[].livenessProbe.successThreshold", int64(1)},
		{"spec.template.spec.containers.[].readinessProbe.successThreshold", int64(1)},
	},
}

// required are parts of a path that are made where they are missing.
var required = map[string]bool{"spec": true, "status": true, "strategy": true}

func fill(object map[string]any, settings []setting) {
	for _, each := range settings {
		fillPath(object, strings.Split(each.path, "."), each.value)
	}
}

func fillPath(value any, path []string, fallback any) {
	if items, isList := value.([]any); isList && path[0] == "[]" {
		for _, item := range items {
			fillPath(item, path[1:], fallback)
		}
		return
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return
	}
	if len(path) == 1 {
		if _, found := fields[path[0]]; !found {
			fields[path[0]] = runtime.DeepCopyJSONValue(fallback)
		}
		return
	}
	if _, found := fields[path[0]]; !found && required[path[0]] {
		fields[path[0]] = map[string]any{}
	}
	fillPath(fields[path[0]], path[1:], fallback)
}
