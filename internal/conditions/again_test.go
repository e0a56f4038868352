package conditions

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestAgain(t *testing.T) {
	lost := errors.New("the connection is lost")
	for name, test := range map[string]struct {
		err    error
		isSoon bool
		want   error
	}{
		"done":       {},
		"a conflict": {err: apierrors.NewConflict(schema.GroupResource{Resource: "pilots"}, "marie", lost), isSoon: true},
		"a fault":    {err: lost, want: lost},
	} {
		result, err := Again(test.err)
		if (result.RequeueAfter > 0) != test.isSoon || !errors.Is(err, test.want) {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}
