package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"turnpike/config"
	"turnpike/config/coturn"
	"turnpike/turnserver/turn"
)

var importCommand = command{
	name: "import-coturn",
	does: "translate a configuration of coturn",
	help: `usage: turnpike import-coturn TURNSERVER.CONF [-o FILE]

Prints the turnpike.yml that does what coturn does with its turnserver.conf, each
key with the line that it comes from. On standard error is said of every other
line why it has no key: because turnpike does so anyway, or, marked "care:",
because something is lost, changes, or is for you to do. What coturn leaves open
and turnpike refuses stays refused, and the key that opens it is named.

  -o FILE   write it there, for its owner alone; a file that exists is kept

The result holds the secrets and passwords of the file, except on a terminal.
Where a certificate cannot be used, it is without TLS. Run it on the host, and as
the user, that coturn runs on: the exit code is 0 if there is a result.

example:

  turnpike import-coturn /etc/turnserver.conf -o turnpike.yml
  turnpike check -config turnpike.yml
`,
	operand: "from",
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		var from string
		flags.Func("from", "", func(name string) error {
			if from != "" {
				return errors.New("one turnserver.conf at a time")
			}
			from = name
			return nil
		})
		to := flags.String("o", "", "")
		return func(_ context.Context, term terminal) error {
			if from == "" {
				return misusef("turnpike import-coturn: which turnserver.conf? see turnpike import-coturn -h")
			}
			return importCoturn(from, *to, term)
		}
	},
}

func importCoturn(from, to string, term terminal) error {
	data, err := readAtMost(from, coturn.MaxFile+1)
	if err != nil {
		return fmt.Errorf("read the configuration of coturn: %w", err)
	}
	result, err := coturn.Translate(data, thisHost(filepath.Dir(from)))
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if to != "" {
		if err := writeNew(to, result.YAML(true)); err != nil {
			return fmt.Errorf("write the configuration: %w", err)
		}
	} else if _, err := term.out.Write(result.YAML(!term.out.isTerminal)); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	tellRemarks(term.err, from, result)
	if to == "" && term.out.isTerminal {
		fmt.Fprintln(term.err, "Secrets are not shown on a terminal; -o turnpike.yml writes a file that has them.")
	}
	return nil
}

func tellRemarks(out *styled, file string, result *coturn.Translation) {
	care := 0
	for _, r := range result.Remarks {
		at := file
		switch {
		case r.Last > r.Line:
			at = fmt.Sprintf("%s:%d-%d", file, r.Line, r.Last)
		case r.Line > 0:
			at = fmt.Sprintf("%s:%d", file, r.Line)
		}
		if r.Care {
			care++
			at += ": " + out.yellow("care")
		}
		if r.Option != "" {
			at += ": " + r.Option
		}
		fmt.Fprintf(out, "%s: %s\n", at, r.Text)
	}
	fmt.Fprintf(out, "%s: %s, %d taken over; %s to look at (care)\n", file, plural(result.Lines, "line"), len(result.Taken), plural(care, "thing"))
}

// thisHost is what a translation may know of where it runs. Nobody is spoken to.
func thisHost(dir string) coturn.Host {
	host := coturn.Host{
		Recommended: turn.Recommended(),
		Path: func(name string) string {
			full, err := filepath.Abs(filepath.Join(dir, name))
			if err != nil {
				return name
			}
			return full
		},
		Certificate: func(cert, key string) error {
			_, err := (&config.TLS{Cert: cert, Key: key}).Pair()
			return err
		},
	}
	for _, far := range []string{"198.51.100.1:9", "[2001:db8::1]:9"} {
		if conn, err := net.Dial("udp", far); err == nil { // a route is looked up, no packet is sent
			host.Addresses = append(host.Addresses, conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap())
			conn.Close()
		}
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && !prefix.Addr().IsLoopback() && !prefix.Addr().IsLinkLocalUnicast() {
			host.Addresses = append(host.Addresses, prefix.Addr().Unmap())
		}
	}
	return host
}

// readAtMost reads a regular file, or its beginning.
func readAtMost(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// writeNew writes a file that only its owner reads.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
