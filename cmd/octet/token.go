package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/credential"
)

func newToken(s streams) *cobra.Command {
	var tokens, out string
	var caller credential.Caller
	cmd := &cobra.Command{
		Use:   "token ROLE",
		Short: "Make a token that a coordinator or a worker knows a caller by",
		Long: `Make a token, write it to a file for whoever calls, and add its hash, its role and its namespace to the
file of tokens that a server knows. A server sees the change at once. To withdraw a token, remove its line.

  client       runs conversions, and sees what is in its namespace
  reader       looks at the jobs of a namespace, or of all of them
  worker       reads what shards need from the coordinator, and writes what they yield
  coordinator  gives shards to workers: a key, of which each worker is shown a proof that no other one takes
  operator     everything that people do, in all namespaces`,
		Example: `  octet token client --namespace vision --tokens tokens --output vision.token
  octet jobs list --coordinator coordinator:8470 --tls-ca ca.pem --token-file vision.token`,
		Args:      want("ROLE"),
		ValidArgs: []string{"client", "reader", "worker", "coordinator", "operator"},
		RunE: func(_ *cobra.Command, args []string) error {
			caller.Role = credential.Role(args[0])
			if err := caller.Check(); err != nil {
				return &usageError{err}
			}
			if tokens == "" || out == "" {
				return usagef("--tokens and --output are missing")
			}
			return writeToken(s, caller, tokens, out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&caller.Namespace, "namespace", "", "the caller's namespace")
	flags.StringVar(&tokens, "tokens", "", "file of a server's tokens to add the hash to")
	flags.StringVarP(&out, "output", "o", "", "new file for the token itself")
	return cmd
}

// writeToken makes a token. The hash goes last, so that no hash is left over if the token can't be written.
func writeToken(s streams, c credential.Caller, tokens, out string) error {
	token := credential.MakeToken(c.Role)
	if err := writeSecret(out, []byte(string(token)+"\n")); err != nil {
		return err
	}
	f, err := os.OpenFile(tokens, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, credential.Line(token, c))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return errors.Join(err, os.Remove(out))
	}
	fmt.Fprintf(s.out, "%s has a token of role %s, which %s knows\n", out, c.Role, tokens)
	return nil
}
