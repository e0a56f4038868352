package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	certmanagermeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
)

const limits = "docs/install.md has clamd's limits."

func scanner(f Facts) []Finding {
	if f.Platform.Err != nil {
		return nil
	}
	s := f.Scanner
	findings := []Finding{issuer(s)}
	if s.Err == nil {
		findings = append(findings, ok("The scan gateway at %s is reached by TLS, with a certificate that is trusted.", s.Address))
	} else {
		findings = append(findings, unreached(s.Reach, "The scan gateway", "Nothing, as long as servers reach it; what the cluster has of it is looked at instead."))
	}
	return append(findings, clamd(s)...)
}

func issuer(s Scanner) Finding {
	next := "Make the ClusterIssuer, or correct scanner.clientIssuer of the platform configuration."
	switch {
	case isMissing(s.Issuer.Err):
		return fail(next, "There is no ClusterIssuer %s, whose certificates the scan gateway accepts.", s.IssuerName)
	case s.Issuer.Err != nil:
		return unseen(s.Issuer.Err, "the ClusterIssuer "+s.IssuerName)
	}
	for _, c := range s.Issuer.Value.Status.Conditions {
		if c.Type == "Ready" && c.Status == certmanagermeta.ConditionTrue {
			return ok("The ClusterIssuer %s is ready.", s.IssuerName)
		}
	}
	return fail("kubectl describe clusterissuer "+s.IssuerName+".", "The ClusterIssuer %s is not ready.", s.IssuerName)
}

// clamd looks at what the cluster has of it: the ConfigMaps of the pods behind the
// Service that the address names.
func clamd(s Scanner) []Finding {
	byHand := func(format string, values ...any) []Finding {
		return []Finding{warn("Look at its clamd.conf by hand: "+limits, format, values...)}
	}
	switch {
	case s.Service == nil:
		return byHand("clamd's limits are not known: %s names no Service of this cluster.", s.Address)
	case isMissing(s.Service.Err):
		return []Finding{fail("Run clamd with its gateway, or correct scanner.address of the platform configuration.", "The Service that %s names is not there.", s.Address)}
	case s.Service.Err != nil:
		return []Finding{unseen(s.Service.Err, "the Service of the scan gateway")}
	case s.Pods.Err != nil:
		return []Finding{unseen(s.Pods.Err, "what runs behind the scan gateway's Service")}
	case len(s.Pods.Value) == 0:
		return byHand("clamd's limits are not known: no Deployment or StatefulSet of this cluster is behind the scan gateway's Service.")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		file := s.Files[name]
		if file.Err != nil {
			return []Finding{unseen(file.Err, "ConfigMap "+name+", which clamd mounts")}
		}
		for _, text := range file.Value.Data {
			if settings := settingsOf(text); settings["LocalSocket"] != "" {
				return []Finding{limitsOf(settings), spool(settings["TemporaryDirectory"], s.Pods.Value)}
			}
		}
	}
	return byHand("clamd's limits are not known: no ConfigMap of the pods behind the scan gateway's Service has its configuration.")
}

// settingsOf reads clamd.conf: a name and a value a line.
func settingsOf(text string) map[string]string {
	settings := map[string]string{}
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && !strings.HasPrefix(words[0], "#") {
			settings[words[0]] = strings.Join(words[1:], " ")
		}
	}
	return settings
}

// least are the limits that the largest document asks for, in clamd's MB.
var least = []struct {
	name      string
	megabytes int64
}{{"StreamMaxLength", 2000}, {"MaxFileSize", 2000}, {"MaxScanSize", 8000}}

func limitsOf(settings map[string]string) Finding {
	var wrong []string
	for _, limit := range least {
		if size, known := sizeOf(settings[limit.name]); !known || size < limit.megabytes<<20 && size != 0 {
			wrong = append(wrong, fmt.Sprintf("%s is %q, and at least %dM is needed", limit.name, settings[limit.name], limit.megabytes))
		}
	}
	for _, must := range []struct{ name, be string }{{"AlertExceedsMax", "yes"}, {"MaxScanTime", "0"}} {
		if settings[must.name] != must.be {
			wrong = append(wrong, fmt.Sprintf("%s is %q, and %s is needed", must.name, settings[must.name], must.be))
		}
	}
	if len(wrong) > 0 {
		return fail(limits+" With other ones harmless documents are refused, or unsafe ones pass.", "clamd's limits are too tight: %s.", strings.Join(wrong, "; "))
	}
	return ok("clamd's limits hold the largest document.")
}

// sizeOf reads 2000M, 2G or a number of bytes.
func sizeOf(text string) (size int64, known bool) {
	shift := 0
	if length := len(text); length > 0 {
		switch text[length-1] {
		case 'K', 'k':
			shift = 10
		case 'M', 'm':
			shift = 20
		case 'G', 'g':
			shift = 30
		}
	}
	if shift > 0 {
		text = text[:len(text)-1]
	}
	size, err := strconv.ParseInt(text, 10, 64)
	return size << shift, err == nil
}

// spool: what is scanned is written there first, in plain.
func spool(folder string, pods []corev1.PodTemplateSpec) Finding {
	next := "Mount a volume there that is in memory (emptyDir with medium Memory): what is scanned is written there in plain."
	if folder == "" {
		return fail(next, "clamd's TemporaryDirectory is not set: its spool is on a disk.")
	}
	for _, pod := range pods {
		if volume := mountedAt(pod.Spec, folder); volume != nil {
			if volume.EmptyDir != nil && volume.EmptyDir.Medium == corev1.StorageMediumMemory {
				return ok("clamd's spool is in memory.")
			}
			return fail(next, "clamd's spool %s is on volume %s, which is not in memory.", folder, volume.Name)
		}
	}
	return fail(next, "clamd's spool %s is on no volume in memory.", folder)
}

// mountedAt is the volume with the longest path that a folder is on.
func mountedAt(pod corev1.PodSpec, folder string) *corev1.Volume {
	longest, name := -1, ""
	for _, container := range pod.Containers {
		for _, mount := range container.VolumeMounts {
			path := strings.TrimSuffix(mount.MountPath, "/")
			if (folder == path || strings.HasPrefix(folder, path+"/")) && len(path) > longest {
				longest, name = len(path), mount.Name
			}
		}
	}
	for i := range pod.Volumes {
		if longest >= 0 && pod.Volumes[i].Name == name {
			return &pod.Volumes[i]
		}
	}
	return nil
}

func mail(f Facts) []Finding {
	if f.Platform.Err != nil {
		return nil
	}
	if f.Mail.Err != nil {
		return []Finding{unreached(f.Mail, "The mail relay", "Nothing, as long as servers reach it: an invitation that arrives shows that.")}
	}
	security := f.Platform.Value.Mail.Security
	if security == "none" {
		return []Finding{warn("Take starttls or tls (mail.security), unless the relay is reached inside the cluster alone.", "The mail relay at %s answers, and nothing is encrypted on the way.", f.Mail.Address)}
	}
	return []Finding{ok("The mail relay at %s answers by %s, with a certificate that is trusted.", f.Mail.Address, security)}
}
