// Package settings is what the benchmark tells the process that it measures.
package settings

// Settings are written to a file as JSON, which is the one argument.
type Settings struct {
	Kubeconfig, Namespace, TokenFile string
	// PlatformFile is the platform's configuration, read again when it changes.
	PlatformFile string
	// StatusAddress is where every sharing server answers the operator;
	// PublicAddress is where it answers its users.
	StatusAddress, PublicAddress string
	QPS                          float32
	// Profiles is a folder for profiles of the process; none is taken without.
	Profiles string
}
