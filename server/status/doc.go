// Package status is what a sharing server tells the operator: a report over
// TLS on an internal port. The server shows its public certificate and answers
// only a client whose key is pinned in the configuration.
package status
