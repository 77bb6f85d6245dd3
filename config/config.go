// Package config reads the configuration of turnpike, one YAML file.
//
// The structs below are the manual: each field says what it means, its unit and
// its default. example.yml holds every key at its default. SIGHUP takes over a
// change of turn.urls, turn.peers, turn.credentials, turn.limits,
// turn.alternate_servers, http.auth but for its mode, and log.level (see [Live]);
// any other takes effect when the daemon is restarted.
//
// Reading is strict. An unknown key, a key given twice, a value that cannot be
// meant: all of them are reported at once, each with its line and its path
// (see [Errors]). A file that is empty is the default configuration.
//
// The package is a leaf of plain data: it starts no goroutine, has no lock, and
// opens no file but those that [Load] is told to read.
package config

import "crypto/x509"

// Config is the whole file.
type Config struct {
	// Realm is the name under which the relay asks for credentials (RFC 8489
	// §14.9): 1 to 127 characters. Credentials are bound to it by their clients.
	// Default: turnpike.
	Realm string `yaml:"realm"`

	Turn Turn `yaml:"turn"`
	STUN STUN `yaml:"stun"`
	HTTP HTTP `yaml:"http"`
	TLS  TLS  `yaml:"tls"`

	Admin Admin `yaml:"admin"`
	Drain Drain `yaml:"drain"`
	Log   Log   `yaml:"log"`

	// exposed is the file itself, if it holds secrets and every user of the host
	// can read it.
	exposed string
}

// HTTP is the page, the signaling endpoint and /v1/ice.
type HTTP struct {
	// Listen is where browsers come: http:// or https://, then an address of
	// this host, localhost, or nothing for every address, then a port (80 or 443
	// if none is given). https:// needs TLS.Cert and TLS.Key. Browsers give a
	// camera only to https:// pages and to localhost. Default:
	// http://localhost:8080. An empty list serves no HTTP.
	Listen []Listener `yaml:"listen"`

	// Origins are further web origins (https://example.org) whose pages may use
	// the signaling; our own page always may. Default: none.
	Origins []Origin `yaml:"origins"`

	// TrustedProxies are the addresses or prefixes of reverse proxies whose word
	// on the client's address (Forwarded, X-Forwarded-For) is believed.
	// Default: none.
	TrustedProxies []Prefix `yaml:"trusted_proxies"`

	// Connections is how many there may be at once, 0 for no limit. Of these, one
	// address (IPv6: /64) may hold an eighth; TrustedProxies and this host itself
	// may hold all. Whoever is beyond is hung up on. Default: 16384.
	Connections int `yaml:"connections"`

	Auth Auth `yaml:"auth"`

	PeerJS PeerJS `yaml:"peerjs"`
}

// PeerJS is the endpoint /peerjs for the npm package peerjs.
type PeerJS struct {
	// Key is what clients name in their URLs, 1 to 64 letters, digits, - and _. It
	// is in every page, and so no secret. Default: peerjs, which is the client's.
	Key string `yaml:"key"`

	// Discovery tells whoever asks which ids are connected (listAllPeers).
	// Default: false.
	Discovery bool `yaml:"discovery"`

	// Hold is how long an id is kept for the token of a client whose connection
	// ended: 0 for not at all, or up to 1h. Default: 30s.
	Hold Duration `yaml:"hold"`
}

// Auth is who may use the signaling, and so get credentials for the relay.
type Auth struct {
	// Mode: auto lets in everybody on this host and nobody else. open lets in
	// everybody who can reach the listener. token lets in, wherever they come from,
	// people with a token, servers with an API key, and guests with an
	// invitation. Default: auto.
	Mode AuthMode `yaml:"mode"`

	// Keys verify tokens (JWT), at most 32, each by its one algorithm: {alg: HS256,
	// secret: …} or {alg: ES256, file: public.pem, kid: …}; see [Key].
	// Default: none.
	Keys []Key `yaml:"keys"`

	JWKS JWKS `yaml:"jwks"`

	// Audience must be among those of a token (aud). Default: empty, which does
	// not look at them.
	Audience string `yaml:"audience"`

	// APIKeys let servers fetch credentials for their users and make invitations:
	// at most 64 keys of at least 16 bytes each, or their hashes as sha256: and 64
	// hexadecimal digits. Default: none.
	APIKeys []Secret `yaml:"api_keys"`

	// InvitationSecrets sign invitations: the first signs, all verify. Default:
	// empty, which derives them from the secrets of Turn.Credentials.
	InvitationSecrets []Secret `yaml:"invitation_secrets"`
}

// JWKS is where an identity provider publishes keys that verify tokens.
type JWKS struct {
	// URL begins with https://. Default: none.
	URL string `yaml:"url"`

	// Refresh is how often the keys are read again, from 1m to 7d; a token with an
	// unknown key makes it sooner, once a minute at most. Default: 1h.
	Refresh Duration `yaml:"refresh"`
}

// TLS is the certificate of https://, tls:// and dtls:// listeners. When its files
// change, what is in them is shown from the next connection on.
type TLS struct {
	// Cert is a PEM file: the certificate, then its intermediates. A relative
	// path starts at the directory of the configuration file. Default: none.
	Cert string `yaml:"cert"`

	// Key is a PEM file with the private key, readable by its owner and group
	// only. Default: none.
	Key string `yaml:"key"`

	// leaf is the certificate itself, if Load could read it.
	leaf *x509.Certificate
}

// Admin is where the operator looks: the dashboard, /metrics, /healthz, /readyz
// and what the dashboard is made of below /v1. What changes anything takes the
// admin token, which the daemon makes at each start and leaves in a file of its
// own; turnpike sessions, disconnect and drain read it there.
type Admin struct {
	// Listen is http:// or https://, then an address of this host, localhost, or
	// nothing for every address, then a port. On loopback it answers this host
	// alone; elsewhere it needs Tokens. Empty: none. Default:
	// http://localhost:9641.
	Listen AdminListener `yaml:"listen"`

	// Tokens let in who shows one of them (Authorization: Bearer), from wherever,
	// to read: at least 16 bytes each. Default: none.
	Tokens []Secret `yaml:"tokens"`
}

// Drain is how the daemon is emptied by turnpike drain: nothing new is let in, and
// what runs may end by itself.
type Drain struct {
	// Timeout is how long calls are waited for, from 0s to 7d. Default: 1h.
	Timeout Duration `yaml:"timeout"`

	// MoveTo is where signaling clients are told to go, each after a while of its
	// own so that they do not all come at once: https:// and the name of another
	// server. Empty: they stay. New allocations are sent to Turn.AlternateServers.
	// Default: none.
	MoveTo Server `yaml:"move_to"`

	// Spread is the while within which they go, from 0s to Timeout. Default: 1m.
	Spread Duration `yaml:"spread"`
}

// Log is what is written to standard error.
type Log struct {
	// Level is the least important message written: debug, info, warn or error.
	// Default: info.
	Level LogLevel `yaml:"level"`

	// Format is text or json; auto is text on a terminal and json elsewhere.
	// Default: auto.
	Format LogFormat `yaml:"format"`
}
