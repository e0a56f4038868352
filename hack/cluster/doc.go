// Package cluster is a one-node Kubernetes cluster with all that Voûte needs
// around it: Vault in production mode, cert-manager's controllers, an antivirus
// daemon with its gateway, a mailbox that catches every message, and a stand-in
// for a cloud.
//
// Up makes the cluster's certificates and configuration files, starts the node
// (package node) with the processes of [Cluster.Processes], and then tells
// Kubernetes and Vault what lies beside the node. Everything is written below
// one folder, which Down removes.
//
// What is real: API server, controller manager, scheduler, kubelet, containerd,
// kube-proxy, CoreDNS, etcd, Vault, cert-manager, clamd. What stands in for
// something: the cloud (package cloud), the mailbox, and the one signature that
// clamd knows. What is missing: network policies are accepted and not enforced.
package cluster
