package heads

import (
	"strconv"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/types"
)

// Which is who an object is and which version of it, in 24 bytes; their texts take
// twice as many.
type Which struct {
	uid     uuid.UUID
	version uint64
}

// WhichOf is false for what is not written as Kubernetes writes it, a UUID and a
// number: Texts would not give it back.
func WhichOf(uid types.UID, version string) (Which, bool) {
	id, err := uuid.Parse(string(uid))
	if err != nil || id.String() != string(uid) {
		return Which{}, false
	}
	number, err := strconv.ParseUint(version, 10, 64)
	if err != nil || strconv.FormatUint(number, 10) != version {
		return Which{}, false
	}
	return Which{uid: id, version: number}, true
}

// Texts are the uid and the version.
func (w Which) Texts() (types.UID, string) {
	return types.UID(w.uid.String()), strconv.FormatUint(w.version, 10)
}
