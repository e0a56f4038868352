package platform

import (
	"net"
	"net/url"
	"slices"
	"strconv"

	configv1 "voute.dev/voute/api/config/v1alpha1"
)

const httpsPort = 443

// Ports are those of the services that a sharing server calls, in rising order
// and each once. The configuration must be one that Load returned.
func Ports(cfg *configv1.PlatformConfiguration) []int32 {
	ports := []int32{vaultPort(cfg.Vault.Address), scannerPort(cfg.Scanner.Address), cfg.Mail.Port}
	slices.Sort(ports)
	return slices.Compact(ports)
}

func vaultPort(address string) int32 {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Port() == "" {
		return httpsPort
	}
	return portNumber(parsed.Port())
}

func scannerPort(address string) int32 {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	return portNumber(port)
}

// portNumber is 0 for anything that is not a port.
func portNumber(text string) int32 {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return int32(number)
}
