package cloud

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Seen is what the cluster holds at one moment.
type Seen struct {
	Classes  map[string]Class // of our Provisioner only
	Claims   []*corev1.PersistentVolumeClaim
	Volumes  []*corev1.PersistentVolume
	Services []*corev1.Service
}

// Class is what counts of a StorageClass.
type Class struct {
	Name          string
	ReclaimPolicy corev1.PersistentVolumeReclaimPolicy
}

func ourClasses(classes []*storagev1.StorageClass) map[string]Class {
	ours := map[string]Class{}
	for _, class := range classes {
		if class.Provisioner != Provisioner {
			continue
		}
		policy := corev1.PersistentVolumeReclaimDelete
		if class.ReclaimPolicy != nil {
			policy = *class.ReclaimPolicy
		}
		ours[class.Name] = Class{Name: class.Name, ReclaimPolicy: policy}
	}
	return ours
}

// claimOf is the claim that a volume is for, nil when it is gone.
func (s Seen) claimOf(volume *corev1.PersistentVolume) *corev1.PersistentVolumeClaim {
	for _, claim := range s.Claims {
		if volume.Spec.ClaimRef != nil && claim.UID == volume.Spec.ClaimRef.UID {
			return claim
		}
	}
	return nil
}
