package cloud

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const (
	// Provisioner is the name that a StorageClass gives to have its volumes here.
	Provisioner = "local.voute.dev"
	// annotationClaim tells which claim a volume was made for.
	annotationClaim         = "local.voute.dev/claim"
	annotationProvisionedBy = "pv.kubernetes.io/provisioned-by"
)

// Volumes makes, grows and removes the volumes of the classes that name the Provisioner.
type Volumes struct {
	Client kubernetes.Interface
	Node   string // the one node, on which every volume is
	Dir    string // a folder for each volume is made in it
}

// Reconcile brings the volumes in line with the claims.
func (v Volumes) Reconcile(ctx context.Context, seen Seen) []error {
	var problems []error
	note := func(what string, object metav1.Object, err error) {
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("cannot %s %s/%s: %w", what, object.GetNamespace(), object.GetName(), err))
		}
	}
	for _, claim := range seen.Claims {
		if class, ours := seen.Classes[className(claim)]; ours && wantsVolume(claim) {
			note("make a volume for the claim", claim, v.provision(ctx, claim, class))
		}
	}
	for _, volume := range seen.Volumes {
		if volume.Annotations[annotationProvisionedBy] != Provisioner {
			continue
		}
		if isReleased(volume) {
			note("remove the volume", volume, v.remove(ctx, volume))
		} else if claim := seen.claimOf(volume); claim != nil {
			note("grow the volume of the claim", claim, v.grow(ctx, claim, volume))
		}
	}
	return problems
}

func className(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil {
		return ""
	}
	return *claim.Spec.StorageClassName
}

func wantsVolume(claim *corev1.PersistentVolumeClaim) bool {
	return claim.DeletionTimestamp == nil && claim.Spec.VolumeName == "" && claim.Status.Phase != corev1.ClaimBound
}

func isReleased(volume *corev1.PersistentVolume) bool {
	return volume.Status.Phase == corev1.VolumeReleased && volume.DeletionTimestamp == nil &&
		volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
}

func (v Volumes) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim, class Class) error {
	volume := v.volumeFor(claim, class)
	// Closed to others: the kubelet gives the folder to the pod's group.
	if err := os.MkdirAll(volume.Spec.Local.Path, 0o750); err != nil {
		return err
	}
	_, err := v.Client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // made a moment ago: not bound yet
	}
	return err
}

func (v Volumes) volumeFor(claim *corev1.PersistentVolumeClaim, class Class) *corev1.PersistentVolume {
	name := "pvc-" + string(claim.UID)
	mode := corev1.PersistentVolumeFilesystem
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{
			annotationProvisionedBy: Provisioner,
			annotationClaim:         claim.Namespace + "/" + claim.Name,
		}},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:              class.Name,
			PersistentVolumeReclaimPolicy: class.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    &mode,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			// A "local" volume rather than a "hostPath" one: the kubelet applies
			// the pod's fsGroup to it, as to a disk.
			PersistentVolumeSource: corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: filepath.Join(v.Dir, name)}},
			NodeAffinity:           onNode(v.Node),
		},
	}
}

func onNode(name string) *corev1.VolumeNodeAffinity {
	return &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
		MatchExpressions: []corev1.NodeSelectorRequirement{{
			Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{name},
		}},
	}}}}
}

// grow follows a claim that asks for more: first the volume, then the claim's
// status, as a real driver does. A volume never shrinks.
func (v Volumes) grow(ctx context.Context, claim *corev1.PersistentVolumeClaim, volume *corev1.PersistentVolume) error {
	wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if has := volume.Spec.Capacity[corev1.ResourceStorage]; has.Cmp(wanted) < 0 {
		grown := volume.DeepCopy()
		grown.Spec.Capacity[corev1.ResourceStorage] = wanted
		if _, err := v.Client.CoreV1().PersistentVolumes().Update(ctx, grown, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	if shown := claim.Status.Capacity[corev1.ResourceStorage]; claim.Status.Phase != corev1.ClaimBound || shown.Cmp(wanted) >= 0 {
		return nil
	}
	shown := claim.DeepCopy()
	shown.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: wanted}
	shown.Status.Conditions = nil // of a resize under way
	_, err := v.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, shown, metav1.UpdateOptions{})
	return err
}

func (v Volumes) remove(ctx context.Context, volume *corev1.PersistentVolume) error {
	if volume.Spec.Local == nil || filepath.Dir(volume.Spec.Local.Path) != filepath.Clean(v.Dir) {
		return fmt.Errorf("its folder is not one in %s; remove it by hand", v.Dir)
	}
	if err := os.RemoveAll(volume.Spec.Local.Path); err != nil {
		return err
	}
	return v.Client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
}
