package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// isOfAPI: it is the API server that has said no.
func isOfAPI(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status)
}

// differs names the first field that is wanted and is not so; empty where all are.
// Lists have to be the same whole.
func differs(want, live any, path string) string {
	want, live = plain(want), plain(live)
	switch wanted := want.(type) {
	case map[string]any:
		has, isMap := live.(map[string]any)
		if !isMap && len(wanted) > 0 {
			return path
		}
		for _, key := range slices.Sorted(maps.Keys(wanted)) {
			if where := differs(wanted[key], has[key], join(path, key)); where != "" {
				return where
			}
		}
		return ""
	case []any:
		has, isList := live.([]any)
		if !isList && len(wanted) > 0 || len(has) != len(wanted) {
			return path
		}
		for i := range wanted {
			if where := differs(wanted[i], has[i], fmt.Sprintf("%s[%d]", path, i)); where != "" {
				return where
			}
		}
		return ""
	default:
		if !reflect.DeepEqual(want, live) {
			return path
		}
		return ""
	}
}

// plain has every number of one type, as JSON has.
func plain(value any) any {
	switch value.(type) {
	case map[string]any, []any, string, bool, nil, float64:
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var read any
	if err := json.Unmarshal(text, &read); err != nil {
		return value
	}
	return read
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
