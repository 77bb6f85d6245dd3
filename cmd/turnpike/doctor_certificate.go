package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pion/stun/v3"
)

// renewal is how many days before its end a certificate should have been renewed.
const renewal = 14

// lookAtCertificate says what a browser will.
func lookAtCertificate(_ context.Context, p *patient, n *notes) {
	leaf := p.certificate.leaf()
	if leaf == nil {
		n.care("tls: {cert: fullchain.pem, key: privkey.pem}   # then http: {listen: [\"https://:443\"]}",
			"there is no certificate: no TURN over TLS, which gets through where nothing else does, and no https://")
		return
	}
	file, now := p.cfg.TLS.Cert, time.Now()
	const day = "2 January 2006"
	days := int(leaf.NotAfter.Sub(now) / (24 * time.Hour))
	const renew = "renew it (certbot renew, or what made it)"
	switch {
	case now.After(leaf.NotAfter):
		n.bad(renew, "%s has expired on %s", file, leaf.NotAfter.Format(day))
	case now.Before(leaf.NotBefore):
		n.bad("date; timedatectl   # is the clock right?", "%s is not valid before %s", file, leaf.NotBefore.Format(day))
	case days < renewal:
		n.care(renew, "%s expires in %s, on %s", file, plural(days, "day"), leaf.NotAfter.Format(day))
	default:
		n.good("%s is good for %s", file, plural(days, "day"))
	}
	lookAtChain(p, leaf, n)
	lookAtNames(p, leaf, n)
}

// plural writes 1 day, and 2 days.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// lookAtChain verifies as a client does, with the system's authorities; the days are told already.
func lookAtChain(p *patient, leaf *x509.Certificate, n *notes) {
	intermediates := x509.NewCertPool()
	for _, der := range p.certificate.current.Load().Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			intermediates.AddCert(c)
		}
	}
	at := time.Now()
	if at.After(leaf.NotAfter) || at.Before(leaf.NotBefore) {
		at = leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Intermediates: intermediates, CurrentTime: at})
	var stranger x509.UnknownAuthorityError
	var roots x509.SystemRootsError
	switch {
	case err == nil:
		n.good("its chain is complete, and ends at an authority that this host trusts")
	case errors.As(err, &roots):
		n.unseen("apt install ca-certificates", "whom to trust is not known on this host")
	case errors.As(err, &stranger) && leaf.CheckSignatureFrom(leaf) == nil || leaf.Issuer.String() == leaf.Subject.String():
		n.care("get one from an authority (certbot certonly --standalone -d NAME)", "%s is signed by itself: browsers refuse it, for TURN over TLS without asking anybody", p.cfg.TLS.Cert)
	case errors.As(err, &stranger) && len(p.certificate.current.Load().Certificate) == 1:
		n.bad("tls.cert: use the file with the chain (fullchain.pem of certbot), or append the issuer's certificate", "%s lacks the certificate of its issuer (%s): some clients refuse it", p.cfg.TLS.Cert, leaf.Issuer)
	case errors.As(err, &stranger):
		n.care("have clients trust that authority; or here SSL_CERT_FILE=its certificate", "%s is signed by %s, which this host does not trust", p.cfg.TLS.Cert, leaf.Issuer)
	default:
		n.bad("", "%s: %s", p.cfg.TLS.Cert, strings.TrimPrefix(err.Error(), "x509: "))
	}
}

// lookAtNames compares it with the names by which clients are told to come.
func lookAtNames(p *patient, leaf *x509.Certificate, n *notes) {
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		n.bad("renew it with the name as subjectAltName", "%s is for no name at all (no subjectAltName): browsers refuse it", p.cfg.TLS.Cert)
		return
	}
	told := map[string]string{} // a name, and where it stands
	for _, u := range p.cfg.Turn.URLs {
		if uri, err := stun.ParseURI(string(u)); err == nil && uri.Scheme == stun.SchemeTypeTURNS {
			told[uri.Host] = "turn.urls"
		}
	}
	for _, l := range p.cfg.HTTP.Listen {
		if l.Scheme == "https" && l.Host == "localhost" {
			told[l.Host] = "http.listen"
		}
	}
	for name, key := range told {
		if err := leaf.VerifyHostname(name); err != nil {
			n.bad("renew it for that name as well, or name one of its own in "+key, "%s is for %s, not for %s (%s)", p.cfg.TLS.Cert, few(names), name, key)
		}
	}
	n.good("it is for %s", few(names))
}
