package config

import "time"

// Default returns the configuration of an empty file.
func Default() *Config {
	return &Config{
		Realm: "turnpike",
		Turn: Turn{
			Listen:        []Listener{{Scheme: "udp", Port: 3478}, {Scheme: "tcp", Port: 3478}},
			URLs:          []TurnURL{},
			Family:        "ipv4",
			Channels:      "rfc5766",
			ProxyProtocol: []Prefix{},
			Relay: Relay{
				Addresses: []RelayAddress{},
				Ports:     PortRange{Min: 49152, Max: 65535},
			},
			Peers: Peers{
				Deny:    []PeerRule{{Recommended: true}},
				Allow:   []PeerRule{},
				MinPort: 1024,
				Mode:    "internet",
			},
			Credentials: Credentials{
				Secrets:     []Secret{},
				SecretFiles: []string{},
				TTL:         Duration(12 * time.Hour),
				Expiry:      "new-allocations",
				Users:       map[string]Secret{},
				Tokens:      Tokens{Keys: map[string]Secret{}},
			},
			Limits: Limits{
				AllocationsPerUser:        100,
				PermissionsPerAllocation:  64,
				UnauthenticatedPerAddress: 200,
			},
			AlternateServers: []HostPort{},
			DataPath:         "auto",
			SelfTest:         Duration(6 * time.Hour),
		},
		STUN: STUN{AlternatePort: 3479},
		HTTP: HTTP{
			Listen:         []Listener{{Scheme: "http", Host: "localhost", Port: 8080}},
			Origins:        []Origin{},
			TrustedProxies: []Prefix{},
			Connections:    16384,
			Auth:           Auth{Mode: "auto", Keys: []Key{}, JWKS: JWKS{Refresh: Duration(time.Hour)}, APIKeys: []Secret{}, InvitationSecrets: []Secret{}},
			PeerJS:         PeerJS{Key: "peerjs", Hold: Duration(30 * time.Second)},
		},
		Admin: Admin{Listen: AdminListener{Listener{Scheme: "http", Host: "localhost", Port: 9641}}, Tokens: []Secret{}},
		Drain: Drain{Timeout: Duration(time.Hour), Spread: Duration(time.Minute)},
		Log:   Log{Level: "info", Format: "auto"},
	}
}
