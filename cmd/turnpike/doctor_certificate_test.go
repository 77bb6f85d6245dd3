package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// An issuer is a certificate with its key.
type issuer struct {
	der  []byte
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate; without by it is signed by itself.
func issue(t *testing.T, by *issuer, template x509.Certificate) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotBefore.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-30*24*time.Hour), time.Now().Add(90*24*time.Hour)
	}
	template.BasicConstraintsValid = true
	if template.IsCA {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	parent, signer := &template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{der, cert, key}
}

// save writes certificates, and the key of the first.
func save(t *testing.T, dir, name string, chain ...*issuer) {
	t.Helper()
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.der})...)
	}
	key, err := x509.MarshalECPrivateKey(chain[0].key)
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string][]byte{name + ".pem": text, name + ".key": pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})} {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDoctorLooksAtTheCertificateAsABrowserDoes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.N is an address of this host on Linux only")
	}
	dir := t.TempDir()
	binary := copyProgram(t, dir, "turnpike")
	name := func(cn string) pkix.Name { return pkix.Name{CommonName: cn} }
	names := []string{"turn.example.org"}
	day := 24 * time.Hour
	now := time.Now()
	root := issue(t, nil, x509.Certificate{Subject: name("Root"), IsCA: true})
	middle := issue(t, root, x509.Certificate{Subject: name("Middle"), IsCA: true})
	stranger := issue(t, nil, x509.Certificate{Subject: name("Stranger"), IsCA: true})
	leaf := func(from, to time.Duration, names ...string) x509.Certificate {
		return x509.Certificate{Subject: name("leaf"), DNSNames: names, NotBefore: now.Add(from), NotAfter: now.Add(to)}
	}
	good := issue(t, middle, leaf(-day, 60*day+time.Hour, names...))
	save(t, dir, "root", root)
	save(t, dir, "good", good, middle)
	save(t, dir, "alone", good)
	save(t, dir, "soon", issue(t, middle, leaf(-day, 3*day+time.Hour, names...)), middle)
	save(t, dir, "tomorrow", issue(t, middle, leaf(-day, day+time.Hour, names...)), middle)
	save(t, dir, "expired", issue(t, middle, leaf(-10*day, -day, names...)), middle)
	save(t, dir, "future", issue(t, middle, leaf(day, 2*day, names...)), middle)
	save(t, dir, "self", issue(t, nil, leaf(-day, 60*day, names...)))
	save(t, dir, "strange", issue(t, stranger, leaf(-day, 60*day, names...)), stranger)
	save(t, dir, "nameless", issue(t, middle, leaf(-day, 60*day)), middle)

	for file, want := range map[string][]finding{
		"good":     {{Severity: sound, Text: "good for 60 days"}, {Severity: sound, Text: "its chain is complete"}, {Severity: sound, Text: "it is for turn.example.org"}},
		"alone":    {{Severity: broken, Text: "lacks the certificate of its issuer (CN=Middle)", Mend: "fullchain.pem"}},
		"soon":     {{Severity: doubt, Text: "expires in 3 days", Mend: "certbot renew"}, {Severity: sound, Text: "its chain is complete"}},
		"tomorrow": {{Severity: doubt, Text: "expires in 1 day, on"}},
		"expired":  {{Severity: broken, Text: "has expired on", Mend: "certbot renew"}, {Severity: sound, Text: "its chain is complete"}},
		"future":   {{Severity: broken, Text: "is not valid before", Mend: "timedatectl"}},
		"self":     {{Severity: doubt, Text: "signed by itself", Mend: "certbot certonly"}},
		"strange":  {{Severity: doubt, Text: "signed by CN=Stranger, which this host does not trust", Mend: "SSL_CERT_FILE"}},
		"nameless": {{Severity: broken, Text: "for no name at all", Mend: "subjectAltName"}},
	} {
		t.Run(file, func(t *testing.T) {
			f := diagnoseCertificate(t, binary, dir, file, "turns:turn.example.org:5349?transport=tcp")
			for _, w := range want {
				f.has("certificate", w.Severity, w.Text, w.Mend)
			}
		})
	}
	f := diagnoseCertificate(t, binary, dir, "good", "turns:relay.example.org:5349?transport=tcp")
	f.has("certificate", broken, "is for turn.example.org, not for relay.example.org (turn.urls)", "renew it for that name")
}

func diagnoseCertificate(t *testing.T, binary, dir, file, url string) *findings {
	t.Helper()
	config := filepath.Join(dir, file+".yml")
	text := `
turn: {listen: ["udp://127.0.0.36:3478"], urls: ["` + url + `"], relay: {addresses: [127.0.0.36]}}
http: {listen: []}
admin: {listen: ""}
tls: {cert: ` + file + `.pem, key: ` + file + `.key}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "doctor", "-json", "-config", config)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "root.pem"), "SSL_CERT_DIR="+dir+"/none")
	return diagnose(t, cmd)
}
