package config

import "encoding/base64"

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

	// Family is the address family of a relay when the client asks for none: ipv4
	// as RFC 8656 §7.2 has it, or follow for that of the address the client came
	// to, if we relay in it. A client that asks gets what it asks for.
	// Default: ipv4.
	Family Family `yaml:"family"`

	// Channels are the channel numbers that clients may bind: rfc5766 for 0x4000 to
	// 0x7FFF, which browsers use; rfc8656 for 0x4000 to 0x4FFF.
	// Default: rfc5766.
	Channels Channels `yaml:"channels"`

	// TCPRelays lets clients that came over tcp or tls open TCP connections to
	// peers (RFC 6062); Peers holds for them too. No browser asks for it.
	// Default: false.
	TCPRelays bool `yaml:"tcp_relays"`

	// Mobility lets an allocation follow its client to another address, if the
	// client asks for a ticket (RFC 8016). No browser does. Default: false.
	Mobility bool `yaml:"mobility"`

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

	// AlternateServers are where clients are sent that this server has no room for
	// (ALTERNATE-SERVER, RFC 8489 §10): turn2.example.org:3478, 203.0.113.8:3478 or
	// [2001:db8::8]:3478, each in turn. They have to accept the same credentials.
	// Names are looked up at start. Default: none.
	AlternateServers []HostPort `yaml:"alternate_servers"`

	// DataPath is how datagrams go through: batched, one loop for each core that
	// receives and sends many at once (Linux); portable, on every system; auto, the
	// best that works here. What the other side sees is the same. Default: auto.
	DataPath DataPath `yaml:"datapath"`

	// SelfTest is how often the relay is tried, over each transport, by a client of
	// our own: 1m to 7d, or 0 for at start only. Default: 6h.
	SelfTest Duration `yaml:"self_test"`
}

// STUN is the discovery of how a NAT behaves (RFC 5780), which answers Binding
// requests and nothing else. It needs a udp:// listener.
type STUN struct {
	// AlternatePort is a second UDP port on every address of the first udp://
	// listener. Two ports tell how a NAT maps. 0: off. Default: 3479.
	AlternatePort int `yaml:"alternate_port"`

	// AlternateAddress is a second address of this host, which tells how a NAT
	// filters: 203.0.113.11, or behind a 1:1 NAT 203.0.113.11=10.0.0.6
	// (public=local). The first one is in Relay.Addresses. Default: none.
	AlternateAddress AlternateAddress `yaml:"alternate_address"`
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

	// Mode says who may be a peer at all, besides the live relays of this service,
	// which always may. internet: whoever Deny and Allow let pass. signaled: of
	// those, only the addresses from which we ourselves saw the session or the
	// allocation of somebody arrive who shares a room or a call with the user;
	// whose credentials come from elsewhere reaches live relays alone. relays:
	// nobody else; both sides then have to use the relay. Default: internet.
	Mode PeerMode `yaml:"mode"`
}

// Credentials is who may use the relay: whoever holds a user name of the form
// EXPIRY:USER signed with one of the secrets, and the Users with passwords.
type Credentials struct {
	// Secrets are shared with whoever hands out credentials, at least 16 bytes
	// each. The first signs, all verify, so a new one is put first and the old
	// one removed a TTL later. Default: none, which makes a random one at start,
	// also beside Users: the page and /v1/ice hand out what it signs.
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

	// MaxSession is how long one allocation may live however often it is refreshed:
	// 0 for no limit, or 1m to 365d. Default: 0.
	MaxSession Duration `yaml:"max_session"`

	// Users are user names with a password each, under the same rules as Secrets.
	// They do not expire. A name has 1 to 508 bytes, and does not begin with digits
	// and a colon, or have nothing but digits: such names are signed. Default: none.
	Users map[string]Secret `yaml:"users"`

	Tokens Tokens `yaml:"tokens"`

	// FromFiles is what Load read from SecretFiles. It is exported because fmt
	// prints an unexported field without asking its type.
	FromFiles []Secret `yaml:"-" json:"-"`
}

// Tokens are credentials that another service seals for its users (RFC 7635). No
// browser has them.
type Tokens struct {
	// Server is the name that tokens are made for, 1 to 255 bytes. Default: empty,
	// which is the realm.
	Server string `yaml:"server"`

	// Keys are shared with that service, by their id (kid): base64 of 16 bytes for
	// A128GCM, or of 32 for A256GCM. Default: none, which takes no tokens.
	Keys map[string]Secret `yaml:"keys"`
}

// Material is the key itself.
func (t *Tokens) Material(id string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(string(t.Keys[id]))
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

	// UnauthenticatedPerAddress is how many answers without authentication (401,
	// 438, Binding) one address (IPv6: /64) gets over UDP, written 200/s, ten times
	// as many at once. What is beyond goes unanswered, so that who forges
	// the sender's address cannot use us to flood it. Default: 200/s.
	UnauthenticatedPerAddress Rate `yaml:"unauthenticated_per_address"`

	// BandwidthPerAllocation, BandwidthPerUser and Bandwidth, of all together, are
	// in bytes a second each way: 250000, 250k, 10M or 1G (thousands). What is
	// beyond is dropped, as a slower line would. A video call takes about 300k each
	// way. Default: 0.
	BandwidthPerAllocation Bandwidth `yaml:"bandwidth_per_allocation"`
	// BandwidthPerUser counts the allocations of one user together. Default: 0.
	BandwidthPerUser Bandwidth `yaml:"bandwidth_per_user"`
	// Bandwidth counts everything. Default: 0.
	Bandwidth Bandwidth `yaml:"bandwidth"`
}
