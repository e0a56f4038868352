// Package operator holds no program. Its tests hold the chart voute-operator to
// config/default, to the types and pod security of Kubernetes, to the loader of the
// platform configuration, and to what its alerts promise.
package operator
