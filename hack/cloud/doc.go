// Package cloud stands in for a cloud around a local cluster. It is honest
// about what it is not:
//
//   - A volume is a folder on this machine's disk. Its size is a number that
//     Kubernetes shows: nothing stops a pod from writing more. Growing changes
//     the number, at once.
//   - A load balancer is a table of host names. What comes in at the HTTPS door
//     goes to the Service whose host name the client asks for in its TLS
//     greeting, unopened; what comes in at the HTTP door, to the Service of the
//     Host header. Host names are those of the annotation
//     external-dns.alpha.kubernetes.io/hostname.
package cloud
