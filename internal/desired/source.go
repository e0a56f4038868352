package desired

import (
	"encoding/json"
	"hash/maphash"

	"k8s.io/apimachinery/pkg/types"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// seed makes sources of one process comparable with each other, and with no others.
var seed = maphash.MakeSeed()

// source is what tells one input from another: of what has a version, that alone.
type source struct {
	Tenant            types.UID
	Generation        int64
	Environment       v1alpha1.Environment
	Edition           uint64
	Retention         *serverconfig.Retention
	Pilots            []serverconfig.Pilot
	UploadsClosed     bool
	OperatorKeys      []string
	OperatorNamespace string
	QuotaBytes        int64
	Mounted           *Mounted
	Notice            *serverconfig.Notice
	Version, Image    string
	Claim             types.UID
	ClaimVersion      string
	Revision          string
}

// Source is a number for what an environment's objects follow from: as long as it
// is the same, so are they, and need not be rendered to know that. Edition tells
// one platform configuration from another, and revision names the one in force.
// It is never 0.
func (in Input) Source(edition uint64, revision string) uint64 {
	of := source{
		Tenant: in.Tenant.UID, Generation: in.Tenant.Generation, Environment: in.Environment, Edition: edition,
		Retention: in.Retention, Pilots: in.Pilots, UploadsClosed: in.UploadsClosed,
		OperatorKeys: in.OperatorKeys, OperatorNamespace: in.OperatorNamespace, QuotaBytes: in.QuotaBytes,
		Mounted: in.Mounted, Notice: in.Notice, Version: in.Version, Image: in.Image, Revision: revision,
	}
	if in.Claim != nil {
		of.Claim, of.ClaimVersion = in.Claim.UID, in.Claim.ResourceVersion
	}
	content, _ := json.Marshal(of) // plain fields: that does not fail
	return maphash.Bytes(seed, content) | 1
}
