package platform

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Each function here says of one text whether it can be what it should be.

// certificates accepts PEM that holds certificates and nothing else.
func certificates(text string) error {
	rest := []byte(text)
	for len(strings.TrimSpace(string(rest))) > 0 {
		block, after := pem.Decode(rest)
		if block == nil {
			return errors.New("is not PEM: paste whole certificates, from BEGIN CERTIFICATE to END CERTIFICATE")
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("holds a %s: put certificates only, never a key", block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("holds a certificate that cannot be read (%w): paste it again", err)
		}
		rest = after
	}
	return nil
}

// secureURL accepts https://host[:port] without anything behind it.
func secureURL(address string) error {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || parsed.User != nil:
		return fmt.Errorf("%q is not an address: write https://host:port", address)
	case parsed.Scheme != "https":
		return fmt.Errorf("%q would send keys in clear: write https://host:port", address)
	case parsed.Path+parsed.RawQuery+parsed.Fragment != "":
		return fmt.Errorf("%q has a path: write https://host:port only", address)
	case parsed.Port() != "" && portNumber(parsed.Port()) == 0:
		return fmt.Errorf("%q has no valid port: write one from 1 to 65535", address)
	}
	return hostName(parsed.Hostname())
}

func hostPort(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || portNumber(port) == 0 {
		return fmt.Errorf("%q is not an address: write host:port", address)
	}
	return hostName(host)
}

// hostName accepts an IP address or a DNS name.
func hostName(host string) error {
	if net.ParseIP(host) != nil || len(validation.IsDNS1123Subdomain(strings.ToLower(host))) == 0 {
		return nil
	}
	return fmt.Errorf("%q is not a host: write a DNS name or an IP address", host)
}

// hostSuffix accepts a DNS name as tenants write theirs: in lower case, without
// a dot in front or at the end, and without a wildcard.
func hostSuffix(suffix string) error {
	if net.ParseIP(suffix) == nil && len(validation.IsDNS1123Subdomain(suffix)) == 0 {
		return nil
	}
	return fmt.Errorf("%q is not a suffix of hosts: write a DNS name in lower case, without a dot in front or a wildcard, for example gouv.qc.ca", suffix)
}

func portInRange(port int32) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("%d is not a port: write 1 to 65535", port)
	}
	return nil
}

// mailAddress accepts the bare address: a name beside it would be shown in one language only.
func mailAddress(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address {
		return fmt.Errorf("%q is not a mail address: write it like partage@example.gouv.qc.ca", address)
	}
	return nil
}

// imageReference is a registry's host and port, a path, a tag, a digest.
var imageReference = regexp.MustCompile(`^([A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(@sha256:[0-9a-f]{64})?$`)

// isOneLine accepts text that people can read on one line.
func isOneLine(text string) bool {
	return utf8.RuneCountInString(text) <= maxHaltReason && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// resourceName accepts what a container may ask for.
func resourceName(name string) error {
	if name == "cpu" || name == "memory" || name == "ephemeral-storage" {
		return nil
	}
	if strings.Contains(name, "/") {
		return labelKey(name)
	}
	return fmt.Errorf("%q is not a resource: write cpu, memory or ephemeral-storage, or one with its domain, like example.org/card", name)
}

var (
	mountPattern = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$`)
	rolePattern  = regexp.MustCompile(`^[A-Za-z0-9_]([-.A-Za-z0-9_]*[A-Za-z0-9_])?$`)
)

func mountPath(path string) error {
	if !mountPattern.MatchString(path) {
		return fmt.Errorf("%q is not a mount: write it without a slash at either end, for example transit", path)
	}
	return nil
}

func roleName(name string) error {
	if !rolePattern.MatchString(name) {
		return fmt.Errorf("%q is not a role's name: use letters, digits, - . and _", name)
	}
	return nil
}

func objectName(name string) error {
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return fmt.Errorf("%q is not an object's name: use lower-case letters, digits, dashes and dots", name)
	}
	return nil
}

func labelKey(key string) error {
	if problems := validation.IsQualifiedName(key); len(problems) > 0 {
		return fmt.Errorf("%q is not a key: %s", key, problems[0])
	}
	return nil
}

func labelValue(value string) error {
	if problems := validation.IsValidLabelValue(value); len(problems) > 0 {
		return fmt.Errorf("%q is not a label's value: %s", value, problems[0])
	}
	return nil
}
