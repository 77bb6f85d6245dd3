package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds the configuration and every file that it names, in bytes.
const maxFile = 1 << 20

// Parse reads a configuration. It opens no file: secret_files, tls.cert, tls.key
// and the files of http.auth.keys are read by [Load]. The error is [Errors].
func Parse(data []byte) (*Config, error) {
	c, r := parse(data)
	if err := r.err(""); err != nil {
		return nil, err
	}
	return c, nil
}

func parse(data []byte) (*Config, *report) {
	c := Default()
	r := &report{lines: map[string]int{}}
	if len(data) > maxFile {
		r.errorAt(0, "", "is larger than %d bytes", maxFile)
		return c, r
	}
	decoder{r}.document(data, c)
	c.validate(r)
	return c, r
}

// Load reads the configuration file at path and the files that it names. The
// error is [Errors], or that of opening the file.
func Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, r := parse(data)
	c.readFiles(filepath.Dir(path), r)
	if err := r.err(path); err != nil {
		return nil, err
	}
	if c.hasSecrets() && checkPrivate(path) != nil {
		c.exposed = path
	}
	return c, nil
}

// hasSecrets tells whether the file itself should be kept private.
func (c *Config) hasSecrets() bool {
	auth := c.HTTP.Auth
	return len(c.Turn.Credentials.Secrets)+len(c.Turn.Credentials.Users)+len(c.Turn.Credentials.Tokens.Keys)+len(auth.APIKeys)+len(auth.InvitationSecrets)+len(c.Admin.Tokens) > 0 ||
		slices.ContainsFunc(auth.Keys, func(k Key) bool { return k.Secret != "" })
}

// readFiles reads secrets and tries the certificate. Paths become relative to
// where the daemon runs.
func (c *Config) readFiles(dir string, r *report) {
	from := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	cred := &c.Turn.Credentials
	for i, name := range cred.SecretFiles {
		if name == "" {
			continue
		}
		cred.SecretFiles[i] = from(name)
		secret, err := readSecret(from(name))
		if err != nil {
			r.errorf(fmt.Sprintf("turn.credentials.secret_files[%d]", i), "%s", err)
			continue
		}
		cred.FromFiles = append(cred.FromFiles, secret)
	}
	for i := range c.HTTP.Auth.Keys {
		if err := c.HTTP.Auth.Keys[i].read(from); err != nil {
			r.errorf(fmt.Sprintf("http.auth.keys[%d].file", i), "%s", err)
		}
	}
	c.TLS.Cert, c.TLS.Key = from(c.TLS.Cert), from(c.TLS.Key)
	if c.TLS.Cert != "" && c.TLS.Key != "" {
		t := &c.TLS
		t.leaf = t.try(r).Leaf
	}
}

// Pair reads the certificate and its key, and refuses what Load does. The error is
// [Errors].
func (t *TLS) Pair() (tls.Certificate, error) {
	r := &report{}
	pair := t.try(r)
	return pair, r.err("")
}

// try finds what will keep the certificate from being used.
func (t *TLS) try(r *report) (pair tls.Certificate) {
	cert, certErr := readFile(t.Cert)
	if certErr != nil {
		r.errorf("tls.cert", "%s", certErr)
	}
	key, keyErr := readFile(t.Key)
	if keyErr == nil {
		keyErr = checkPrivate(t.Key)
	}
	if keyErr != nil {
		r.errorf("tls.key", "%s", keyErr)
	}
	if certErr != nil || keyErr != nil {
		return pair
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		r.errorf("tls.cert", "%s and %s: %s", t.Cert, t.Key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return pair
}

func readSecret(path string) (Secret, error) {
	data, err := readFile(path)
	if err != nil {
		return "", err
	}
	if err := checkPrivate(path); err != nil {
		return "", err
	}
	var s Secret
	if err := s.UnmarshalText([]byte(strings.TrimSpace(string(data)))); err != nil {
		return "", fmt.Errorf("the secret in %s %w", path, err)
	}
	return s, nil
}

// readFile reads a regular file, so that a pipe or a device cannot hold up the
// start.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, plain(err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return data, nil
}

// plain drops the name of the system call from an error.
func plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}
