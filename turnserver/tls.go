package turnserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// turnProtocols are the ALPN names of RFC 7443.
var turnProtocols = []string{"stun.turn", "stun.nat-discovery"}

// prepareTLS makes the configurations of the tls and the shared listeners. A client that names no protocol is served as well; one that names only others is
// refused in the handshake (RFC 7301 §3.2).
func (s *Server) prepareTLS() error {
	base := s.cfg.TLS
	if base == nil {
		for _, l := range s.cfg.Listen {
			if l.Network == "tls" || l.Network == "dtls" {
				return errors.New("listen " + l.String() + ": there is no certificate. Set tls.cert and tls.key")
			}
		}
		return nil
	}
	s.tls = base.Clone()
	s.tls.MinVersion = max(base.MinVersion, tls.VersionTLS12)
	s.tls.NextProtos = turnProtocols
	s.webTLS = s.tls.Clone()
	s.webTLS.NextProtos = []string{"h2", "http/1.1"}
	for _, p := range append(slices.Clone(base.NextProtos), turnProtocols...) {
		if !slices.Contains(s.webTLS.NextProtos, p) {
			s.webTLS.NextProtos = append(s.webTLS.NextProtos, p)
		}
	}
	return nil
}

// getCertificate is what crypto/tls does with the configuration, in its simple form.
func (s *Server) getCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s.tls.GetCertificate != nil {
		if cert, err := s.tls.GetCertificate(hello); cert != nil || err != nil {
			return cert, err
		}
	}
	if len(s.tls.Certificates) == 0 {
		return nil, errors.New("no certificate")
	}
	return &s.tls.Certificates[0], nil
}

// certificate is what a client is shown that names no server: nil if there is none yet.
func (s *Server) certificate() *x509.Certificate {
	if s.tls == nil {
		return nil
	}
	cert, err := s.getCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		return nil
	}
	if len(cert.Certificate) == 0 {
		return nil
	}
	if cert.Leaf != nil {
		return cert.Leaf
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return nil
	}
	return leaf
}

// certificateName is the first name of the certificate that another host may know us by, or "".
func certificateName(cert *x509.Certificate) string {
	if cert == nil {
		return ""
	}
	for _, name := range cert.DNSNames {
		if !strings.Contains(name, "*") && name != "localhost" && !strings.HasSuffix(name, ".localhost") {
			return name
		}
	}
	return ""
}

// certifies tells whether the certificate is also for an address.
func certifies(cert *x509.Certificate, a netip.Addr) bool {
	return cert != nil && cert.VerifyHostname(a.String()) == nil
}
