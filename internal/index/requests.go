package index

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Requests are for all objects that a list finds. Where it cannot be had, the log
// says what is not looked at for that: a watch has no other place to say so.
func Requests(ctx context.Context, from client.Reader, list client.ObjectList, what string, which ...client.ListOption) []reconcile.Request {
	if err := from.List(ctx, list, which...); err != nil {
		log.FromContext(ctx).Error(err, "cannot find "+what+" to look at: they are at their next turn")
		return nil
	}
	all := make([]reconcile.Request, 0, meta.LenList(list))
	_ = meta.EachListItem(list, func(item runtime.Object) error { // a list of objects has nothing else
		if object, ok := item.(client.Object); ok {
			all = append(all, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(object)})
		}
		return nil
	})
	return all
}
