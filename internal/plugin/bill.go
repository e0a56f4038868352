package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"voute.dev/voute/api/v1alpha1"
	"voute.dev/voute/internal/billing"
	"voute.dev/voute/internal/plugin/bill"
	"voute.dev/voute/internal/tariff"
)

// billFlags say which statements are shown, and how.
type billFlags struct {
	month  string
	all    bool
	format string
	names  bill.Names
}

func billCommand(c *connection) *cobra.Command {
	flags := billFlags{format: "table"}
	command := &cobra.Command{
		Use:   "bill [tenant]",
		Short: "What a month costs each client: as a table, as CSV, as JSON, or as rows of FOCUS 1.2",
		Long: "What a month costs each client, before taxes, as its BillingStatement says: as a table, as CSV for a\n" +
			"spreadsheet, as JSON or YAML, or as rows of the FinOps cost and usage specification, FOCUS 1.2.\n\n" +
			"Each statement is computed anew from what it has recorded. Where that comes to another amount, nothing is\n" +
			"shown, and the command fails.",
		Example: "  kubectl voute bill -A\n" +
			"  kubectl voute bill -n justice justice --month 2026-11\n" +
			"  kubectl voute bill -A --month 2026-11 -o focus --provider \"Centre des services\"",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeTenant,
		RunE: func(command *cobra.Command, args []string) error {
			return c.bill(command.Context(), args, flags)
		},
	}
	of := command.Flags()
	of.StringVar(&flags.month, "month", "", "The month, for example 2026-11; the one that goes on when empty.")
	of.BoolVarP(&flags.all, "all-namespaces", "A", false, "Clients of all namespaces.")
	of.StringVarP(&flags.format, "output", "o", flags.format, "Output format: table, csv, focus, json or yaml.")
	of.StringVar(&flags.names.Provider, "provider", "Unspecified", "With -o focus: who makes the service available.")
	of.StringVar(&flags.names.InvoiceIssuer, "invoice-issuer", "", "With -o focus: who sends the invoices; the provider when empty.")
	of.StringVar(&flags.names.Publisher, "publisher", "Voûte", "With -o focus: who has made the service's software.")
	of.StringVar(&flags.names.Service, "service", "Document sharing", "With -o focus: what the service is called.")
	return command
}

// bills are what -o json and yaml show.
type bills struct {
	Statements []bill.Statement `json:"statements"`
}

func (c *connection) bill(ctx context.Context, args []string, flags billFlags) error {
	if err := flags.check(args); err != nil {
		return err
	}
	kube, err := c.client()
	if err != nil {
		return err
	}
	month, err := c.month(ctx, kube, flags.month)
	if err != nil {
		return err
	}
	namespace, err := c.namespace(flags.all)
	if err != nil {
		return err
	}
	found, err := c.statements(ctx, kube, namespace, args, month)
	if err != nil {
		return err
	}
	made := bills{Statements: []bill.Statement{}}
	var problems []error
	for i := range found {
		one, err := bill.Of(&found[i])
		made.Statements, problems = append(made.Statements, one), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if len(found) == 0 {
		_, _ = fmt.Fprintf(c.Err, "No BillingStatements of %s in namespace %s for clients in %s.\n", month, c.operatorNamespace, place(namespace)) // no more than a note
	}
	return c.showBills(made, flags)
}

func (f *billFlags) check(args []string) error {
	switch f.format {
	case "table", "csv", "focus", "json", "yaml":
	default:
		return fmt.Errorf("-o %s is no output format: write table, csv, focus, json or yaml", f.format)
	}
	if f.all && len(args) > 0 {
		return errors.New("a tenant is named, and -A asks for all: leave out one of them, and name the namespace with -n")
	}
	for name, value := range map[string]string{"provider": f.names.Provider, "publisher": f.names.Publisher, "service": f.names.Service} {
		if value == "" && f.format == "focus" {
			return fmt.Errorf("--%s is empty, and FOCUS wants a name: write one, or leave the flag out", name)
		}
	}
	if f.names.InvoiceIssuer == "" {
		f.names.InvoiceIssuer = f.names.Provider
	}
	return nil
}

// month is the one that is asked for, or goes on by the platform's clocks.
func (c *connection) month(ctx context.Context, kube client.Client, asked string) (tariff.Month, error) {
	if asked != "" {
		month, err := tariff.ParseMonth(asked)
		if err != nil {
			return month, fmt.Errorf("--month: %w", err)
		}
		return month, nil
	}
	return tariff.MonthOf(c.Now(), c.zone(ctx, kube, nil)), nil
}

// statements are those of one month: of a client that is named, which may be gone,
// or of all clients of a namespace, or of all namespaces.
func (c *connection) statements(ctx context.Context, kube client.Client, namespace string, args []string, month tariff.Month) ([]v1alpha1.BillingStatement, error) {
	if len(args) == 1 {
		one := &v1alpha1.BillingStatement{}
		name := billing.Name(types.NamespacedName{Namespace: namespace, Name: args[0]}, month)
		err := kube.Get(ctx, client.ObjectKey{Namespace: c.operatorNamespace, Name: name}, one)
		if err != nil {
			return nil, c.explainBill(err, fmt.Sprintf("read BillingStatement %s/%s", c.operatorNamespace, name))
		}
		return []v1alpha1.BillingStatement{*one}, nil
	}
	options := []client.ListOption{client.InNamespace(c.operatorNamespace), client.Limit(c.pageful)}
	if namespace != "" {
		options = append(options, client.MatchingLabels{v1alpha1.TenantNamespaceLabel: namespace})
	}
	// There is one for each client and month, for years: they come page by page.
	var found []v1alpha1.BillingStatement
	for next := ""; ; {
		some := &v1alpha1.BillingStatementList{}
		if err := kube.List(ctx, some, append(options, client.Continue(next))...); err != nil {
			return nil, c.explainBill(err, "list BillingStatements in namespace "+c.operatorNamespace)
		}
		for i := range some.Items {
			if some.Items[i].Spec.Month == month.String() {
				found = append(found, some.Items[i])
			}
		}
		if next = some.Continue; next == "" {
			return found, nil
		}
	}
}

// explainBill has other next steps: statements are where the operator is, and stay
// when their client goes.
func (c *connection) explainBill(err error, what string) error {
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("cannot %s: %w. Statements are kept there, so that nobody sees what others pay. Ask whoever administers the cluster for the role voute-platform-viewer in namespace %s",
			what, err, c.operatorNamespace)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("cannot %s: %w. Nothing was billed to that client in that month: kubectl get billingstatements -n %s shows what there is; name the client's namespace with -n, and the month with --month",
			what, err, c.operatorNamespace)
	default:
		return explain(err, what)
	}
}

func (c *connection) showBills(made bills, flags billFlags) error {
	switch flags.format {
	case "csv":
		return bill.CSV(c.Out, made.Statements)
	case "focus":
		return bill.FOCUS(c.Out, flags.names, made.Statements)
	case "table":
		return output("").show(c.Out, made, func() string { return bill.Table(made.Statements) })
	default:
		made.Statements = bill.Sorted(made.Statements)
		return output(flags.format).show(c.Out, made, nil)
	}
}
