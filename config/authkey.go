package config

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Key verifies tokens by one algorithm, whatever a token says of itself.
type Key struct {
	// Algorithm is HS256, RS256, ES256 or EdDSA.
	Algorithm string `yaml:"alg"`

	// ID is the kid of the tokens that this key verifies. Default: none.
	ID string `yaml:"kid"`

	// Secret is that of HS256, at least 32 bytes, taken as it stands.
	Secret Secret `yaml:"secret"`

	// File holds the key in place of Secret: PEM with a public key or a
	// certificate, or a JSON Web Key; for HS256 the secret, readable by owner and
	// group only. A relative path starts at the directory of the configuration.
	File string `yaml:"file"`

	// FromFile is what Load read from File. It is exported because fmt prints an
	// unexported field without asking its type.
	FromFile Secret `yaml:"-" json:"-"`
}

// MarshalYAML leaves out what is empty, so that no secret appears where there is
// none.
func (k Key) MarshalYAML() (any, error) {
	fields := map[string]string{"alg": k.Algorithm}
	if k.ID != "" {
		fields["kid"] = k.ID
	}
	if k.Secret != "" {
		fields["secret"] = redacted
	}
	if k.File != "" {
		fields["file"] = k.File
	}
	return fields, nil
}

const (
	minTokenSecret = 32 // bytes; RFC 7518 §3.2
	maxTokenKeys   = 32
	maxAPIKeys     = 64
	maxKeyID       = 128 // bytes
	hashPrefix     = "sha256:"
)

// Material is the key itself, as it stands in the configuration or the file.
func (k *Key) Material() []byte {
	if k.Secret != "" {
		return []byte(k.Secret)
	}
	return []byte(k.FromFile)
}

// read reads File. What is in it is for another package to understand.
func (k *Key) read(from func(string) string) error {
	if k.File == "" {
		return nil
	}
	k.File = from(k.File)
	data, err := readFile(k.File)
	if err != nil {
		return err
	}
	if k.Algorithm == "HS256" {
		if err := checkPrivate(k.File); err != nil {
			return err
		}
	}
	k.FromFile = Secret(strings.TrimSpace(string(data)))
	return nil
}

func (k *Key) validate() error {
	algorithms := []string{"HS256", "RS256", "ES256", "EdDSA"}
	switch {
	case !slices.Contains(algorithms, k.Algorithm):
		return fmt.Errorf("alg %q is not one of %s", clip(k.Algorithm), strings.Join(algorithms, ", "))
	case (k.Secret == "") == (k.File == ""):
		return errors.New("needs either secret or file")
	case k.Secret != "" && k.Algorithm != "HS256":
		return fmt.Errorf("a secret is for HS256; %s has a public key in a file", k.Algorithm)
	case k.Secret != "" && len(k.Secret) < minTokenSecret:
		return fmt.Errorf("the secret has %d bytes, HS256 needs at least %d; make one with: openssl rand -base64 32", len(k.Secret), minTokenSecret)
	case len(k.ID) > maxKeyID:
		return fmt.Errorf("kid is longer than %d bytes", maxKeyID)
	}
	return nil
}

func (a *Auth) validate(r *report) {
	if len(a.Keys) > maxTokenKeys {
		r.errorf("http.auth.keys", "holds %d keys, at most %d are tried", len(a.Keys), maxTokenKeys)
	}
	for i := range a.Keys {
		if err := a.Keys[i].validate(); err != nil {
			r.errorf(fmt.Sprintf("http.auth.keys[%d]", i), "%s", err)
		}
	}
	if u, err := url.Parse(a.JWKS.URL); a.JWKS.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		r.errorf("http.auth.jwks.url", "%q is not a URL that begins with https://", clip(a.JWKS.URL))
	}
	if d := time.Duration(a.JWKS.Refresh); d < time.Minute || d > 7*24*time.Hour {
		r.errorf("http.auth.jwks.refresh", "%s is out of range, want 1m to 7d", a.JWKS.Refresh)
	}
	if len(a.APIKeys) > maxAPIKeys {
		r.errorf("http.auth.api_keys", "holds %d keys, at most %d are kept", len(a.APIKeys), maxAPIKeys)
	}
	for i, key := range a.APIKeys {
		sum, hashed := strings.CutPrefix(string(key), hashPrefix)
		if raw, err := hex.DecodeString(sum); hashed && (err != nil || len(raw) != 32) {
			r.errorf(fmt.Sprintf("http.auth.api_keys[%d]", i), "what follows sha256: is not a hash of 64 hexadecimal digits")
		}
	}
	if a.Mode == "token" && len(a.Keys) == 0 && a.JWKS.URL == "" && len(a.APIKeys) == 0 {
		r.errorf("http.auth.mode", "token lets nobody in without http.auth.keys, http.auth.jwks or http.auth.api_keys")
	}
}
