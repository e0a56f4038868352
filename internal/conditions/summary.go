// Package conditions turns the outcomes of ordered steps into conditions that
// follow kstatus.
//
// Each step has one condition of its own: True when done, else False with the
// problem's reason and message. Then
//
//	Ready        True when every step is done; else the first problem in step order
//	Reconciling  present, True, while a step is waiting or retrying
//	Stalled      present, True, when no step is, and at least one needs a person
//
// so that a tool which knows kstatus sees Current, InProgress or Failed, and
// never two of them. A step that is blocked stands behind another one and
// counts for neither.
package conditions

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The three types that kstatus knows.
const (
	ready       = "Ready"
	reconciling = "Reconciling"
	stalled     = "Stalled"
)

// messageLimit is what the schema of metav1.Condition allows.
const messageLimit = 32768

// Result is the outcome of one step.
type Result struct {
	// Type of the step's condition; empty for a step that has none of its own.
	Type string
	// Reason and Message while the step is done.
	Reason  string
	Message string
	// Err is why it is not; nil when done.
	Err error
}

// Summary is the whole, when everything is done.
type Summary struct {
	Reason  string
	Message string
}

// Set rewrites the conditions from the results of one run. The order is Ready,
// Reconciling, Stalled, then the steps; types no step speaks of are dropped.
func Set(old []metav1.Condition, generation int64, now time.Time, whole Summary, results []Result) []metav1.Condition {
	w := writer{old: old, generation: generation, now: metav1.NewTime(now)}
	w.verdict(whole, results)
	for _, result := range results {
		w.step(result)
	}
	return w.conditions
}

type writer struct {
	old        []metav1.Condition
	generation int64
	now        metav1.Time
	conditions []metav1.Condition
}

func (w *writer) verdict(whole Summary, results []Result) {
	first, class := judge(results)
	if first == nil {
		w.add(ready, metav1.ConditionTrue, whole.Reason, whole.Message)
		return
	}
	w.add(ready, metav1.ConditionFalse, first.Reason, first.Message)
	if class == Waiting {
		w.add(reconciling, metav1.ConditionTrue, first.Reason, first.Message)
	} else {
		w.add(stalled, metav1.ConditionTrue, first.Reason, first.Message)
	}
}

func (w *writer) step(result Result) {
	if result.Type == "" {
		return
	}
	if p := Classify(result.Err); p != nil {
		w.add(result.Type, metav1.ConditionFalse, p.Reason, p.Message)
		return
	}
	w.add(result.Type, metav1.ConditionTrue, result.Reason, result.Message)
}

func (w *writer) add(kind string, status metav1.ConditionStatus, reason, message string) {
	since := w.now
	if before := meta.FindStatusCondition(w.old, kind); before != nil && before.Status == status {
		since = before.LastTransitionTime
	}
	if len(message) > messageLimit {
		message = strings.ToValidUTF8(message[:messageLimit], "")
	}
	w.conditions = append(w.conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message,
		ObservedGeneration: w.generation, LastTransitionTime: since,
	})
}

// judge gives the first problem in step order, and whether anything moves
// (Waiting) or nothing does (Stalled). A problem that only blocks is named
// when there is no other.
func judge(results []Result) (*Problem, Class) {
	var first *Problem
	class := Stalled
	for _, result := range results {
		p := Classify(result.Err)
		if p == nil {
			continue
		}
		if first == nil || (first.Class == Blocked && p.Class != Blocked) {
			first = p
		}
		if p.Class == Waiting || p.Class == Retrying {
			class = Waiting
		}
	}
	return first, class
}
