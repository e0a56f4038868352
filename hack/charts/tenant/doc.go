// Package tenant tests the chart charts/sharing-tenant and writes the page of
// its values.
//
// The chart is rendered with Helm's own engine. What it renders is judged by the
// kinds' own definitions, as the API server judges: structural schema, defaults,
// lists that are sets or maps, rules in CEL. So "what the chart takes, the API
// server takes" is compared on values that a machine makes up, both ways.
package tenant
