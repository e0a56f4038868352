package cloud

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
)

// retryDelay is how long after a failure all is looked at again.
const retryDelay = time.Second

// part is a part of the cloud. It looks at everything each time: a
// local cluster is small.
type part interface {
	Reconcile(ctx context.Context, seen Seen) []error
}

type listers struct {
	classes  storagelisters.StorageClassLister
	claims   corelisters.PersistentVolumeClaimLister
	volumes  corelisters.PersistentVolumeLister
	services corelisters.ServiceLister
}

// Run watches the cluster and lets each part act after every change, until the
// context ends.
func Run(ctx context.Context, client kubernetes.Interface, parts ...part) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	changed := make(chan struct{}, 1)
	core, storage := factory.Core().V1(), factory.Storage().V1()
	for _, informer := range []cache.SharedIndexInformer{
		storage.StorageClasses().Informer(), core.PersistentVolumeClaims().Informer(),
		core.PersistentVolumes().Informer(), core.Services().Informer(),
	} {
		if err := tell(informer, changed); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	from := listers{
		classes: storage.StorageClasses().Lister(), claims: core.PersistentVolumeClaims().Lister(),
		volumes: core.PersistentVolumes().Lister(), services: core.Services().Lister(),
	}
	for {
		act(ctx, from, changed, parts)
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// tell sends to the channel on every change; several may become one.
func tell(informer cache.SharedIndexInformer, changed chan<- struct{}) error {
	send := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { send() },
		UpdateFunc: func(any, any) { send() },
		DeleteFunc: func(any) { send() },
	})
	return err
}

func act(ctx context.Context, from listers, changed chan<- struct{}, parts []part) {
	seen, err := from.look()
	problems := []error{err}
	for _, one := range parts {
		problems = append(problems, one.Reconcile(ctx, seen)...)
	}
	if err := errors.Join(problems...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		time.AfterFunc(retryDelay, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}
}

func (l listers) look() (Seen, error) {
	everything := labels.Everything()
	classes, err1 := l.classes.List(everything)
	claims, err2 := l.claims.List(everything)
	volumes, err3 := l.volumes.List(everything)
	services, err4 := l.services.List(everything)
	return Seen{Classes: ourClasses(classes), Claims: claims, Volumes: volumes, Services: services}, errors.Join(err1, err2, err3, err4)
}
