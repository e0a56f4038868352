package desired

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
)

const (
	gigabyte = 1_000_000_000 // what is allocated and billed
	gibibyte = 1 << 30       // what volumes are made of

	// productionGB is allocated to production where a tenant asks for nothing.
	productionGB = 20

	// A volume is larger than the quota by baseOverhead for the database, its
	// journal and the file system's own, and by overheadPercent of the quota for
	// sealing (a nonce and a tag for each segment, segments sent again) and for
	// what a file system takes of every byte.
	baseOverhead    = gibibyte
	overheadPercent = 5
)

// AllocatedGB is what is allocated to an environment, defaults applied.
func AllocatedGB(environment v1alpha1.Environment, platform *configv1.PlatformConfiguration) int64 {
	switch {
	case environment.Storage.AllocatedGB > 0:
		return environment.Storage.AllocatedGB
	case environment.Name == v1alpha1.ProductionEnvironment:
		return productionGB
	default:
		return platform.Storage.DevelopmentGB
	}
}

// VolumeBytes is the size of the volume for an allocation: in whole GiB, since
// most storage gives no other size.
func VolumeBytes(allocatedGB int64) int64 {
	quota := allocatedGB * gigabyte
	needed := quota + quota*overheadPercent/100 + baseOverhead
	return (needed + gibibyte - 1) / gibibyte * gibibyte
}

// EffectiveQuota is the quota in bytes that a volume of a capacity can keep: the
// whole allocation, or less while the volume has not grown yet.
func EffectiveQuota(allocatedGB, capacityBytes int64) int64 {
	room := max(0, capacityBytes-baseOverhead)
	const whole = 100 + overheadPercent
	held := room/whole*100 + room%whole*100/whole
	return min(allocatedGB*gigabyte, held)
}

// PersistentVolumeClaim is where documents and database live. It has no owner,
// so that documents outlive a tenant deleted with the policy Retain. A claim
// that exists keeps its class, and never asks for less than it did: neither can
// be taken back.
func PersistentVolumeClaim(in Input) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		TypeMeta:   typeMeta("v1", "PersistentVolumeClaim"),
		ObjectMeta: in.unowned(in.name()),
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod},
			StorageClassName: in.storageClass(),
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: in.volumeSize()},
			},
		},
	}
}

func (in Input) volumeSize() resource.Quantity {
	size := *resource.NewQuantity(VolumeBytes(AllocatedGB(in.Environment, in.Platform)), resource.BinarySI)
	if in.Claim == nil {
		return size
	}
	if claimed := in.Claim.Spec.Resources.Requests[corev1.ResourceStorage]; claimed.Cmp(size) > 0 {
		return claimed
	}
	return size
}

// storageClass is nil where the cluster's default class is meant.
func (in Input) storageClass() *string {
	switch {
	case in.Claim != nil:
		return in.Claim.Spec.StorageClassName
	case in.Environment.Storage.StorageClassName != "":
		return ptr.To(in.Environment.Storage.StorageClassName)
	case in.Platform.Storage.ClassName != "":
		return ptr.To(in.Platform.Storage.ClassName)
	default:
		return nil
	}
}
