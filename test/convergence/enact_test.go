package convergence

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
)

// people write what is wished, again and again, as a tool that applies files
// does. What has to wait for something to go is for the next time.
type people struct {
	kube client.Client
	// sorted names the pilots in the order in which they are to be made.
	sorted func(map[string]v1alpha1.PilotSpec) []string
	in     string
	// rivals: there is another client, too.
	rivals bool
}

func byName(pilots map[string]v1alpha1.PilotSpec) []string { return slices.Sorted(maps.Keys(pilots)) }

func (p *people) enact(ctx context.Context, w *wishes) error {
	return errors.Join(p.policies(ctx, w), p.pilots(ctx, w), p.tenant(ctx, w), p.rival(ctx, w))
}

// rival makes, moves or removes the tenant of another client.
func (p *people) rival(ctx context.Context, w *wishes) error {
	if !p.rivals {
		return nil
	}
	wanted := &v1alpha1.SharingTenant{ObjectMeta: metav1.ObjectMeta{Namespace: rival, Name: rival}, Spec: rivalTenant(w.rival)}
	if w.rival == "" {
		return client.IgnoreNotFound(p.kube.Delete(ctx, wanted))
	}
	live := &v1alpha1.SharingTenant{}
	return p.put(ctx, live, wanted, func() bool {
		same := equality.Semantic.DeepEqual(live.Spec, wanted.Spec)
		live.Spec = wanted.Spec
		return same
	})
}

func (p *people) policies(ctx context.Context, w *wishes) error {
	for _, name := range slices.Sorted(maps.Keys(w.policies)) {
		wanted := &v1alpha1.RetentionPolicy{ObjectMeta: p.meta(name), Spec: w.policies[name]}
		live := &v1alpha1.RetentionPolicy{}
		err := p.put(ctx, live, wanted, func() bool {
			same := live.Spec == wanted.Spec
			live.Spec = wanted.Spec
			return same
		})
		if err != nil {
			return err
		}
		// One that was removed and is wanted again is torn away from who uses it.
		if live.DeletionTimestamp != nil {
			live.Finalizers = nil
			if err := p.kube.Update(ctx, live); err != nil {
				return err
			}
			again := &v1alpha1.RetentionPolicy{ObjectMeta: p.meta(name), Spec: w.policies[name]}
			if err := p.kube.Create(ctx, again); client.IgnoreAlreadyExists(err) != nil {
				return err
			}
		}
	}
	return p.prune(ctx, &v1alpha1.RetentionPolicyList{}, func(name string) bool { _, wanted := w.policies[name]; return wanted })
}

func (p *people) pilots(ctx context.Context, w *wishes) error {
	for _, name := range p.sorted(w.pilots) {
		wanted, live := &v1alpha1.Pilot{ObjectMeta: p.meta(name), Spec: w.pilots[name]}, &v1alpha1.Pilot{}
		err := p.put(ctx, live, wanted, func() bool {
			same := live.Spec == wanted.Spec
			live.Spec = wanted.Spec
			return same
		})
		if err != nil {
			return err
		}
	}
	return p.prune(ctx, &v1alpha1.PilotList{}, func(name string) bool { _, wanted := w.pilots[name]; return wanted })
}

func (p *people) tenant(ctx context.Context, w *wishes) error {
	if w.tenant == nil {
		return p.removeTenant(ctx)
	}
	wanted, live := &v1alpha1.SharingTenant{ObjectMeta: p.meta(tenantName), Spec: *w.tenant.DeepCopy()}, &v1alpha1.SharingTenant{}
	for i := range wanted.Spec.Environments {
		e := &wanted.Spec.Environments[i]
		e.Host = strings.Replace(e.Host, namespace, p.in, 1)
	}
	return p.put(ctx, live, wanted, func() bool {
		same := equality.Semantic.DeepEqual(live.Spec, wanted.Spec)
		live.Spec = wanted.Spec
		return same
	})
}

// removeTenant also says that documents may be destroyed, where that is the policy.
func (p *people) removeTenant(ctx context.Context) error {
	live := &v1alpha1.SharingTenant{}
	err := p.kube.Get(ctx, client.ObjectKey{Namespace: p.in, Name: tenantName}, live)
	if err != nil || live.DeletionTimestamp != nil {
		return client.IgnoreNotFound(err)
	}
	if live.Spec.DeletionPolicy == v1alpha1.DestroyOnDeletion {
		live.Annotations = map[string]string{v1alpha1.DestroyAnnotation: tenantName}
		if err := p.kube.Update(ctx, live); err != nil {
			return err
		}
	}
	return client.IgnoreNotFound(p.kube.Delete(ctx, live))
}

// put makes or changes an object; one that goes is left alone.
func (p *people) put(ctx context.Context, live, wanted client.Object, same func() bool) error {
	err := p.kube.Get(ctx, client.ObjectKeyFromObject(wanted), live)
	switch {
	case apierrors.IsNotFound(err):
		return p.kube.Create(ctx, wanted)
	case err != nil || live.GetDeletionTimestamp() != nil || same():
		return err
	default:
		return p.kube.Update(ctx, live)
	}
}

// prune removes what is no longer wanted.
func (p *people) prune(ctx context.Context, list client.ObjectList, wanted func(name string) bool) error {
	if err := p.kube.List(ctx, list, client.InNamespace(p.in)); err != nil {
		return err
	}
	return meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(client.Object)
		if !ok || wanted(object.GetName()) || object.GetDeletionTimestamp() != nil {
			return nil
		}
		return client.IgnoreNotFound(p.kube.Delete(ctx, object))
	})
}

func (p *people) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: p.in, Name: name}
}
