package benchoperator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"voute.dev/voute/test/vaultserver"
)

const rights = "../../config/vault/"

// keeper is a real Vault to which the operator signs in as on a platform.
type keeper struct {
	*vaultserver.Server
	tokenFile, audit string
}

func startVault(t *testing.T, p *place) *keeper {
	t.Helper()
	k := &keeper{Server: vaultserver.Start(t), tokenFile: filepath.Join(t.TempDir(), "token"), audit: filepath.Join(t.TempDir(), "vault-audit.log")}
	for _, object := range []func() error{
		func() error {
			return p.kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "vault"}})
		},
		func() error {
			return p.kube.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "vault", Name: "vault"}})
		},
		func() error {
			return p.kube.Create(t.Context(), &rbacv1.ClusterRoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: "vault"},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:auth-delegator"},
				Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "vault", Name: "vault"}},
			})
		},
	} {
		if err := object(); err != nil {
			t.Fatal(err)
		}
	}
	k.EnableKubernetes(t, vaultserver.Kubernetes{
		Host: p.config.Host, CA: string(p.config.CAData), ReviewerToken: p.token(t, "vault", "vault"),
	})
	k.Write(t, "sys/policies/acl/voute-operator", map[string]string{"policy": string(read(t, rights+"operator.hcl"))})
	k.Write(t, "auth/kubernetes/role/voute-operator", json.RawMessage(read(t, rights+"role-operator.json")))
	k.Write(t, "sys/audit/file", map[string]any{"type": "file", "options": map[string]string{"file_path": k.audit}})
	token := p.token(t, operatorNamespace, operatorAccount, "vault")
	if err := os.WriteFile(k.tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

// asked counts requests to Vault; to sign in is neither to read nor to write.
type asked struct{ reads, writes, signIns int }

// since counts what was asked since a mark in the audit file.
func (k *keeper) since(t *testing.T, mark int64) asked {
	t.Helper()
	var a asked
	readLines(t, k.audit, mark, func(line []byte) error {
		var entry struct {
			Type    string
			Request struct{ Operation, Path string }
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			return err
		}
		change := entry.Request.Operation == "create" || entry.Request.Operation == "update" || entry.Request.Operation == "delete"
		switch {
		case entry.Type != "request":
		case entry.Request.Path == "auth/kubernetes/login":
			a.signIns++
		case change:
			a.writes++
		default:
			a.reads++
		}
		return nil
	})
	return a
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
