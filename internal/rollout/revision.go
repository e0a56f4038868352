package rollout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/desired"
)

// hashLength is in hexadecimal digits: a name of 40 characters, the longest
// environment and this fit into the 63 of a label's value.
const hashLength = 10

// Revision is what a server runs with and is reached by.
type Revision struct {
	// Version of the sharing server.
	Version string `json:"version"`
	// Host and Certificate are those of the address.
	Host        string                     `json:"host"`
	Certificate v1alpha1.CertificateSource `json:"certificate"`
	// Logo names the ConfigMap, and MailCredentials the Secret, that the server
	// mounts; empty for none. voute.yaml tells of nothing that is not mounted.
	Logo            string `json:"logo,omitempty"`
	MailCredentials string `json:"mailCredentials,omitempty"`
	// Server is the Deployment and Address the public Service.
	Server  Server  `json:"server"`
	Address Address `json:"address"`

	// kept is the content, once it was asked for: it is asked for several times in
	// every look, and costs more than anything else in it. A revision does not
	// change, and belongs to one tenant, which is looked at once at a time.
	kept []byte
}

// Server is a Deployment without its names and owners.
type Server struct {
	Labels map[string]string     `json:"labels"`
	Spec   appsv1.DeploymentSpec `json:"spec"`
}

// Address is a Service without its names and owners.
type Address struct {
	Labels      map[string]string  `json:"labels"`
	Annotations map[string]string  `json:"annotations"`
	Spec        corev1.ServiceSpec `json:"spec"`
}

// New renders what an environment is to run with.
func New(in desired.Input) *Revision {
	server, address := desired.Deployment(in), desired.PublicService(in)
	revision := &Revision{
		Version: in.Version, Host: in.Environment.Host, Certificate: in.Environment.Certificate,
		MailCredentials: in.Platform.Mail.CredentialsSecret,
		Server:          Server{Labels: server.Labels, Spec: server.Spec},
		Address:         Address{Labels: address.Labels, Annotations: address.Annotations, Spec: address.Spec},
	}
	if logo := in.Tenant.Spec.Organization.Logo; logo != nil {
		revision.Logo = logo.Name
	}
	return revision
}

// content is a revision as it is kept: with its fields in their order, as an API
// server writes them when it writes them anew. Other bytes would be a change to
// it, and what a ControllerRevision holds may not change.
func (r *Revision) content() ([]byte, error) {
	if r.kept != nil {
		return r.kept, nil
	}
	content, err := r.write()
	r.kept = content
	return content, err
}

func (r *Revision) write() ([]byte, error) {
	typed, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write a revision: %w", err)
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(typed))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("write a revision: %w", err)
	}
	return json.Marshal(fields)
}

// hash names the content.
func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:hashLength]
}

// Object is the ControllerRevision that keeps a revision of an environment.
func (r *Revision) Object(in desired.Input) (*appsv1.ControllerRevision, error) {
	content, err := r.content()
	if err != nil {
		return nil, err
	}
	meta := desired.Deployment(in).ObjectMeta
	return &appsv1.ControllerRevision{
		TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ControllerRevision"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: meta.Namespace, Name: meta.Name + "-" + hash(content),
			Labels: desired.Labels(in.Tenant.Name, in.Environment.Name), OwnerReferences: meta.OwnerReferences,
		},
		Data: runtime.RawExtension{Raw: content},
	}, nil
}

// Read takes a revision out of its ControllerRevision. One whose content is not
// what its name says is none of ours.
func Read(object *appsv1.ControllerRevision) (*Revision, error) {
	revision := &Revision{}
	if err := json.Unmarshal(object.Data.Raw, revision); err != nil {
		return nil, fmt.Errorf("read ControllerRevision %s/%s: %w", object.Namespace, object.Name, err)
	}
	content, err := revision.content()
	if err != nil {
		return nil, err
	}
	if name := object.Name; len(name) <= hashLength || name[len(name)-hashLength:] != hash(content) {
		return nil, fmt.Errorf("ControllerRevision %s/%s does not hold what its name says: delete it", object.Namespace, object.Name)
	}
	return revision, nil
}

// Deployment is the server of a revision, named and owned as one rendered now.
func (r *Revision) Deployment(in desired.Input, name string) *appsv1.Deployment {
	object := desired.Deployment(in)
	object.Labels = map[string]string{}
	maps.Copy(object.Labels, r.Server.Labels)
	object.Labels[v1alpha1.RevisionLabel] = name
	object.Spec = *r.Server.Spec.DeepCopy()
	return object
}

// PublicService is the address of a revision, named and owned as one rendered now.
func (r *Revision) PublicService(in desired.Input) *corev1.Service {
	object := desired.PublicService(in)
	object.Labels, object.Annotations = maps.Clone(r.Address.Labels), maps.Clone(r.Address.Annotations)
	object.Spec = *r.Address.Spec.DeepCopy()
	return object
}
