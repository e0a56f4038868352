package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"voute.dev/voute/hack/cluster"
	"voute.dev/voute/hack/progress"
)

// Name is the demo's cluster.
const Name = "demo"

// Local runs the demo on a local cluster.
func Local(ctx context.Context, source string, log *progress.Log, out io.Writer) error {
	c, err := cluster.Up(ctx, cluster.Options{Name: Name, Source: source}, log)
	if err != nil {
		return err
	}
	if err := c.Install(ctx, source, log); err != nil {
		return err
	}
	log.Step("releasing the sample client (helm upgrade --install, charts/sharing-tenant) and waiting until it is ready")
	applied, err := releaseSample(ctx, c, source, log)
	if err != nil {
		return fmt.Errorf("%w\nThe logs are in %s", err, c.Path("log"))
	}
	log.Step("waiting for the pilot's invitation")
	invitations, err := awaitInvitations(ctx, c.MailURL(), applied)
	if err != nil {
		return err
	}
	log.Step("done")
	return showLocal(ctx, out, c, applied, invitations)
}

// awaitInvitations waits for each pilot's invitation to the first tenant's production.
func awaitInvitations(ctx context.Context, mailURL string, applied sample) ([]invitation, error) {
	address := productionURL(applied)
	if address == "" {
		return nil, errors.New("the sample client is ready and shows no address of its production; see: kubectl get sharingtenants -A -o yaml")
	}
	var all []invitation
	for _, pilot := range applied.pilots {
		one, err := awaitInvitation(ctx, mailURL, pilot.Spec.Email, address)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func productionURL(applied sample) string {
	for _, tenant := range applied.tenants {
		for _, environment := range tenant.Status.Environments {
			if environment.Name == "production" {
				return environment.URL
			}
		}
	}
	return ""
}

func showTable(ctx context.Context, out io.Writer, kubectl cluster.Kubectl) error {
	table, err := kubectl.Run(ctx, nil, "get", "sharingtenants,pilots,retentionpolicies", "-A")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s\n", table)
	return nil
}

func showLocal(ctx context.Context, out io.Writer, c *cluster.Cluster, applied sample, invitations []invitation) error {
	if err := showTable(ctx, out, c.KubectlProgram()); err != nil {
		return err
	}
	fmt.Fprintf(out, "The client's addresses (names under .localhost lead to this machine):\n")
	for _, tenant := range applied.tenants {
		for _, environment := range tenant.Status.Environments {
			fmt.Fprintf(out, "  %-12s %s\n", environment.Name, environment.URL)
		}
	}
	fmt.Fprintf(out, "A browser will warn: their authority is this cluster's own, %s\n", c.CAFile())
	for _, one := range invitations {
		fmt.Fprintf(out, "\nThe invitation that %s got by mail:\n  %s\n", one.email, one.link)
	}
	fmt.Fprintf(out, "Mail that arrives later (the 7-digit codes too): %s\n", c.MailURL())
	fmt.Fprintf(out, "\nFor kubectl and helm:\n  export KUBECONFIG=%s\n  export PATH=%s:$PATH\n", c.Kubeconfig(), c.BinDir())
	fmt.Fprintf(out, "\nNext, try:\n%s\nThe end of it: make demo-down\n", nextCommands(c.CAFile(), applied))
	return nil
}

func nextCommands(caFile string, applied sample) string {
	tenant := applied.tenants[0].Metadata
	return "  " + strings.Join([]string{
		fmt.Sprintf("curl --cacert %s %s/", caFile, strings.TrimSuffix(productionURL(applied), "/")),
		fmt.Sprintf("kubectl -n %s describe sharingtenant %s", tenant.Namespace, tenant.Name),
		fmt.Sprintf(`kubectl -n %s patch sharingtenant %s --type json -p '[{"op":"replace","path":"/spec/environments/0/storage/allocatedGB","value":30}]'   # then: kubectl get stn -A`, tenant.Namespace, tenant.Name),
	}, "\n  ") + "\n"
}
