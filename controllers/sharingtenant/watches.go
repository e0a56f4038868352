package sharingtenant

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"voute.dev/voute/internal/index"
)

// whenKnown watches the metadata of a kind that the cluster may not know, for
// want of cert-manager: work begins without it, the log says what is missing,
// and the watch begins when the kind is there. What has to be there to begin is
// a source that can be waited for; this one cannot.
func whenKnown(manager ctrl.Manager, kind client.Object, handle handler.EventHandler) source.Source {
	return source.Func(func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		gvk, err := manager.GetClient().GroupVersionKindFor(kind)
		if err != nil {
			return err
		}
		head := &metav1.PartialObjectMetadata{}
		head.SetGroupVersionKind(gvk)
		return source.Kind(manager.GetCache(), client.Object(head), handle).Start(ctx, queue)
	})
}

// hostsFreed wakes those who ask for a host that another tenant gives up: it is
// gone, asks for another one, or no longer serves there.
func (r *Reconciler) hostsFreed() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	wake := func(ctx context.Context, q queue, owner client.Object, hosts []string) {
		for _, host := range hosts {
			for _, request := range r.requests(ctx, client.MatchingFields{index.TenantHost: host}) {
				if request.NamespacedName != client.ObjectKeyFromObject(owner) {
					q.Add(request)
				}
			}
		}
	}
	return handler.Funcs{
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) {
			left := index.Hosts(e.ObjectNew)
			wake(ctx, q, e.ObjectNew, slices.DeleteFunc(index.Hosts(e.ObjectOld), func(host string) bool { return slices.Contains(left, host) }))
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { wake(ctx, q, e.Object, index.Hosts(e.Object)) },
	}
}
