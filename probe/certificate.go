package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Certificate is what a server showed, as far as people have to know it.
type Certificate struct {
	Names    []string  `json:"names"` // at most ten
	Issuer   string    `json:"issuer"`
	Expires  time.Time `json:"expires"`
	DaysLeft int       `json:"days_left"`
	Chain    int       `json:"chain"` // how many certificates were sent
	Version  string    `json:"version,omitempty"`
	Trusted  bool      `json:"trusted"`
}

// badCertificate is why a client must not go on.
type badCertificate struct {
	cause   Cause
	figures Figures
	err     error
}

func (b *badCertificate) Error() string { return b.err.Error() }

// inspectors sign certificates of other people's names for the networks that they guard.
var inspectors = []string{"zscaler", "fortinet", "fortigate", "palo alto", "sophos", "netskope", "blue coat", "forcepoint", "websense", "watchguard", "sonicwall",
	"check point", "barracuda", "cisco umbrella", "untangle", "smoothwall", "kaspersky", "eset ssl filter", "avast", "bitdefender", "mitmproxy"}

// judge reads a chain as sent, and tells whether a client of that name may trust it. roots nil are the system's.
func judge(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) (*Certificate, error) {
	if len(chain) == 0 {
		return nil, errors.New("no certificate was sent")
	}
	leaf := chain[0]
	c := &Certificate{Issuer: printable(issuerOf(leaf)), Expires: leaf.NotAfter, DaysLeft: int(leaf.NotAfter.Sub(now).Hours() / 24), Chain: len(chain)}
	for _, name := range names(leaf) {
		if len(c.Names) < 10 {
			c.Names = append(c.Names, printable(name))
		}
	}
	bad := func(cause Cause, f Figures, err error) (*Certificate, error) {
		return c, &badCertificate{cause, f, err}
	}
	if now.After(leaf.NotAfter) {
		return bad(TLSExpired, Figures{By: now.Sub(leaf.NotAfter)}, fmt.Errorf("the certificate expired on %s", leaf.NotAfter.Format(time.DateOnly)))
	}
	if now.Before(leaf.NotBefore) {
		return bad(ClockOff, Figures{By: leaf.NotBefore.Sub(now)}, fmt.Errorf("the certificate is not valid before %s", leaf.NotBefore.Format(time.DateTime)))
	}
	between := x509.NewCertPool()
	for _, more := range chain[1:] {
		between.AddCert(more)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now}); err != nil {
		if by := inspector(chain); by != "" {
			return bad(TLSIntercepted, Figures{Other: by}, err)
		}
		return bad(TLSUntrusted, Figures{Other: c.Issuer}, err)
	}
	if err := leaf.VerifyHostname(host); err != nil {
		return bad(TLSName, Figures{Other: strings.Join(c.Names, ", ")}, err)
	}
	c.Trusted = true
	return c, nil
}

func issuerOf(c *x509.Certificate) string {
	if string(c.RawIssuer) == string(c.RawSubject) {
		return "itself"
	}
	if len(c.Issuer.Organization) > 0 && c.Issuer.CommonName != "" {
		return c.Issuer.Organization[0] + " " + c.Issuer.CommonName
	}
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return strings.Join(c.Issuer.Organization, ", ")
}

func names(c *x509.Certificate) []string {
	list := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return list
}

func inspector(chain []*x509.Certificate) string {
	for _, c := range chain {
		for _, who := range inspectors {
			if strings.Contains(strings.ToLower(c.Issuer.String()), who) {
				return printable(issuerOf(c))
			}
		}
	}
	return ""
}

// untrusted is the verdict on a certificate that net/http did not like; nil if it was not that.
func untrusted(host string, err error) *Verdict {
	var verification *tls.CertificateVerificationError
	if !errors.As(err, &verification) {
		return nil
	}
	_, err = judge(verification.UnverifiedCertificates, host, nil, time.Now())
	var bad *badCertificate
	if !errors.As(err, &bad) {
		bad = &badCertificate{cause: TLSUntrusted}
	}
	bad.figures.Host = host
	v := Say(bad.cause, bad.figures)
	return &v
}
