// Command voute-server is the sharing server of one environment.
//
//	voute-server --config voute.yaml
//	voute-server scan-gateway --listen :3311 --socket clamd.sock --cert tls.crt --key tls.key --client-ca ca.crt
//	voute-server journal verify --config voute.yaml
//	voute-server check --address https://partage.justice.gouv.qc.ca
//	voute-server version
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // images have no zone files of their own

	"voute.dev/voute/server/app"
	"voute.dev/voute/server/scan/gateway"
	"voute.dev/voute/server/version"
	"voute.dev/voute/server/visit"
)

const usage = `voute-server is the sharing server of one environment.

  voute-server --config FILE
      serves what the configuration file (voute.yaml) says, until SIGTERM

  voute-server scan-gateway --listen ADDRESS --socket FILE --cert FILE --key FILE --client-ca FILE [--scans N]
      stands before clamd: lets clients with a certificate of that authority
      use clamd's unix socket, over TLS; N documents at a time, 4 when left out

  voute-server check --address https://HOST[:PORT] [--connect-to HOST:PORT] [--ca FILE]
                     [--expect TEXT] [--min-days-left DAYS] [--within TIME]
      opens a sharing server's address as a browser would and says what it saw:
      the name, the certificate, the sign-in page; fails where one is not good.
      --connect-to  goes there in place of where the name leads
      --ca          trusts these authorities (PEM) beside the system's
      --expect      is what the page has to say in French: the client's name
      --within      tries again for so long, for example 60s, until all is good

  voute-server journal verify --config FILE
      walks along the journal of the server with that configuration, running or
      not, and says whether its lines are those that were written; fails at the
      first that is not. Keep the number and hash that it prints elsewhere: a
      later walk must come by them.

  voute-server version
      prints the version
`

// errUsage means that the command line is not one of the above.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := explain(run(ctx, os.Args[1:], os.Stdout))
	stop()
	os.Exit(code)
}

// explain tells a person what went wrong, and returns the exit code.
func explain(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "%v\n\n%s", err, usage)
		return 2
	default:
		fmt.Fprintf(os.Stderr, "voute-server: %v\n", err)
		return 1
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	command := "serve"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return serve(ctx, args)
	case "scan-gateway":
		return scanGateway(ctx, args)
	case "journal":
		return journalCommand(ctx, args, out)
	case "check":
		return check(ctx, args, out)
	case "version":
		_, err := fmt.Fprintln(out, version.Version)
		return err
	case "help":
		return flag.ErrHelp
	default:
		return fmt.Errorf("%w: there is no command %q", errUsage, command)
	}
}

func serve(ctx context.Context, args []string) (err error) {
	flags := newFlags("serve")
	file := flags.String("config", "", "")
	if err := parse(flags, args, "config"); err != nil {
		return err
	}
	server, err := app.New(ctx, app.Options{ConfigFile: *file, Log: newLog()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	return server.Run(ctx)
}

func scanGateway(ctx context.Context, args []string) error {
	c := gateway.Config{Log: newLog()}
	flags := newFlags("scan-gateway")
	flags.StringVar(&c.Listen, "listen", "", "")
	flags.StringVar(&c.Socket, "socket", "", "")
	flags.StringVar(&c.CertificateFile, "cert", "", "")
	flags.StringVar(&c.KeyFile, "key", "", "")
	flags.StringVar(&c.ClientCAFile, "client-ca", "", "")
	flags.IntVar(&c.MaxScans, "scans", 0, "")
	if err := parse(flags, args, "listen", "socket", "cert", "key", "client-ca"); err != nil {
		return err
	}
	if c.MaxScans < 0 {
		return fmt.Errorf("%w: --scans is %d; write how many documents clamd may hold at a time", errUsage, c.MaxScans)
	}
	return gateway.Run(ctx, c)
}

func check(ctx context.Context, args []string, out io.Writer) error {
	v := visit.Visitor{}
	flags := newFlags("check")
	flags.StringVar(&v.Address, "address", "", "")
	flags.StringVar(&v.ConnectTo, "connect-to", "", "")
	flags.StringVar(&v.CAFile, "ca", "", "")
	flags.StringVar(&v.Expect, "expect", "", "")
	flags.IntVar(&v.MinDaysLeft, "min-days-left", 0, "")
	flags.DurationVar(&v.Within, "within", 0, "")
	if err := parse(flags, args, "address"); err != nil {
		return err
	}
	return v.Visit(ctx, out)
}

func journalCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "verify" {
		return fmt.Errorf("%w: write journal verify", errUsage)
	}
	flags := newFlags("journal verify")
	file := flags.String("config", "", "")
	if err := parse(flags, args[1:], "config"); err != nil {
		return err
	}
	return app.VerifyJournal(ctx, *file, out)
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main says it, once
	return flags
}

func parse(flags *flag.FlagSet, args []string, required ...string) error {
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q is one word too many", errUsage, flags.Arg(0))
	}
	for _, name := range required {
		if flags.Lookup(name).Value.String() == "" {
			return fmt.Errorf("%w: --%s is missing", errUsage, name)
		}
	}
	return nil
}

// newLog writes JSON lines to standard error: ids, never names or addresses.
func newLog() *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stderr, nil))
}
