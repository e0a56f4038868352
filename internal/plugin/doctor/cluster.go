package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

const (
	leastKubernetes  = "1.34"
	leastCertManager = "1.19"
	install          = "kubectl apply --server-side -k config/default, from the tree of version %s (docs/install.md)."
	// alive is within what time cert-manager has renewed its lease; the clocks of two
	// machines may differ by a part of it.
	alive = 3 * time.Minute
)

func kubernetes(f Facts) []Finding {
	if f.Kubernetes.Err != nil {
		return []Finding{fail("Does kubectl version answer, by the same flags?", "The cluster does not say which Kubernetes it is: %v.", f.Kubernetes.Err)}
	}
	return []Finding{atLeast("Kubernetes", f.Kubernetes.Value, leastKubernetes, "Upgrade the cluster: the kinds use what older API servers do not know.")}
}

// atLeast compares versions by their first two numbers.
func atLeast(what, has, least, next string) Finding {
	found, err := version.ParseGeneric(has)
	if err != nil {
		return warn("Compare it by hand: "+least+" or newer is needed.", "%s calls itself %q, which is no version.", what, has)
	}
	if !found.AtLeast(version.MustParseGeneric(least)) {
		return fail(next, "%s %s runs, and %s or newer is needed.", what, has, least)
	}
	return ok("%s %s runs.", what, has)
}

const installCertManager = "Install cert-manager " + leastCertManager + " or newer, with its kinds."

func certManager(f Facts) []Finding {
	var missing []string
	said := ""
	for _, name := range slices.Sorted(maps.Keys(f.CertManagerKinds)) {
		kind := f.CertManagerKinds[name]
		switch {
		case isMissing(kind.Err):
			missing = append(missing, name)
		case kind.Err != nil:
			return []Finding{unseen(kind.Err, "cert-manager's kinds")}
		default:
			said = label(kind.Value, "app.kubernetes.io/version")
		}
	}
	if len(missing) > 0 {
		return []Finding{fail(installCertManager, "cert-manager's kinds %s are not there.", strings.Join(missing, ", "))}
	}
	findings := []Finding{ok("cert-manager's kinds are there.")}
	if said != "" {
		findings = []Finding{atLeast("cert-manager", strings.TrimPrefix(said, "v"), leastCertManager, installCertManager)}
	}
	return append(findings, certManagerController(f))
}

func label(object Object, name string) string {
	metadata, _ := object["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	value, _ := labels[name].(string)
	return value
}

func certManagerController(f Facts) Finding {
	const next = "Look at its pods: kubectl get pods -A -l app.kubernetes.io/name=cert-manager."
	lease := f.CertManagerLease
	switch {
	case isMissing(lease.Err):
		return warn(next, "Whether cert-manager's controller runs is not known: there is no Lease cert-manager-controller in kube-system or cert-manager.")
	case lease.Err != nil:
		return unseen(lease.Err, "the Lease of cert-manager's controller")
	case lease.Value.Spec.RenewTime == nil:
		return fail(next, "cert-manager's controller has never renewed its Lease.")
	}
	if age := f.Now.Sub(lease.Value.Spec.RenewTime.Time); age > alive {
		return fail(next, "cert-manager's controller has not renewed its Lease since %s: it does not run.", lease.Value.Spec.RenewTime.UTC().Format(time.RFC3339))
	}
	return ok("cert-manager's controller is at work.")
}

// isInstalled: something of Voûte is there. A cluster in which there is nothing is
// one before the installation, and not a broken one.
func isInstalled(f Facts) bool {
	if f.Operator.Err == nil && f.Operator.Value != nil {
		return true
	}
	return slices.ContainsFunc(f.Installed, func(i Installed) bool { return i.Live.Err == nil })
}

func installed(f Facts) []Finding {
	next := fmt.Sprintf(install, f.Version)
	var findings []Finding
	same := 0
	for _, each := range f.Installed {
		name := each.Kind + " " + each.Name
		switch {
		case isMissing(each.Live.Err) && !isInstalled(f):
		case isMissing(each.Live.Err):
			findings = append(findings, fail(next, "%s is not there.", name))
		case each.Live.Err != nil:
			return []Finding{unseen(each.Live.Err, "kinds and admission policies")}
		default:
			if where := differs(map[string]any{"spec": each.Want["spec"]}, map[string]any(each.Live.Value), ""); where != "" {
				findings = append(findings, fail(next, "%s is not that of version %s: %s differs.", name, f.Version, where))
				continue
			}
			same++
		}
	}
	switch {
	case !isInstalled(f):
		return []Finding{warn("Once the rest is well: "+next, "Nothing of Voûte is installed yet.")}
	case same > 0:
		findings = append(findings, ok("%d kinds and admission policies are those of version %s.", same, f.Version))
	}
	return findings
}

func operator(f Facts) []Finding {
	switch {
	case isMissing(f.Operator.Err) && !isInstalled(f):
		return nil // that is said already
	case isMissing(f.Operator.Err):
		return []Finding{fail(fmt.Sprintf(install, f.Version), "There is no Deployment voute-operator in namespace %s: give another with --operator-namespace, if it is elsewhere.", f.Namespace)}
	case f.Operator.Err != nil:
		return []Finding{unseen(f.Operator.Err, "the operator's Deployment")}
	}
	findings := []Finding{ok("The operator runs.")}
	if f.Operator.Value.Status.AvailableReplicas == 0 {
		findings[0] = fail(fmt.Sprintf("kubectl describe pods -n %s -l app.kubernetes.io/component=operator, and its log.", f.Namespace), "The operator does not run.")
	}
	if tag := tagOf(f.Operator.Value); tag != "" && tag != f.Version {
		findings = append(findings, warn("Use the plugin of the operator's version: each compares with its own.", "The operator's image is of version %s, this plugin of %s.", tag, f.Version))
	}
	return findings
}

// tagOf is the tag of the operator's image; empty where it has none.
func tagOf(deployment *appsv1.Deployment) string {
	for _, container := range deployment.Spec.Template.Spec.Containers {
		name, _, _ := strings.Cut(container.Image, "@")
		if _, tag, found := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":"); found {
			return tag
		}
	}
	return ""
}

func platformConfiguration(f Facts) []Finding {
	err := f.Platform.Err
	switch {
	case err == nil && f.Platform.Value.TestClock.Time != "":
		return []Finding{warn("Remove testClock, unless this is a test.", "%s can be read, and moves the operator's time.", f.Source)}
	case err == nil:
		return []Finding{ok("%s can be read.", f.Source)}
	case isMissing(err) && !isInstalled(f):
		return []Finding{warn("Edit config/default/platform.yaml, and have it checked before it is installed: kubectl voute doctor --platform-config config/default/platform.yaml.",
			"There is no platform configuration yet: storage, Vault, scanner and mail are not looked at.")}
	case isMissing(err):
		return []Finding{fail(fmt.Sprintf(install, f.Version), "%s is not there.", f.Source)}
	case isOfAPI(err):
		return []Finding{unseen(err, f.Source)}
	default:
		return []Finding{fail("Mend it and apply it again; until then the operator keeps the last good one, and does not start without.", "%s is refused: %v.", f.Source, err)}
	}
}
