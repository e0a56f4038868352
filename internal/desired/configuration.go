package desired

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	plainyaml "go.yaml.in/yaml/v2"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

const (
	configFile    = "voute.yaml"
	trustedCAFile = "trusted-ca.pem"

	configHeader = "# Written by voute-operator from SharingTenant, Pilot and RetentionPolicy.\n" +
		"# A change made here is put back.\n"
)

// ConfigMap holds voute.yaml, and the certificates the platform trusts. Nil
// while no retention was ever known: a server does not start without one.
func ConfigMap(in Input) (*corev1.ConfigMap, error) {
	if in.Retention == nil {
		return nil, nil
	}
	text, err := asYAML(in.serverConfig())
	if err != nil {
		return nil, fmt.Errorf("write %s of %s: %w", configFile, in.name(), err)
	}
	data := map[string]string{configFile: configHeader + text}
	if in.Platform.TrustedCAs != "" {
		data[trustedCAFile] = in.Platform.TrustedCAs
	}
	return &corev1.ConfigMap{
		TypeMeta:   typeMeta("v1", "ConfigMap"),
		ObjectMeta: in.owned(in.name()),
		Data:       data,
	}, nil
}

// asYAML writes the fields that JSON has. To write JSON first, and to read that
// as YAML, as is usual, takes three times as much.
func asYAML(config serverconfig.Config) (string, error) {
	asJSON, err := json.Marshal(config)
	if err != nil {
		return "", err
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.UseNumber() // a quota is no float
	if err := decoder.Decode(&fields); err != nil {
		return "", err
	}
	text, err := plainyaml.Marshal(fields)
	return string(text), err
}

// ConfigHash is what a server reports once it has taken a ConfigMap up.
func ConfigHash(configMap *corev1.ConfigMap) string {
	return serverconfig.Hash([]byte(configMap.Data[configFile]))
}

// ReadConfig reads a ConfigMap back, for the retention and pilots last in force.
// A field it does not know is passed over: another version may have written it.
func ReadConfig(configMap *corev1.ConfigMap) (*serverconfig.Config, error) {
	text, found := configMap.Data[configFile]
	if !found {
		return nil, fmt.Errorf("ConfigMap %s/%s has no %s: delete it, and the operator writes it anew",
			configMap.Namespace, configMap.Name, configFile)
	}
	config := &serverconfig.Config{}
	if err := yaml.Unmarshal([]byte(text), config); err != nil {
		return nil, fmt.Errorf("read %s of ConfigMap %s/%s: %w; delete the ConfigMap, and the operator writes it anew",
			configFile, configMap.Namespace, configMap.Name, err)
	}
	return config, nil
}

func (in Input) serverConfig() serverconfig.Config {
	return serverconfig.Config{
		Environment:  string(in.Environment.Name),
		TimeZone:     in.Platform.TimeZone,
		Address:      URL(in.Environment, in.Platform),
		Listen:       listen(),
		TLS:          in.tls(),
		Operator:     serverconfig.Operator{PublicKeys: sorted(in.OperatorKeys)},
		Organization: in.organization(),
		Pilots:       in.pilots(),
		Retention:    *in.Retention,
		Storage:      serverconfig.Storage{Directory: dataDirectory, QuotaBytes: in.QuotaBytes},
		Keys:         serverconfig.Keys{Vault: in.vaultKeys()},
		Scanner:      in.scanner(),
		Mail:         in.mail(),
		Uploads:      in.uploads(),
		Notice:       in.Notice,
	}
}

func (in Input) uploads() serverconfig.Uploads {
	asked := in.Tenant.Spec.Uploads
	return serverconfig.Uploads{
		Closed: in.UploadsClosed, BlockedExtensions: sorted(asked.BlockedExtensions), BlockedTypes: sorted(asked.BlockedTypes),
	}
}

// CheckUploads says which of the types that a client does not want no server
// recognizes. A server that starts with such a configuration would refuse it.
func CheckUploads(uploads v1alpha1.Uploads) error {
	return serverconfig.Uploads{BlockedTypes: uploads.BlockedTypes}.Blocklist().Check()
}

func listen() serverconfig.Listen {
	return serverconfig.Listen{
		HTTPS:  fmt.Sprintf(":%d", httpsPort),
		HTTP:   fmt.Sprintf(":%d", httpPort),
		Status: fmt.Sprintf(":%d", statusPort),
	}
}

func (in Input) tls() serverconfig.TLS {
	tls := serverconfig.TLS{
		CertificateFile: path.Join(tlsDirectory, corev1.TLSCertKey),
		KeyFile:         path.Join(tlsDirectory, corev1.TLSPrivateKeyKey),
	}
	if in.Platform.TrustedCAs != "" {
		tls.TrustedCAFile = path.Join(configDirectory, trustedCAFile)
	}
	return tls
}

func (in Input) organization() serverconfig.Organization {
	asked := in.Tenant.Spec.Organization
	organization := serverconfig.Organization{
		NameFr:       asked.NameFr,
		NameEn:       asked.NameEn,
		SupportEmail: asked.SupportEmail,
		FraudContact: asked.FraudContact,
	}
	if asked.Logo != nil && in.hasLogo() {
		organization.LogoFile = path.Join(logoDirectory, asked.Logo.Key)
	}
	return organization
}

// pilots are in the order of their names, so that the file changes only when they do.
func (in Input) pilots() []serverconfig.Pilot {
	pilots := append([]serverconfig.Pilot{}, in.Pilots...) // none is written as an empty list
	slices.SortFunc(pilots, func(a, b serverconfig.Pilot) int { return cmp.Compare(a.ID, b.ID) })
	return pilots
}

func (in Input) vaultKeys() *serverconfig.VaultKeys {
	vault := in.Platform.Vault
	return &serverconfig.VaultKeys{
		Address:                 vault.Address,
		TransitPath:             vault.TransitPath,
		Prefix:                  KeyPrefix(in.Tenant.Namespace, in.Tenant.Name, in.Environment.Name),
		AuthPath:                vault.AuthPath,
		Role:                    vault.ServerRole,
		ServiceAccountTokenFile: path.Join(tokenDirectory, tokenFile),
	}
}

func (in Input) scanner() serverconfig.Scanner {
	return serverconfig.Scanner{
		Address:         in.Platform.Scanner.Address,
		CertificateFile: path.Join(scanDirectory, corev1.TLSCertKey),
		KeyFile:         path.Join(scanDirectory, corev1.TLSPrivateKeyKey),
	}
}

func (in Input) mail() serverconfig.Mail {
	relay := in.Platform.Mail
	mail := serverconfig.Mail{
		Host:     relay.Host,
		Port:     int(relay.Port),
		Security: relay.Security,
		From:     relay.From,
	}
	if relay.CredentialsSecret != "" && in.hasMailCredentials() {
		mail.CredentialsDirectory = mailDirectory
	}
	return mail
}

func sorted(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}
