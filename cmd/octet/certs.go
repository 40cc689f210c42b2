package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/credential"
)

func newCerts(s streams) *cobra.Command {
	var dir string
	var hosts []string
	var days int
	var keep bool
	cmd := &cobra.Command{
		Use:   "certs",
		Short: "Make certificates for a cluster, to begin with",
		Long: `Make a certificate authority, and certificates of it for servers (coordinators and workers) and for
clients. They are for trials and small clusters: the authority's key lies beside them, and whoever has it can
make more. Keys are ECDSA on P-256. Files that are there already are not overwritten.`,
		Example: `  octet certs --dir certs --hosts coordinator,worker-0,worker-1
  octet up --listen 0.0.0.0:8470 --tls-ca certs/ca.pem --tls-cert certs/server.pem --tls-key certs/server-key.pem
  octet jobs list --coordinator coordinator:8470 --tls-ca certs/ca.pem --tls-cert certs/client.pem --tls-key certs/client-key.pem`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if days < 1 {
				return usagef("--days must be at least 1")
			}
			if keep {
				if missing, err := missingCerts(dir); err != nil || len(missing) == 0 {
					return err
				}
			}
			return writeCerts(s, dir, hosts, time.Duration(days)*24*time.Hour)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "dir", "certs", "folder to write ca.pem, server.pem, client.pem and their keys to")
	flags.StringSliceVar(&hosts, "hosts", nil, "names and IP addresses that servers are reached under, beside localhost and this machine's name")
	flags.BoolVar(&keep, "keep", false, "do nothing, and succeed, if all files are there already")
	flags.IntVar(&days, "days", 365, "how long the certificates are good for")
	return cmd
}

func writeCerts(s streams, dir string, hosts []string, life time.Duration) error {
	now := time.Now()
	authority, ca, err := credential.NewAuthority(now, life)
	if err != nil {
		return err
	}
	all := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		all = append(all, name)
	}
	all = slices.Compact(append(all, hosts...))
	server, err := authority.Issue(now, life, "octet server", all...)
	if err != nil {
		return err
	}
	client, err := authority.Issue(now, life, "octet client")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	missing, err := missingCerts(dir)
	if err != nil {
		return err
	}
	for _, path := range certFiles(dir) {
		if !slices.Contains(missing, path) {
			return fmt.Errorf("%s is there already: remove it, or say another --dir", path)
		}
	}
	for i, p := range []credential.PEM{ca, server, client} {
		if err := errors.Join(writeSecret(certPath(dir, certNames[i]), p.Cert), writeSecret(keyPath(dir, certNames[i]), p.Key)); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "certificates in %s until %s, for %s\n", dir, now.Add(life).Format(time.DateOnly), strings.Join(all, ", "))
	fmt.Fprintf(s.out, "keep %s away from servers: whoever has it can make more\n", keyPath(dir, "ca"))
	return nil
}

// certNames are those of the authority, of servers and of clients.
var certNames = [...]string{"ca", "server", "client"}

// certFiles returns the files that writeCerts writes.
func certFiles(dir string) []string {
	var all []string
	for _, n := range certNames {
		all = append(all, certPath(dir, n), keyPath(dir, n))
	}
	return all
}

// missingCerts returns those of certFiles that are not there.
func missingCerts(dir string) ([]string, error) {
	var missing []string
	for _, path := range certFiles(dir) {
		switch _, err := os.Lstat(path); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, path)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

func certPath(dir, name string) string { return filepath.Join(dir, name+".pem") }
func keyPath(dir, name string) string  { return filepath.Join(dir, name+"-key.pem") }

// writeSecret writes a new file that only its owner can read.
func writeSecret(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
