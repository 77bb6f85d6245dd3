// Package config reads the configuration of turnpike, one YAML file.
//
// The structs below are the manual: each field says what it means, its unit and
// its default. example.yml holds every key at its default. All keys are read
// once, at start: a change takes effect when the daemon is restarted.
//
// Reading is strict. An unknown key, a key given twice, a value that cannot be
// meant: all of them are reported at once, each with its line and its path
// (see [Errors]). A file that is empty is the default configuration.
//
// The package is a leaf of plain data: it starts no goroutine, has no lock, and
// opens no file but those that [Load] is told to read.
package config

import "time"

// Config is the whole file.
type Config struct {
	// Realm is the name under which the relay asks for credentials (RFC 8489
	// §14.9): 1 to 127 characters. Credentials are bound to it by their clients.
	// Default: turnpike.
	Realm string `yaml:"realm"`

	Turn Turn `yaml:"turn"`
	HTTP HTTP `yaml:"http"`
	TLS  TLS  `yaml:"tls"`
	Log  Log  `yaml:"log"`

	// exposed is the file itself, if it holds secrets and every user of the host
	// can read it.
	exposed string
}

// Turn is the STUN and TURN server.
type Turn struct {
	// Listen is where clients reach the relay: udp://, tcp://, tls:// or dtls://,
	// then an address of this host, or nothing for every address, then a port
	// (3478 if none is given, 5349 for tls and dtls). tls:// and dtls:// need
	// TLS.Cert and TLS.Key; with those a tcp or tls port takes the other as well,
	// and every https:// port of HTTP.Listen is one of the relay too. Browsers do
	// not speak dtls. Default: udp://:3478 and tcp://:3478.
	Listen []Listener `yaml:"listen"`

	// URLs is what clients are told, at most 4: turn:HOST:PORT?transport=udp or
	// tcp, turns:NAME:PORT?transport=tcp for TLS. Default: empty, which derives
	// them from the listeners and the public addresses, or for TLS a name of the
	// certificate.
	URLs []TurnURL `yaml:"urls"`

	// ProxyProtocol are the addresses or prefixes of load balancers that begin
	// each stream on a tcp, tls or https port with a PROXY protocol header,
	// version 1 or 2. From these it is required within 5 s, and the address that
	// it names is the client's; from anybody else it is never read.
	// Default: none.
	ProxyProtocol []Prefix `yaml:"proxy_protocol"`

	Relay       Relay       `yaml:"relay"`
	Peers       Peers       `yaml:"peers"`
	Credentials Credentials `yaml:"credentials"`
	Limits      Limits      `yaml:"limits"`
}

// Relay is where relayed packets leave and arrive.
type Relay struct {
	// Addresses are the addresses that peers see: 203.0.113.7, or behind a 1:1
	// NAT 203.0.113.7=10.0.0.5 (public=local). The public one may be a DNS name;
	// it is looked up at start. Default: empty, which finds them automatically.
	Addresses []RelayAddress `yaml:"addresses"`

	// Ports are the UDP ports of the relay, both ends included, one for each
	// allocation. They must be open in the firewall. Default: 49152-65535.
	Ports PortRange `yaml:"ports"`
}

// Peers is whom a client may reach through the relay.
type Peers struct {
	// Deny are prefixes or addresses that are refused; the word "recommended"
	// stands for everything that is not the public internet: private, shared,
	// loopback, link-local, multicast, documentation and reserved ranges, and the
	// IPv6 forms that hide an IPv4 address. Default: recommended.
	Deny []PeerRule `yaml:"deny"`

	// Allow are exceptions from Deny. The longer prefix wins, at equal length
	// Allow does. Default: none.
	Allow []PeerRule `yaml:"allow"`

	// MinPort is the lowest port of a peer, save 443: it keeps the relay from
	// being pointed at DNS, NTP and their like. 0 permits all. Default: 1024.
	MinPort int `yaml:"min_port"`
}

// Credentials is who may use the relay: whoever holds a user name of the form
// EXPIRY:USER signed with one of the secrets.
type Credentials struct {
	// Secrets are shared with whoever hands out credentials, at least 16 bytes
	// each. The first signs, all verify, so a new one is put first and the old
	// one removed a TTL later. Default: none, which makes a random one at start.
	Secrets []Secret `yaml:"secrets"`

	// SecretFiles are files with one secret each, readable by their owner and
	// group only; they count after Secrets. A relative path starts at the
	// directory of the configuration file. Default: none.
	SecretFiles []string `yaml:"secret_files"`

	// TTL is how long the credentials that we hand out are good for, from 10s to
	// 365d. Default: 12h.
	TTL Duration `yaml:"ttl"`

	// Expiry says what ends with a credential. new-allocations: a call that runs
	// may go on. strict: it ends at its next refresh. Default: new-allocations.
	Expiry Expiry `yaml:"expiry"`

	// FromFiles is what Load read from SecretFiles. It is exported because fmt
	// prints an unexported field without asking its type.
	FromFiles []Secret `yaml:"-" json:"-"`
}

// All returns every secret, those from files last.
func (c *Credentials) All() []Secret {
	return append(append([]Secret{}, c.Secrets...), c.FromFiles...)
}

// Limits bounds what clients may hold. 0 means no limit.
type Limits struct {
	// AllocationsPerUser: a browser makes one for each URL and each network
	// interface, in each connection of a call. Default: 100.
	AllocationsPerUser int `yaml:"allocations_per_user"`

	// AllocationsPerAddress counts by the client's address (IPv6: /64). A
	// company behind one NAT is one address. Default: 0.
	AllocationsPerAddress int `yaml:"allocations_per_address"`

	// Allocations in all. Default: 0; the ports of the relay end them anyway.
	Allocations int `yaml:"allocations"`

	// PermissionsPerAllocation is the number of peer addresses that one
	// allocation may admit at the same time. Default: 64.
	PermissionsPerAllocation int `yaml:"permissions_per_allocation"`
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

	Auth Auth `yaml:"auth"`
}

// Auth is who may use the signaling, and so get credentials for the relay.
type Auth struct {
	// Mode: auto lets in everybody on this host and nobody else. open lets in
	// everybody who can reach the listener. Default: auto.
	Mode AuthMode `yaml:"mode"`
}

// TLS is the certificate of https://, tls:// and dtls:// listeners.
type TLS struct {
	// Cert is a PEM file: the certificate, then its intermediates. A relative
	// path starts at the directory of the configuration file. Default: none.
	Cert string `yaml:"cert"`

	// Key is a PEM file with the private key, readable by its owner and group
	// only. Default: none.
	Key string `yaml:"key"`
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

// Default returns the configuration of an empty file.
func Default() *Config {
	return &Config{
		Realm: "turnpike",
		Turn: Turn{
			Listen:        []Listener{{Scheme: "udp", Port: 3478}, {Scheme: "tcp", Port: 3478}},
			URLs:          []TurnURL{},
			ProxyProtocol: []Prefix{},
			Relay: Relay{
				Addresses: []RelayAddress{},
				Ports:     PortRange{Min: 49152, Max: 65535},
			},
			Peers: Peers{
				Deny:    []PeerRule{{Recommended: true}},
				Allow:   []PeerRule{},
				MinPort: 1024,
			},
			Credentials: Credentials{
				Secrets:     []Secret{},
				SecretFiles: []string{},
				TTL:         Duration(12 * time.Hour),
				Expiry:      "new-allocations",
			},
			Limits: Limits{
				AllocationsPerUser:       100,
				PermissionsPerAllocation: 64,
			},
		},
		HTTP: HTTP{
			Listen:         []Listener{{Scheme: "http", Host: "localhost", Port: 8080}},
			Origins:        []Origin{},
			TrustedProxies: []Prefix{},
			Auth:           Auth{Mode: "auto"},
		},
		Log: Log{Level: "info", Format: "auto"},
	}
}
