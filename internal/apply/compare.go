package apply

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// asDesired says that nothing has to be written: the live object was made from
// this very desired one, is ours, and still holds all of it.
func asDesired(live, want *unstructured.Unstructured) bool {
	return hashOf(live) == hashOf(want) && hasEntry(live) && holds(live.Object, want.Object)
}

// holds says whether live has everything that want has. The API server adds
// defaults to maps, and others may add items to lists of objects: what is
// added is judged by its owner, in foreignFields.
func holds(live, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := live.(map[string]any)
		return ok && holdsFields(fields, want)
	case []any:
		items, ok := live.([]any)
		return ok && holdsItems(items, want)
	default:
		return same(live, want)
	}
}

func holdsFields(live, want map[string]any) bool {
	for name, field := range want {
		value, found := live[name]
		if !found || !holds(value, field) {
			return false
		}
	}
	return true
}

// holdsItems wants lists of plain values to be equal, and each object of a
// list of objects to be found in its order.
func holdsItems(live, want []any) bool {
	if len(want) == 0 || !isObject(want[0]) {
		return reflect.DeepEqual(live, want)
	}
	next := 0
	for _, item := range live {
		if next < len(want) && holds(item, want[next]) {
			next++
		}
	}
	return next == len(want)
}

func isObject(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

// same compares plain values; the same number may be an int64 on one side and
// a float64 on the other.
func same(live, want any) bool {
	if live == want {
		return true
	}
	left, ok := number(live)
	right, both := number(want)
	return ok && both && left == right
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	default:
		return 0, false
	}
}
