package status

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/api/v1alpha1"
)

// Tenant is how one client is.
type Tenant struct {
	Namespace    string `json:"namespace"`
	Name         string `json:"name"`
	Organization string `json:"organization"`
	// Ready is the condition; Unknown as long as no operator has looked.
	Ready metav1.ConditionStatus `json:"ready"`
	// Reason, Message and Since are the condition's.
	Reason  string       `json:"reason,omitempty"`
	Message string       `json:"message,omitempty"`
	Since   *metav1.Time `json:"since,omitempty"`
	// Outdated: the operator has not looked at the last edit yet.
	Outdated bool `json:"outdated,omitempty"`
	// Deleted is since when it is being deleted.
	Deleted *metav1.Time `json:"deleted,omitempty"`
	// Conditions are those that speak of a trouble or a wait.
	Conditions []Condition `json:"conditions,omitempty"`
	// Pending is the class of what waits, as the column has it.
	Pending string `json:"pending,omitempty"`

	Billing      *v1alpha1.BillingStatus `json:"billing,omitempty"`
	Environments []Environment           `json:"environments,omitempty"`
}

// Condition is one that speaks of a trouble or a wait.
type Condition struct {
	Type    string                 `json:"type"`
	Status  metav1.ConditionStatus `json:"status"`
	Reason  string                 `json:"reason"`
	Message string                 `json:"message"`
	Since   metav1.Time            `json:"since"`
}

// Environment is how one address of a client is.
type Environment struct {
	Name v1alpha1.EnvironmentName `json:"name"`
	// Host is what the spec asks for; URL is there once it is reachable.
	Host string `json:"host,omitempty"`
	URL  string `json:"url,omitempty"`
	// Version runs; HealthySince is since when it does without a fault.
	Version      string       `json:"version,omitempty"`
	HealthySince *metav1.Time `json:"healthySince,omitempty"`
	// AllocatedGB is asked for; Quota is in force.
	AllocatedGB int64              `json:"allocatedGB,omitempty"`
	Quota       *resource.Quantity `json:"quota,omitempty"`
	Used        *resource.Quantity `json:"used,omitempty"`
	UsedPercent *int32             `json:"usedPercent,omitempty"`
	UsageTime   *metav1.Time       `json:"usageTime,omitempty"`
	// Reserved is what uploads under way may still take.
	Reserved *resource.Quantity `json:"reserved,omitempty"`
	// StorageLevel is how near the use is to the quota, as the operator judges it.
	StorageLevel v1alpha1.StorageLevel `json:"storageLevel,omitempty"`
	// FullOn is the day on which the quota is used up at the present rate.
	FullOn string `json:"fullOn,omitempty"`

	CertificateNotAfter *metav1.Time           `json:"certificateNotAfter,omitempty"`
	Availability        *v1alpha1.Availability `json:"availability,omitempty"`

	// Change is under way, Pending waits, and Failed was taken back.
	Change  *v1alpha1.Change        `json:"change,omitempty"`
	Pending *v1alpha1.PendingChange `json:"pending,omitempty"`
	Failed  *v1alpha1.FailedChange  `json:"failed,omitempty"`
	// Emergencies are the last changes that did not wait, the newest first.
	Emergencies []v1alpha1.Emergency `json:"emergencies,omitempty"`
}

// unseen is said of a tenant at which no operator has looked.
const unseen = "No operator has looked at it yet. Does one run? See kubectl voute doctor."

// Of is how a tenant is, as its object tells.
func Of(tenant *v1alpha1.SharingTenant) Tenant {
	t := Tenant{
		Namespace: tenant.Namespace, Name: tenant.Name, Organization: tenant.Spec.Organization.NameFr,
		Ready: metav1.ConditionUnknown, Message: unseen, Deleted: tenant.DeletionTimestamp, Billing: tenant.Status.Billing,
	}
	if ready := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ReadyCondition); ready != nil {
		t.Ready, t.Reason, t.Message, t.Since = ready.Status, ready.Reason, ready.Message, &ready.LastTransitionTime
		t.Outdated = tenant.Status.ObservedGeneration < tenant.Generation
	}
	for _, c := range tenant.Status.Conditions {
		if c.Type != v1alpha1.ReadyCondition && speaks(c) {
			t.Conditions = append(t.Conditions, Condition{Type: c.Type, Status: c.Status, Reason: c.Reason, Message: c.Message, Since: c.LastTransitionTime})
		}
	}
	if waits := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.RolloutPendingCondition); waits != nil {
		t.Pending = waits.Reason
	}
	t.Environments = environments(tenant)
	return t
}

// speaks: of a step, while it is not done; of the others, which are there only
// while they say something, always.
func speaks(c metav1.Condition) bool {
	if strings.HasSuffix(c.Type, v1alpha1.ReadyCondition) {
		return c.Status != metav1.ConditionTrue
	}
	return c.Status != metav1.ConditionFalse
}

// environments are those of the spec, in its order, and then any that the spec has
// no longer and that still runs.
func environments(tenant *v1alpha1.SharingTenant) []Environment {
	all := make([]Environment, 0, len(tenant.Spec.Environments))
	for _, asked := range tenant.Spec.Environments {
		e := Environment{Name: asked.Name, Host: asked.Host, AllocatedGB: asked.Storage.AllocatedGB}
		for i := range tenant.Status.Environments {
			if told := &tenant.Status.Environments[i]; told.Name == asked.Name {
				e.take(told)
			}
		}
		all = append(all, e)
	}
	for i := range tenant.Status.Environments {
		told := &tenant.Status.Environments[i]
		if !has(all, told.Name) {
			e := Environment{Name: told.Name}
			e.take(told)
			all = append(all, e)
		}
	}
	return all
}

func has(all []Environment, name v1alpha1.EnvironmentName) bool {
	for _, e := range all {
		if e.Name == name {
			return true
		}
	}
	return false
}

func (e *Environment) take(told *v1alpha1.EnvironmentStatus) {
	e.URL, e.Version = told.URL, told.Version
	e.Quota, e.Used, e.UsedPercent, e.UsageTime = told.Quota, told.Used, told.UsedPercent, told.UsageTime
	e.Reserved, e.StorageLevel, e.FullOn = told.Reserved, told.StorageLevel, told.FullOn
	e.CertificateNotAfter, e.Availability, e.Pending = told.CertificateNotAfter, told.Availability, told.Pending
	if r := told.Rollout; r != nil {
		e.HealthySince, e.Change, e.Failed, e.Emergencies = r.HealthySince, r.Change, r.Failed, r.Emergencies
	}
}

// DaysUntilFull is how many days are left by the calendar of UTC, in which FullOn is;
// it is negative where that day is over. None are known where there is no such day.
func (e *Environment) DaysUntilFull(now time.Time) (days int, known bool) {
	full, err := time.Parse(time.DateOnly, e.FullOn)
	if err != nil {
		return 0, false
	}
	return int(full.Sub(now.UTC().Truncate(24*time.Hour)) / (24 * time.Hour)), true
}

// Production is the environment that the columns speak of; nil where there is none.
func (t *Tenant) Production() *Environment {
	for i := range t.Environments {
		if t.Environments[i].Name == v1alpha1.ProductionEnvironment {
			return &t.Environments[i]
		}
	}
	return nil
}

// Starts is the earliest time at which something that waits may start; zero where
// that is not known.
func (t *Tenant) Starts() time.Time {
	var first time.Time
	for _, e := range t.Environments {
		if e.Pending == nil || e.Pending.StartTime == nil {
			continue
		}
		if start := e.Pending.StartTime.Time; first.IsZero() || start.Before(first) {
			first = start
		}
	}
	return first
}
