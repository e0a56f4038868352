package platform

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a container without a base image has no zones of its own

	corev1 "k8s.io/api/core/v1"

	configv1 "voute.dev/voute/api/config/v1alpha1"
	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/calendar"
	"voute.dev/voute/internal/tariff"
)

// The ways of securing mail.
const (
	startTLS = "starttls"
	fullTLS  = "tls"
	noTLS    = "none"
)

// checker collects what is wrong, field by field.
type checker struct {
	where    lines
	allowed  []Allowance
	problems []error
}

// check looks at every field of a configuration whose defaults are filled.
func check(cfg *configv1.PlatformConfiguration, where lines, allowed []Allowance) error {
	c := &checker{where: where, allowed: allowed}
	c.file(cfg)
	c.server(cfg.Server)
	c.calendar(cfg)
	c.rollout(cfg.Rollout)
	c.halted(cfg)
	c.lengths(cfg)
	c.hosts(cfg.Hosts)
	c.exposure(cfg.Exposure)
	c.availability(cfg.Availability)
	c.vault(cfg.Vault)
	c.scanner(cfg.Scanner)
	c.mail(cfg.Mail)
	c.retention(cfg.Retention)
	c.storage(cfg.Storage)
	c.tariff(cfg.Tariff)
	c.testClock(cfg.TestClock)
	return errors.Join(c.problems...)
}

// want records a message about a field unless all is well.
func (c *checker) want(ok bool, field, message string, values ...any) {
	if !ok {
		c.problems = append(c.problems, c.where.problem(field, fmt.Sprintf(message, values...)))
	}
}

// wantNil records an error about a field.
func (c *checker) wantNil(err error, field string) {
	if err != nil {
		c.want(false, field, "%s", err)
	}
}

func (c *checker) file(cfg *configv1.PlatformConfiguration) {
	c.want(cfg.APIVersion == configv1.APIVersion, "apiVersion", "is %q: write %s", cfg.APIVersion, configv1.APIVersion)
	c.want(cfg.Kind == configv1.Kind, "kind", "is %q: write %s", cfg.Kind, configv1.Kind)
	_, err := time.LoadLocation(cfg.TimeZone)
	c.want(err == nil && cfg.TimeZone != "Local", "timeZone",
		"%q is not a known time zone: write an IANA name, for example America/Toronto", cfg.TimeZone)
	c.wantNil(certificates(cfg.TrustedCAs), "trustedCAs")
}

// semanticVersion is what a tenant may ask for; it is also a valid label value. No
// number begins with a zero: 1.02.0 would be another name for 1.2.0.
var semanticVersion = regexp.MustCompile(`^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$`)

const maxVersionLength = 63

func (c *checker) server(server configv1.Server) {
	c.want(len(server.Images) > 0, "server.images", "is empty: list at least one version and its image")
	versions := make([]string, 0, len(server.Images))
	for i, image := range server.Images {
		field := fmt.Sprintf("server.images[%d]", i)
		c.want(semanticVersion.MatchString(image.Version) && len(image.Version) <= maxVersionLength, field+".version",
			"%q is not a version: write it like 1.4.0", image.Version)
		c.want(!slices.Contains(versions, image.Version), field+".version", "%s is listed twice: keep one", image.Version)
		c.want(imageReference.MatchString(image.Image), field+".image", "%q is not an image: write registry/name:tag", image.Image)
		c.want(slices.Contains([]string{"", fixKind, releaseKind}, image.Kind), field+".kind", "%q is no kind: write fix or release, or nothing", image.Kind)
		for j, from := range image.From {
			c.want(semanticVersion.MatchString(from), fmt.Sprintf("%s.from[%d]", field, j), "%q is not a version: write it like 1.4.0", from)
		}
		versions = append(versions, image.Version)
	}
	c.want(len(versions) == 0 || slices.Contains(versions, server.DefaultVersion), "server.defaultVersion",
		"%q is not in server.images: choose one of %s, or add it", server.DefaultVersion, strings.Join(versions, ", "))
	c.resources(server.Resources)
	c.placement(server)
}

// calendar tries each part alone, so that the message has its line.
func (c *checker) calendar(cfg *configv1.PlatformConfiguration) {
	asked := cfg.Calendar
	for i := range asked.MaintenanceWindows {
		c.window(asked.MaintenanceWindows[i], fmt.Sprintf("calendar.maintenanceWindows[%d]", i))
	}
	for i := range asked.BusinessHours {
		c.window(asked.BusinessHours[i], fmt.Sprintf("calendar.businessHours[%d]", i))
	}
	for i := range asked.Freezes {
		c.freeze(asked.Freezes[i], fmt.Sprintf("calendar.freezes[%d]", i))
	}
	_, err := dates("", asked.Holidays.Added)
	c.wantNil(err, "calendar.holidays.added")
	_, err = dates("", asked.Holidays.Removed)
	c.wantNil(err, "calendar.holidays.removed")
}

func (c *checker) window(window v1alpha1.Window, field string) {
	c.want(len(window.Days) > 0, field+".days", "is empty: list the days on which it begins, for example [Wednesday, Sunday]")
	found, err := periods("", []v1alpha1.Window{window})
	if err == nil {
		for _, period := range found {
			err = cmp.Or(err, period.Check())
		}
	}
	c.wantNil(trimmed(err), field)
}

func (c *checker) freeze(freeze v1alpha1.Freeze, field string) {
	found, err := freezes([]v1alpha1.Freeze{freeze})
	c.wantNil(trimmed(err), field)
	if err == nil {
		c.want(!found[0].IsEmpty(), field, "ends on %s, before it begins on %s", freeze.To, freeze.From)
		c.want(freeze.To < "2100", field, "ends on %s: write a day before 2100", freeze.To)
	}
}

// trimmed leaves out the place within a list of one.
func trimmed(err error) error {
	if err == nil {
		return nil
	}
	_, after, _ := strings.Cut(err.Error(), "[0].")
	return errors.New(cmp.Or(after, err.Error()))
}

func (c *checker) rollout(rollout configv1.Rollout) {
	between := func(field string, value, least, most int32) {
		c.want(value >= least && value <= most, "rollout."+field, "%d is not possible: write %d to %d", value, least, most)
	}
	between("slots", rollout.Slots, 1, 1000)
	between("haltAfter", rollout.HaltAfter, 1, 1000)
	between("deadlineMinutes", rollout.DeadlineMinutes, 1, 24*60)
	between("canaryPercent", *rollout.CanaryPercent, 0, 100)
	between("expectedMinutes", *rollout.ExpectedMinutes, 0, 24*60)
	between("healthyMinutes", *rollout.HealthyMinutes, 0, 30*24*60)
	between("noticeDays", *rollout.NoticeDays, 0, 365)
	between("announceHours", *rollout.AnnounceHours, 0, 365*24)
}

func (c *checker) retention(retention configv1.Retention) {
	c.want(retention.KeyWaitDays >= 1 && retention.KeyWaitDays <= 90, "retention.keyWaitDays",
		"%d is not possible: write 1 to 90, or leave it out for 7", retention.KeyWaitDays)
}

// maxHaltReason is as long as the reason of an emergency may be.
const maxHaltReason = 256

// halted: the reason is part of what tenants say that they wait for, so that it has
// one line and an end.
func (c *checker) halted(cfg *configv1.PlatformConfiguration) {
	versions := make([]string, 0, len(cfg.Server.Images))
	for _, image := range cfg.Server.Images {
		versions = append(versions, image.Version)
	}
	seen := map[string]bool{}
	for i, halt := range cfg.Rollout.Halted {
		field := fmt.Sprintf("rollout.halted[%d]", i)
		c.want(slices.Contains(versions, halt.Version), field+".version",
			"%q is not in server.images: choose one of %s, or remove the halt", halt.Version, strings.Join(versions, ", "))
		c.want(!seen[halt.Version], field+".version", "%q is halted twice: keep one", halt.Version)
		c.want(strings.TrimSpace(halt.Reason) != "", field+".reason", "is empty: write why nobody else is to start the version")
		c.want(isOneLine(halt.Reason), field+".reason", "is no line of at most %d characters: write a shorter one, without line breaks and control characters", maxHaltReason)
		seen[halt.Version] = true
	}
}

// lengths: a change that is expected to take longer than any window has would
// never start. Where that is the default, the windows are too short.
func (c *checker) lengths(cfg *configv1.PlatformConfiguration) {
	c.length(cfg, "calendar.maintenanceWindows", cfg.Calendar.MaintenanceWindows)
	c.length(cfg, "calendar.businessHours", cfg.Calendar.BusinessHours)
}

func (c *checker) length(cfg *configv1.PlatformConfiguration, field string, windows []v1alpha1.Window) {
	found, err := periods("", windows)
	if err != nil || len(found) == 0 {
		return // it is told already
	}
	err = fits(found, *cfg.Rollout.ExpectedMinutes)
	if _, written := c.where["rollout.expectedMinutes"]; err != nil && written {
		err, field = fmt.Errorf("%s: %w", field, err), "rollout.expectedMinutes"
	}
	c.wantNil(err, field)
}

func (c *checker) resources(resources corev1.ResourceRequirements) {
	c.want(len(resources.Claims) == 0, "server.resources.claims", "cannot be given: the server uses no device")
	c.quantities(resources.Requests, "server.resources.requests.")
	c.quantities(resources.Limits, "server.resources.limits.")
	for _, name := range slices.Sorted(maps.Keys(resources.Requests)) {
		request := resources.Requests[name]
		limit, limited := resources.Limits[name]
		c.want(!limited || request.Cmp(limit) <= 0, "server.resources.requests."+string(name),
			"%s is more than the limit of %s: lower it, or raise the limit", request.String(), limit.String())
	}
}

func (c *checker) quantities(list corev1.ResourceList, field string) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		quantity := list[name]
		c.wantNil(resourceName(string(name)), field+string(name))
		c.want(quantity.Sign() >= 0, field+string(name), "%s is negative: write it like 500m or 256Mi", quantity.String())
	}
}

func (c *checker) placement(server configv1.Server) {
	for _, key := range slices.Sorted(maps.Keys(server.NodeSelector)) {
		field := "server.nodeSelector." + key
		c.wantNil(labelKey(key), field)
		c.wantNil(labelValue(server.NodeSelector[key]), field)
	}
	for i, each := range server.Tolerations {
		c.toleration(each, fmt.Sprintf("server.tolerations[%d]", i))
	}
	for i, name := range server.ImagePullSecrets {
		c.wantNil(objectName(name), fmt.Sprintf("server.imagePullSecrets[%d]", i))
	}
}

// toleration is checked as the API server would: one that it refuses would keep
// every server from starting.
func (c *checker) toleration(t corev1.Toleration, field string) {
	operators := []corev1.TolerationOperator{"", corev1.TolerationOpExists, corev1.TolerationOpEqual}
	effects := []corev1.TaintEffect{"", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}
	c.want(slices.Contains(operators, t.Operator), field+".operator", "%q is not known: write Exists or Equal", t.Operator)
	c.want(slices.Contains(effects, t.Effect), field+".effect", "%q is not known: write NoSchedule, PreferNoSchedule or NoExecute", t.Effect)
	if t.Key == "" {
		c.want(t.Operator == corev1.TolerationOpExists, field+".key", "is empty: name the taint's key, or write operator: Exists to tolerate every taint")
	} else {
		c.wantNil(labelKey(t.Key), field+".key")
	}
	c.want(t.Operator != corev1.TolerationOpExists || t.Value == "", field+".value", "has no meaning with operator: Exists; remove it, or write Equal")
	c.wantNil(labelValue(t.Value), field+".value")
	c.want(t.TolerationSeconds == nil || t.Effect == corev1.TaintEffectNoExecute, field+".tolerationSeconds",
		"is for effect: NoExecute only; remove it, or write that effect")
}

func (c *checker) hosts(hosts configv1.Hosts) {
	for i, suffix := range hosts.AllowedSuffixes {
		field := fmt.Sprintf("hosts.allowedSuffixes[%d]", i)
		c.wantNil(hostSuffix(suffix), field)
		c.want(!slices.Contains(hosts.AllowedSuffixes[:i], suffix), field, "%s is listed twice: keep one", suffix)
	}
}

func (c *checker) exposure(exposure configv1.Exposure) {
	for _, key := range slices.Sorted(maps.Keys(exposure.Annotations)) {
		c.wantNil(labelKey(key), "exposure.annotations."+key)
	}
	if exposure.LoadBalancerClass != "" {
		c.wantNil(labelKey(exposure.LoadBalancerClass), "exposure.loadBalancerClass")
	}
	c.wantNil(portInRange(exposure.HTTPSPort), "exposure.httpsPort")
	c.wantNil(portInRange(exposure.HTTPPort), "exposure.httpPort")
	c.want(exposure.HTTPSPort != exposure.HTTPPort, "exposure.httpPort",
		"is the same as httpsPort, %d: give each a port of its own", exposure.HTTPSPort)
}

func (c *checker) vault(vault configv1.Vault) {
	c.wantNil(secureURL(vault.Address), "vault.address")
	c.wantNil(mountPath(vault.TransitPath), "vault.transitPath")
	c.wantNil(mountPath(vault.AuthPath), "vault.authPath")
	c.want(!strings.ContainsAny(vault.Audience, " \t\r\n"), "vault.audience", "%q contains a space: write one word", vault.Audience)
	c.wantNil(roleName(vault.OperatorRole), "vault.operatorRole")
	c.wantNil(roleName(vault.ServerRole), "vault.serverRole")
	c.want(vault.OperatorRole != vault.ServerRole, "vault.serverRole",
		"is the operator's role too: the operator and the servers need a role each, with other powers")
}

func (c *checker) scanner(scanner configv1.Scanner) {
	c.wantNil(hostPort(scanner.Address), "scanner.address")
	c.wantNil(objectName(scanner.ClientIssuer), "scanner.clientIssuer")
}

func (c *checker) mail(mail configv1.Mail) {
	c.wantNil(hostName(mail.Host), "mail.host")
	c.wantNil(portInRange(mail.Port), "mail.port")
	c.want(slices.Contains([]string{startTLS, fullTLS, noTLS}, mail.Security), "mail.security",
		"%q is not known: write %s, %s or %s", mail.Security, startTLS, fullTLS, noTLS)
	c.wantNil(mailAddress(mail.From), "mail.from")
	if mail.CredentialsSecret == "" {
		return
	}
	c.wantNil(objectName(mail.CredentialsSecret), "mail.credentialsSecret")
	c.want(mail.Security != noTLS, "mail.credentialsSecret",
		"would send a password in clear: set mail.security to %s or %s, or remove it", startTLS, fullTLS)
}

func (c *checker) storage(storage configv1.Storage) {
	if storage.ClassName != "" {
		c.wantNil(objectName(storage.ClassName), "storage.className")
	}
	c.want(storage.DevelopmentGB >= 1 && storage.DevelopmentGB <= maxGB, "storage.developmentGB",
		"%d is out of range: write 1 to %d", storage.DevelopmentGB, maxGB)
}

// maxGB is the largest allocation that a tenant can ask for.
const maxGB = 100_000

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (c *checker) amount(text, field string) {
	_, err := tariff.ParseCents(text)
	c.wantNil(err, field)
}

// priceChange checks what a change names; before is the day of the one before it.
func (c *checker) priceChange(change configv1.PriceChange, field, before string) {
	_, err := calendar.ParseDate(change.From)
	c.wantNil(err, field+".from")
	c.want(change.From > before, field+".from", "%s is not after the change before it: write changes in their order", change.From)
	for name, text := range map[string]string{
		"subscriptionAnnual": change.SubscriptionAnnual, "additionalGBAnnual": change.AdditionalGBAnnual, "interventionHour": change.InterventionHour,
	} {
		if text != "" {
			c.amount(text, field+"."+name)
		}
	}
	c.want(change.IncludedGB >= 0 && change.IncludedGB <= maxGB, field+".includedGB", "%d is out of range: write 1 to %d", change.IncludedGB, maxGB)
}

func (c *checker) tariff(prices configv1.Tariff) {
	c.amount(prices.SubscriptionAnnual, "tariff.subscriptionAnnual")
	c.amount(prices.AdditionalGBAnnual, "tariff.additionalGBAnnual")
	c.amount(prices.InterventionHour, "tariff.interventionHour")
	before := ""
	for i, change := range prices.Changes {
		c.priceChange(change, fmt.Sprintf("tariff.changes[%d]", i), before)
		before = change.From
	}
	c.want(prices.IncludedGB > 0 && prices.IncludedGB <= maxGB, "tariff.includedGB",
		"%d is out of range: write 1 to %d", prices.IncludedGB, maxGB)
	c.want(currencyCode.MatchString(prices.Currency), "tariff.currency",
		"%q is not an ISO 4217 code: write it like CAD", prices.Currency)
}

func (c *checker) testClock(clock configv1.TestClock) {
	if clock.Time == "" {
		return
	}
	c.want(slices.Contains(c.allowed, TestClock), "testClock",
		"moves the operator's time, which is for tests only: remove it; an operator for tests is started with --allow-test-clock")
	_, err := TestTime(clock)
	c.wantNil(err, "testClock.time")
}
