package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// TenantReference names a SharingTenant of any namespace.
type TenantReference struct {
	// namespace of the SharingTenant.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// name of the SharingTenant.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// BillingStatementSpec is what was recorded in one month of one client. Nothing
// else goes into its amounts.
//
// +kubebuilder:validation:XValidation:rule="self.tenantRef == oldSelf.tenantRef && self.month == oldSelf.month",message="a statement is of one tenant and month: these cannot change"
type BillingStatementSpec struct {
	// tenantRef names the client's SharingTenant. It may be gone.
	// +required
	TenantRef TenantReference `json:"tenantRef,omitzero"`

	// organization is the client's name in French, as it was last known.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=120
	Organization string `json:"organization,omitempty"`

	// month is the one that is billed, for example 2026-11.
	// +required
	// +kubebuilder:validation:MinLength=7
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:XValidation:rule=`self.matches(r"^[0-9]{4}-(0[1-9]|1[0-2])$")`,message="write a month like 2026-11"
	Month string `json:"month,omitempty"`

	// timeZone is the IANA zone by which days and months begin, for example America/Toronto.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// currency is the ISO 4217 code of all prices and amounts.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=3
	Currency string `json:"currency,omitempty"`

	// prices are those that hold in the month, each from its day on, in their order.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Prices []PricesFrom `json:"prices,omitempty"`

	// allocations are what was in effect in production, each from an instant on, in
	// their order. The first one may have begun in a month before.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=96
	Allocations []AllocationFrom `json:"allocations,omitempty"`

	// interventions are those that are billed with this month.
	// +optional
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=256
	Interventions []BilledIntervention `json:"interventions,omitempty"`
}

// PricesFrom are prices, before taxes, that hold from a day on.
type PricesFrom struct {
	// from is the first day on which they hold, for example 2027-04-01; none for ever.
	// +optional
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	From string `json:"from,omitempty"`

	// subscriptionAnnual is the price of a year, for example 3500.00.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=18
	SubscriptionAnnual string `json:"subscriptionAnnual,omitempty"`

	// includedGB is the storage that the subscription includes, in GB.
	// +optional
	// +kubebuilder:validation:Minimum=1
	IncludedGB int64 `json:"includedGB,omitempty"`

	// additionalGBAnnual is the price of one more GB for a year, for example 3.75.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=18
	AdditionalGBAnnual string `json:"additionalGBAnnual,omitempty"`

	// interventionHour is the price of an hour of intervention, for example 133.00.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=18
	InterventionHour string `json:"interventionHour,omitempty"`
}

// AllocationFrom is an allocation that was put into effect.
type AllocationFrom struct {
	// from is the instant at which it took effect.
	// +required
	From metav1.Time `json:"from,omitzero"` //nolint:kubeapilinter // a time is never left out, and has no zero value as text

	// allocatedGB is the quota in GB; 0 where the service has ended.
	// +required
	// +kubebuilder:validation:Minimum=0
	AllocatedGB *int64 `json:"allocatedGB,omitempty"`
}

// BilledIntervention is an Intervention as it is billed.
type BilledIntervention struct {
	// uid of the Intervention, so that none is billed twice.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// name of the Intervention, in the tenant's namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// doneOn is the day on which the work was done; its price is that of this day.
	// +required
	// +kubebuilder:validation:MinLength=10
	// +kubebuilder:validation:MaxLength=10
	DoneOn string `json:"doneOn,omitempty"`

	// hours is the time worked in steps of a quarter, for example 1.25.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=8
	Hours string `json:"hours,omitempty"`
}

// Amounts are what a statement comes to, before taxes, with two decimal places.
type Amounts struct {
	// allocatedGB is the allocation at the end of the month, or so far, in GB; 0 where
	// the service has ended.
	// +required
	// +kubebuilder:validation:Minimum=0
	AllocatedGB *int64 `json:"allocatedGB,omitempty"`

	// subscription is the month's part of the subscription's price.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Subscription string `json:"subscription,omitempty"`

	// additionalGB is the month's part of the price of storage beyond what the
	// subscription includes.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	AdditionalGB string `json:"additionalGB,omitempty"`

	// storage is the sum of these two: it is what is rounded, once.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Storage string `json:"storage,omitempty"`

	// interventions is the price of all interventions.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Interventions string `json:"interventions,omitempty"`

	// total is the sum of storage and interventions.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Total string `json:"total,omitempty"`

	// stretches are the days of the month on which the service was there, grouped by
	// equal price.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=31
	Stretches []BilledStretch `json:"stretches,omitempty"`
}

// BilledStretch is some days of a month with one allocation and one price.
type BilledStretch struct {
	// firstDay and lastDay are days of the month, both included.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31
	FirstDay int32 `json:"firstDay,omitempty"`

	// lastDay is the last of these days.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31
	LastDay int32 `json:"lastDay,omitempty"`

	// allocatedGB is the allocation in GB.
	// +required
	// +kubebuilder:validation:Minimum=1
	AllocatedGB int64 `json:"allocatedGB,omitempty"`

	// annual is what a whole year would cost with it.
	// +required
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=20
	Annual string `json:"annual,omitempty"`
}

// BillingStatement is what one month of one client costs. The operator writes it
// in its own namespace, with no owner: it outlives its tenant. While it is open its
// amounts are what the month comes to if nothing changes until its end. Once it is
// closed nothing in it changes.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=bst,categories=voute
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.closedTime) || (has(self.closedTime) && self.closedTime == oldSelf.closedTime && self.spec == oldSelf.spec && self.amounts == oldSelf.amounts)",message="this statement is closed, and nothing in it changes any more: what has to be corrected is billed with an Intervention or credited outside"
// +kubebuilder:printcolumn:name="NAMESPACE-OF",type=string,JSONPath=`.spec.tenantRef.namespace`,description="the tenant's namespace"
// +kubebuilder:printcolumn:name="TENANT",type=string,JSONPath=`.spec.tenantRef.name`
// +kubebuilder:printcolumn:name="MONTH",type=string,JSONPath=`.spec.month`
// +kubebuilder:printcolumn:name="GB",type=integer,JSONPath=`.amounts.allocatedGB`,description="allocated at the end of the month, or so far"
// +kubebuilder:printcolumn:name="STORAGE",type=string,JSONPath=`.amounts.storage`
// +kubebuilder:printcolumn:name="INTERVENTIONS",type=string,JSONPath=`.amounts.interventions`
// +kubebuilder:printcolumn:name="TOTAL",type=string,JSONPath=`.amounts.total`,description="before taxes"
// +kubebuilder:printcolumn:name="CURRENCY",type=string,JSONPath=`.spec.currency`
// +kubebuilder:printcolumn:name="CLOSED",type=string,JSONPath=`.closedTime`
type BillingStatement struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what was recorded.
	// +required
	Spec BillingStatementSpec `json:"spec,omitzero"`

	// amounts are what follows from it.
	// +required
	Amounts Amounts `json:"amounts,omitzero"`

	// closedTime is when the month was over and the statement became final.
	// +optional
	ClosedTime *metav1.Time `json:"closedTime,omitempty"`
}

// BillingStatementList is a list of BillingStatements.
//
// +kubebuilder:object:root=true
type BillingStatementList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []BillingStatement `json:"items"`
}
