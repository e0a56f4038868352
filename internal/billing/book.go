package billing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/apply"
	"voute.dev/voute/internal/conditions"
	"voute.dev/voute/internal/index"
	"voute.dev/voute/internal/tariff"
)

// Book keeps statements in the operator's namespace. Those that are open are read
// from the cache.
type Book struct {
	cached    client.Reader
	live      client.Reader
	writer    client.Client
	namespace string
}

// NewBook makes a book: cached knows the open statements of the namespace, with
// index.StatementTenant.
func NewBook(cached, live client.Reader, writer client.Client, namespace string) *Book {
	return &Book{cached: cached, live: live, writer: writer, namespace: namespace}
}

// +kubebuilder:rbac:groups=sharing.voute.dev,namespace=voute-system,resources=billingstatements,verbs=get;list;watch;create;patch

// Record notes what is allocated to a tenant's production now, in GB, and gives the
// statement of the month that goes on. It writes only what is news. While a month
// that is over is not closed yet it gives that one's, and says to wait.
func (b *Book) Record(ctx context.Context, cfg *configv1.PlatformConfiguration, tenant *v1alpha1.SharingTenant, gb int64, now time.Time) (*v1alpha1.BillingStatement, error) {
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, err
	}
	key, month := client.ObjectKeyFromObject(tenant), tariff.MonthOf(now, zone)
	statement, err := b.find(ctx, b.cached, Name(key, month))
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return b.begin(ctx, cfg, tenant, month, gb, now)
	}
	return statement, b.add(ctx, statement, cfg, gb, now)
}

// begin opens the statement of a month, unless one before it is still open: that
// one is to be closed first, and its allocation goes on.
func (b *Book) begin(ctx context.Context, cfg *configv1.PlatformConfiguration, tenant *v1alpha1.SharingTenant, month tariff.Month, gb int64, now time.Time) (*v1alpha1.BillingStatement, error) {
	key := client.ObjectKeyFromObject(tenant)
	open, err := b.Of(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(open) > 0 {
		return &open[0], conditions.Wait("MonthNotClosed", "BillingStatement %s is being closed; what is allocated now is recorded then.", open[0].Name)
	}
	if gb > 0 {
		statement, err := b.open(ctx, cfg, tenant, month, gb, now)
		if !apierrors.IsAlreadyExists(err) {
			return statement, err
		}
	}
	statement, err := b.find(ctx, b.live, Name(key, month)) // the cache is behind, or the month closed
	if err != nil || statement == nil {
		return nil, err
	}
	return statement, b.add(ctx, statement, cfg, gb, now)
}

// open makes the statement of a month. Most often there is none, and to look
// first would cost as much again.
func (b *Book) open(ctx context.Context, cfg *configv1.PlatformConfiguration, tenant *v1alpha1.SharingTenant, month tariff.Month, gb int64, now time.Time) (*v1alpha1.BillingStatement, error) {
	of := v1alpha1.TenantReference{Namespace: tenant.Namespace, Name: tenant.Name}
	statement, err := Open(cfg, b.namespace, of, tenant.Spec.Organization.NameFr, month, now, gb)
	if err != nil {
		return nil, err
	}
	return statement, b.create(ctx, statement)
}

// add records an allocation in a statement.
func (b *Book) add(ctx context.Context, statement *v1alpha1.BillingStatement, cfg *configv1.PlatformConfiguration, gb int64, now time.Time) error {
	if IsClosed(statement) {
		return conditions.Wait("MonthClosed", "BillingStatement %s of the month that goes on is closed: the clock went back.", statement.Name)
	}
	before := statement.DeepCopy()
	news, err := Record(statement, now, gb)
	if err != nil {
		return err
	}
	// Most looks find nothing of both, and need not compute the month.
	if current, err := HasPrices(statement, cfg); err != nil || (current && !news) {
		return err
	}
	if err := Refresh(statement, cfg); err != nil || equality.Semantic.DeepEqual(before, statement) {
		return err
	}
	return b.Write(ctx, before, statement)
}

// Write patches what differs. It holds only for the statement that was read.
func (b *Book) Write(ctx context.Context, before, statement *v1alpha1.BillingStatement) error {
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return b.writer.Patch(ctx, statement, patch, client.FieldOwner(apply.Owner))
}

// Roll opens the month after a statement's, where the service goes on.
func (b *Book) Roll(ctx context.Context, statement *v1alpha1.BillingStatement, cfg *configv1.PlatformConfiguration) error {
	next, err := Next(statement, cfg)
	if err != nil || next == nil {
		return err
	}
	return client.IgnoreAlreadyExists(b.create(ctx, next))
}

// Where says how a cache finds the open statements of a tenant.
func (b *Book) Where(tenant types.NamespacedName) []client.ListOption {
	return []client.ListOption{client.InNamespace(b.namespace), client.MatchingFields{index.StatementTenant: tenant.String()}}
}

// Of are the open statements of a tenant.
func (b *Book) Of(ctx context.Context, tenant types.NamespacedName) ([]v1alpha1.BillingStatement, error) {
	list := &v1alpha1.BillingStatementList{}
	err := b.cached.List(ctx, list, b.Where(tenant)...)
	if err != nil {
		return nil, fmt.Errorf("find the open statements of SharingTenant %s: %w", tenant, err)
	}
	return slices.DeleteFunc(list.Items, func(s v1alpha1.BillingStatement) bool { return IsClosed(&s) }), nil
}

// Closed says whether one of a tenant's statements that are closed has an
// intervention, from the month in which it was done to the one before another.
func (b *Book) Closed(ctx context.Context, tenant types.NamespacedName, uid string, from, before tariff.Month) (bool, error) {
	for month := from; month.IsBefore(before); month = month.Next() {
		statement, err := b.find(ctx, b.live, Name(tenant, month))
		if err != nil {
			return false, err
		}
		if statement != nil && Has(statement, uid) {
			return true, nil
		}
	}
	return false, nil
}

func (b *Book) find(ctx context.Context, in client.Reader, name string) (*v1alpha1.BillingStatement, error) {
	statement := &v1alpha1.BillingStatement{}
	err := in.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: name}, statement)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read BillingStatement %s: %w", name, err)
	}
	return statement, nil
}

func (b *Book) create(ctx context.Context, statement *v1alpha1.BillingStatement) error {
	if err := b.writer.Create(ctx, statement, client.FieldOwner(apply.Owner)); err != nil {
		return fmt.Errorf("open BillingStatement %s: %w", statement.Name, err)
	}
	return nil
}
