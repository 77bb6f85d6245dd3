package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBadInputIsRefusedInTheseWords(t *testing.T) {
	const generate = "; make one with: openssl rand -base64 32"
	for text, want := range map[string]string{
		// Form.
		"realm: [":            "line 1: not valid YAML: did not find expected node content",
		"realm: a\n\tb: c":    "line 2: not valid YAML: found a tab character that violates indentation",
		"just text":           "line 1: want keys and values (realm: …), not one value",
		"[a, b]":              "line 1: want keys and values (realm: …), not a list",
		"realm: a\n---\nb: c": "line 2: a second document begins here; the configuration is one document",
		"realm: a\nrealm: b":  "line 2: realm: given twice, first in line 1",
		"[a]: b":              "line 1: a key is one word, not a list",
		"<<: {realm: x}":      "line 1: <<: unknown key; known here: realm, turn, stun, http, tls, admin, drain, log",

		"drain: {timeout: 8d}":                   "line 1: drain.timeout: 192h0m0s is out of range, want 0s to 7d",
		"drain: {timeout: 1m, spread: 2m}":       "line 1: drain.spread: 2m0s is out of range, want 0s to drain.timeout",
		"drain: {move_to: 'http://a.example'}":   `line 1: drain.move_to: "http://a.example" is not https://, and a browser there gets no camera`,
		"drain: {move_to: 'https://a.example/'}": `line 1: drain.move_to: "https://a.example/" has more than an origin; did you mean https://a.example?`,

		// Keys.
		"turn:\n  lisen: []":        "line 2: turn.lisen: unknown key; did you mean turn.listen?",
		"relam: x":                  "line 1: relam: unknown key; did you mean realm?",
		"listen: []":                "line 1: listen: unknown key; did you mean turn.listen or http.listen or admin.listen?",
		"turn: {secrets: []}":       "line 1: turn.secrets: unknown key; did you mean turn.credentials.secrets?",
		"turn: {peers: {zzzzz: 1}}": "line 1: turn.peers.zzzzz: unknown key; known here: deny, allow, min_port, mode",

		// Kinds.
		"turn: x":                               "line 1: turn: want keys below it, not one value",
		"turn: {listen: 'udp://:1'}":            `line 1: turn.listen: want a list: ["udp://:1"]`,
		"turn: {listen: {a: b}}":                "line 1: turn.listen: want a list, not keys and values",
		"realm: [a]":                            "line 1: realm: want one value, not a list",
		"realm:":                                "line 1: realm: has no value; leave the key out for its default",
		"turn: {listen: [[]]}":                  "line 1: turn.listen[0]: want one value, not a list",
		"turn: {peers: {min_port: x}}":          `line 1: turn.peers.min_port: "x" is not a whole number`,
		"turn: {credentials: {secrets: short}}": "line 1: turn.credentials.secrets: want a list, not one value",

		// Values.
		"realm: ''":                                                                 "line 1: realm: has 0 characters, want 1 to 127",
		`realm: 'a"b'`:                                                              `line 1: realm: holds '"', which a realm cannot`,
		"turn: {listen: []}":                                                        "line 1: turn.listen: is empty; the relay needs at least one listener, for example udp://:3478",
		"turn: {listen: [':3478']}":                                                 `line 1: turn.listen[0]: ":3478" is not a listener; write it like udp://:3478 or https://192.0.2.1:443`,
		"turn: {listen: ['sctp://:3478']}":                                          `line 1: turn.listen[0]: "sctp://:3478" begins with an unknown scheme; known are udp, tcp, tls, dtls, http and https`,
		"turn: {listen: ['http://:3478']}":                                          `line 1: turn.listen[0]: http://:3478 does not belong here; want udp:// or tcp:// or tls:// or dtls://`,
		"turn: {listen: ['udp://:70000']}":                                          `line 1: turn.listen[0]: "udp://:70000": "70000" is not a port, want 1 to 65535`,
		"turn: {listen: ['udp://a.example:1']}":                                     `line 1: turn.listen[0]: "udp://a.example:1": "a.example" is not an IP address of this host; leave it empty for every address`,
		"turn: {listen: ['udp://::1:3478']}":                                        `line 1: turn.listen[0]: "udp://::1:3478": an IPv6 address stands in brackets, an IPv4 address does not`,
		"turn: {listen: ['udp://0.0.0.0:3478']}":                                    `line 1: turn.listen[0]: "udp://0.0.0.0:3478": leave the address empty for every address of this host`,
		"turn: {listen: ['udp://localhost:1']}":                                     "line 1: turn.listen[0]: udp://localhost:1: localhost is for http.listen; clients of a relay need its address",
		"turn: {listen: ['udp://:3478/x']}":                                         `line 1: turn.listen[0]: "udp://:3478/x" has more than an address and a port`,
		"turn: {listen: ['udp://:1', 'udp://192.0.2.1:1']}":                         "line 1: turn.listen[1]: udp://192.0.2.1:1 is already taken by turn.listen[0] udp://:1",
		"turn: {listen: ['udp://:50000']}":                                          "line 1: turn.listen[0]: udp://:50000 lies within turn.relay.ports 49152-65535",
		"http: {listen: ['http://:3478']}":                                          "line 1: http.listen[0]: http://:3478 and turn.listen[1] tcp://:3478 cannot share a port",
		"turn: {listen: ['tls://:5349']}":                                           "line 1: turn.listen[0]: tls://:5349 needs a certificate; set tls.cert and tls.key",
		"turn: {listen: ['dtls://']}":                                               "line 1: turn.listen[0]: dtls://:5349 needs a certificate; set tls.cert and tls.key",
		"{turn: {listen: ['udp://:3478', 'dtls://:3478']}, tls: {cert: a, key: b}}": "line 1: turn.listen[1]: dtls://:3478 is already taken by turn.listen[0] udp://:3478",
		"{turn: {listen: ['tcp://:443', 'tls://:443']}, tls: {cert: a, key: b}}":    "line 1: turn.listen[1]: tls://:443 is already taken by turn.listen[0] tcp://:443",
		"turn: {proxy_protocol: [10.0.0.1/8]}":                                      "line 1: turn.proxy_protocol[0]: \"10.0.0.1/8\" has bits set beyond its length; did you mean 10.0.0.0/8?",
		"http: {listen: ['https://:443']}":                                          "line 1: http.listen[0]: https://:443 needs a certificate; set tls.cert and tls.key",
		"http: {peerjs: {key: 'a b'}}":                                              `line 1: http.peerjs.key: "a b" is not 1 to 64 letters, digits, - and _`,
		"http: {peerjs: {hold: 61m}}":                                               "line 1: http.peerjs.hold: 1h1m is out of range, want 0 to 1h",
		"tls: {cert: a}":                                                            "line 1: tls.cert: needs tls.key beside it",
		"tls: {key: a}":                                                             "line 1: tls.key: needs tls.cert beside it",
		"turn: {urls: ['https://x.example']}":                                       `line 1: turn.urls[0]: "https://x.example" is not a TURN URL; write it like turn:turn.example.org:3478?transport=udp`,
		"turn: {urls: ['turn:localhost']}":                                          `line 1: turn.urls[0]: "turn:localhost": other hosts cannot reach localhost`,
		"turn: {urls: ['turn:x.example?a=b']}":                                      `line 1: turn.urls[0]: "turn:x.example?a=b": what follows ? is transport=udp or transport=tcp`,
		"turn: {urls: [turn:a.b,turn:a.b,turn:a.b,turn:a.b,turn:a.b]}":              "line 1: turn.urls: holds 5 URLs; browsers slow down beyond 4",
		"turn: {relay: {addresses: [1.2.3]}}":                                       `line 1: turn.relay.addresses[0]: "1.2.3" is neither an IP address nor a host name`,
		"turn: {relay: {addresses: [192.0.2.1=x]}}":                                 `line 1: turn.relay.addresses[0]: "192.0.2.1=x": what follows = is an IP address of this host`,
		"turn: {relay: {addresses: ['192.0.2.1=fd00::1']}}":                         `line 1: turn.relay.addresses[0]: "192.0.2.1=fd00::1": both addresses are IPv4, or both are IPv6`,
		"turn: {relay: {ports: 5000}}":                                              `line 1: turn.relay.ports: "5000" is not a range of ports; write it like 49152-65535`,
		"turn: {relay: {ports: 6000-5000}}":                                         `line 1: turn.relay.ports: "6000-5000" ends before it begins`,
		"turn: {relay: {ports: 100-2000}}":                                          `line 1: turn.relay.ports: begins below 1024, among the ports of other services`,
		"turn: {peers: {deny: [10.0.0.1/8]}}":                                       `line 1: turn.peers.deny[0]: "10.0.0.1/8" has bits set beyond its length; did you mean 10.0.0.0/8?`,
		"turn: {peers: {deny: [private]}}":                                          `line 1: turn.peers.deny[0]: "private" is neither a network nor the word recommended`,
		"turn: {peers: {allow: [recommended]}}":                                     "line 1: turn.peers.allow[0]: recommended is for turn.peers.deny",
		"turn: {peers: {min_port: -1}}":                                             "line 1: turn.peers.min_port: -1 is not a port, want 0 to 65535",
		"turn: {credentials: {ttl: 12}}":                                            `line 1: turn.credentials.ttl: "12" is not a duration; write it like 90s, 12h or 7d`,
		"turn: {credentials: {ttl: 1s}}":                                            "line 1: turn.credentials.ttl: 1s is out of range, want 10s to 365d",
		"turn: {credentials: {expiry: never}}":                                      `line 1: turn.credentials.expiry: "never" is not one of new-allocations, strict`,
		"turn: {limits: {allocations: -1}}":                                         "line 1: turn.limits.allocations: -1 is negative; 0 means no limit",
		"turn: {datapath: fast}":                                                    `line 1: turn.datapath: "fast" is not one of auto, batched, portable`,
		"turn: {family: ipv6}":                                                      `line 1: turn.family: "ipv6" is not one of ipv4, follow`,
		"turn: {channels: all}":                                                     `line 1: turn.channels: "all" is not one of rfc5766, rfc8656`,
		"turn: {tcp_relays: yes}":                                                   `line 1: turn.tcp_relays: "yes" is neither true nor false`,
		"turn: {peers: {mode: open}}":                                               `line 1: turn.peers.mode: "open" is not one of internet, signaled, relays`,
		"turn: {credentials: {max_session: 1s}}":                                    "line 1: turn.credentials.max_session: 1s is out of range, want 1m to 365d, or 0 for no limit",
		"turn: {credentials: {max_session: -1h}}":                                   "line 1: turn.credentials.max_session: -1h is out of range, want 1m to 365d, or 0 for no limit",
		"turn: {limits: {unauthenticated_per_address: 200}}":                        `line 1: turn.limits.unauthenticated_per_address: "200" is not a rate; write it like 200/s, or 0 for no limit`,
		"turn: {limits: {unauthenticated_per_address: 200/m}}":                      `line 1: turn.limits.unauthenticated_per_address: "200/m" is not a rate; write it like 200/s, or 0 for no limit`,
		"turn: {limits: {unauthenticated_per_address: 9999999/s}}":                  `line 1: turn.limits.unauthenticated_per_address: "9999999/s" is out of range, want at most 1000000/s; 0 means no limit`,
		"turn: {limits: {bandwidth: 10MB}}":                                         `line 1: turn.limits.bandwidth: "10MB" is not a number of bytes a second; write it like 250000, 250k, 10M or 1G`,
		"turn: {limits: {bandwidth: -1}}":                                           `line 1: turn.limits.bandwidth: "-1" is not a number of bytes a second; write it like 250000, 250k, 10M or 1G`,
		"turn: {limits: {bandwidth_per_user: 101G}}":                                `line 1: turn.limits.bandwidth_per_user: "101G" is out of range, want at most 100G; 0 means no limit`,
		"turn: {limits: {bandwidth_per_allocation: 4294967295G}}":                   `line 1: turn.limits.bandwidth_per_allocation: "4294967295G" is out of range, want at most 100G; 0 means no limit`,
		"turn: {alternate_servers: ['a b:1']}":                                      `line 1: turn.alternate_servers[0]: "a b:1": "a b" is neither an IP address nor a host name`,
		"turn: {alternate_servers: ['a.example:0']}":                                `line 1: turn.alternate_servers[0]: "a.example:0": "0" is not a port, want 1 to 65535`,
		"turn: {alternate_servers: ['2001:db8::8']}":                                `line 1: turn.alternate_servers[0]: "2001:db8::8": an IPv6 address stands in brackets, nothing else does`,
		"turn: {alternate_servers: ['[a.example]:1']}":                              `line 1: turn.alternate_servers[0]: "[a.example]:1": an IPv6 address stands in brackets, nothing else does`,
		"turn: {alternate_servers: ['127.0.0.1:3478']}":                             `line 1: turn.alternate_servers[0]: "127.0.0.1:3478": other hosts cannot reach 127.0.0.1`,
		"stun: {alternate_port: 65536}":                                             "line 1: stun.alternate_port: 65536 is not a port, want 0 to 65535",
		"stun: {alternate_port: 3478}":                                              "line 1: stun.alternate_port: 3478 is the port of turn.listen[0] udp://:3478; set another, or 0 for none",
		"stun: {alternate_port: 50000}":                                             "line 1: stun.alternate_port: 50000 lies within turn.relay.ports 49152-65535; set another, or 0 for none",
		"turn: {listen: ['udp://:3479']}":                                           "stun.alternate_port: 3479 is the port of turn.listen[0] udp://:3479; set another, or 0 for none",
		"stun: {alternate_port: 0, alternate_address: 192.0.2.1}":                   "line 1: stun.alternate_address: needs stun.alternate_port beside it",
		"stun: {alternate_address: x y}":                                            `line 1: stun.alternate_address: "x y" is neither an IP address nor a host name`,
		"http: {origins: ['*']}":                                                    `line 1: http.origins[0]: "*" would let every web page use the signaling with its visitors' rights; name the origins, or set http.auth.mode to token`,
		"http: {origins: [example.org]}":                                            `line 1: http.origins[0]: "example.org" is not an origin; write it like https://example.org`,
		"http: {origins: ['https://example.org/x']}":                                `line 1: http.origins[0]: "https://example.org/x" has more than an origin; did you mean https://example.org?`,
		"http: {trusted_proxies: [proxy]}":                                          `line 1: http.trusted_proxies[0]: "proxy" is not a network; write it like 10.0.0.0/8 or 192.0.2.1`,
		"http: {auth: {mode: none}}":                                                `line 1: http.auth.mode: "none" is not one of auto, open, token`,
		"http: {auth: {mode: token}}":                                               `line 1: http.auth.mode: token lets nobody in without http.auth.keys, http.auth.jwks or http.auth.api_keys`,
		"http: {auth: {keys: [{alg: none, secret: q7Zp0vX2mK9sLd4RtYw8Bn3J}]}}":     `line 1: http.auth.keys[0]: alg "none" is not one of HS256, RS256, ES256, EdDSA`,
		"http: {auth: {keys: [{alg: HS256, secret: q7Zp0vX2mK9sLd4RtYw8Bn3J}]}}":    `line 1: http.auth.keys[0]: the secret has 24 bytes, HS256 needs at least 32` + generate,
		"http: {auth: {keys: [{alg: ES256, secret: q7Zp0vX2mK9sLd4RtYw8Bn3J}]}}":    `line 1: http.auth.keys[0]: a secret is for HS256; ES256 has a public key in a file`,
		"http: {auth: {keys: [{alg: ES256}]}}":                                      `line 1: http.auth.keys[0]: needs either secret or file`,
		"http: {auth: {keys: [{alg: ES256, file: x, flie: x}]}}":                    `line 1: http.auth.keys[0].flie: unknown key; did you mean http.auth.keys[0].file?`,
		"http: {auth: {jwks: {url: 'http://keys.example'}}}":                        `line 1: http.auth.jwks.url: "http://keys.example" is not a URL that begins with https://`,
		"http: {auth: {jwks: {refresh: 1s}}}":                                       `line 1: http.auth.jwks.refresh: 1s is out of range, want 1m to 7d`,
		"http: {auth: {api_keys: [hunter2]}}":                                       `line 1: http.auth.api_keys[0]: is too short: 7 bytes, a secret has at least 16` + generate,
		"http: {auth: {api_keys: ['sha256:9a0364b9e99bb480dd25e1f0284c8555']}}":     `line 1: http.auth.api_keys[0]: what follows sha256: is not a hash of 64 hexadecimal digits`,
		"http: {connections: -1}":                                                   "line 1: http.connections: -1 is negative; 0 means no limit",
		"turn: {self_test: 1s}":                                                     "line 1: turn.self_test: 1s is out of range, want 1m to 7d, or 0 for at start only",
		"admin: {listen: 'http://:9641'}":                                           "line 1: admin.listen: http://:9641 can be reached from other hosts; set admin.tokens, or listen on localhost",
		"admin: {listen: 'https://localhost:9641'}":                                 "line 1: admin.listen: https://localhost:9641 needs a certificate; set tls.cert and tls.key",
		"admin: {listen: 'udp://127.0.0.1:9641'}":                                   "line 1: admin.listen: udp://127.0.0.1:9641 does not belong here; want http:// or https://",
		"admin: {listen: 'http://localhost:8080'}":                                  "line 1: admin.listen: http://localhost:8080 and http.listen[0] http://localhost:8080 cannot share a port",
		"http: {listen: ['http://localhost:80', 'http://[::1]:80']}":                "line 1: http.listen[1]: http://[::1]:80 is already taken by http.listen[0] http://localhost:80",
		"admin: {listen: 'http://127.0.0.1:3478'}":                                  "line 1: admin.listen: http://127.0.0.1:3478 and turn.listen[1] tcp://:3478 cannot share a port",
		"admin: {tokens: [hunter2]}":                                                "line 1: admin.tokens[0]: is too short: 7 bytes, a secret has at least 16" + generate,
		"log: {level: loud}":                                                        `line 1: log.level: "loud" is not one of debug, info, warn, error`,

		// Secrets, none of which is quoted.
		"turn: {credentials: {secrets: [hunter2]}}":                                                                       "line 1: turn.credentials.secrets[0]: is too short: 7 bytes, a secret has at least 16" + generate,
		"turn: {credentials: {secrets: [aaaaaaaaaaaaaaaaaaaaaaaa]}}":                                                      "line 1: turn.credentials.secrets[0]: repeats itself and is easy to guess" + generate,
		"turn: {credentials: {secrets: [abcdefghabcdefghabcdefgh]}}":                                                      "line 1: turn.credentials.secrets[0]: repeats itself and is easy to guess" + generate,
		"turn: {credentials: {secrets: [changeme-changeme-please]}}":                                                      "line 1: turn.credentials.secrets[0]: looks like a placeholder, not like a secret" + generate,
		"turn: {credentials: {secrets: [your-very-long-shared-secret]}}":                                                  "line 1: turn.credentials.secrets[0]: looks like a placeholder, not like a secret" + generate,
		"turn: {credentials: {users: [alice]}}":                                                                           "line 1: turn.credentials.users: want names and values below it, not a list",
		"turn: {credentials: {users: {alice: hunter2}}}":                                                                  "line 1: turn.credentials.users.alice: is too short: 7 bytes, a secret has at least 16" + generate,
		"turn: {credentials: {users: {alice: }}}":                                                                         "line 1: turn.credentials.users.alice: has no value; leave the key out for its default",
		"turn: {credentials: {users: {1700000000: q7Zp0vX2mK9sLd4RtYw8Bn3J}}}":                                            "line 1: turn.credentials.users.1700000000: a name of digits, or of digits and a colon, is one that is signed with a secret; choose another",
		"turn: {credentials: {users: {'17:alice': q7Zp0vX2mK9sLd4RtYw8Bn3J}}}":                                            "line 1: turn.credentials.users.17:alice: a name of digits, or of digits and a colon, is one that is signed with a secret; choose another",
		"turn: {credentials: {users: {'': q7Zp0vX2mK9sLd4RtYw8Bn3J}}}":                                                    "line 1: turn.credentials.users.: the name has 0 bytes, want 1 to 508",
		`turn: {credentials: {users: {"a\tb": q7Zp0vX2mK9sLd4RtYw8Bn3J}}}`:                                                "line 1: turn.credentials.users.a\tb: the name \"a\\tb\" holds a character that is not printable",
		"turn:\n  credentials:\n    users:\n      alice: q7Zp0vX2mK9sLd4RtYw8Bn3J\n      alice: q7Zp0vX2mK9sLd4RtYw8Bn3J": "line 5: turn.credentials.users.alice: given twice, first in line 4",
		"turn: {credentials: {tokens: {keys: {k: hunter2}}}}":                                                             "line 1: turn.credentials.tokens.keys.k: is too short: 7 bytes, a secret has at least 16" + generate,
		"turn: {credentials: {tokens: {keys: {k: q7Zp0vX2mK9sLd4RtYw8Bn3J}}}}":                                            "line 1: turn.credentials.tokens.keys.k: is not base64 of 16 or 32 bytes; make one with: openssl rand -base64 32",
		"turn: {credentials: {tokens: {keys: {'': 'q7Zp0vX2mK9sLd4RtYw8Bg=='}}}}":                                         "line 1: turn.credentials.tokens.keys.: the id is not 1 to 508 printable bytes",
		"turn: {credentials: {secrets: ['[redacted]']}}":                                                                  "line 1: turn.credentials.secrets[0]: is the word that stands for a secret in printed configurations, not a secret" + generate,
	} {
		_, err := Parse([]byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestTenErrorsAreNamedAtOnce(t *testing.T) {
	_, err := Parse([]byte(`realm: ""
turn:
  listen:
  - udp://:3478
  - udp://nowhere:1
  relay:
    ports: 9-
    adresses: []
  peers:
    deny: [10.0.0.0/33]
  credentials:
    secrets:
    - hunter2
    ttl: forever
http:
  listen: ["https://:443"]
  auth: {mode: nobody}
log:
  colour: yes
`))
	want := `line 1: realm: has 0 characters, want 1 to 127
line 5: turn.listen[1]: "udp://nowhere:1": "nowhere" is not an IP address of this host; leave it empty for every address
line 7: turn.relay.ports: "9-": "" is not a port, want 1 to 65535
line 8: turn.relay.adresses: unknown key; did you mean turn.relay.addresses?
line 10: turn.peers.deny[0]: "10.0.0.0/33" is not a network; write it like 10.0.0.0/8 or 192.0.2.1
line 13: turn.credentials.secrets[0]: is too short: 7 bytes, a secret has at least 16; make one with: openssl rand -base64 32
line 14: turn.credentials.ttl: "forever" is not a duration; write it like 90s, 12h or 7d
line 16: http.listen[0]: https://:443 needs a certificate; set tls.cert and tls.key
line 17: http.auth.mode: "nobody" is not one of auto, open, token
line 19: log.colour: unknown key; known here: level, format`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	var all Errors
	if !errors.As(err, &all) || len(all) != 10 {
		t.Errorf("%d errors, want 10", len(all))
	}
}

func TestRandomSecretsAreAccepted(t *testing.T) {
	for _, s := range []string{
		"9a0364b9e99bb480dd25e1f0284c8555", "MTIzNDU2Nzg5MGFiY2RlZg==", "correct horse battery staple",
		"p8Qm2vTxZ6rKc1Yw", "3f0a-77c1-be42-9d18",
	} {
		var secret Secret
		if err := secret.UnmarshalText([]byte(s)); err != nil {
			t.Errorf("%s %v", s, err)
		}
	}
}

func TestAliasesDoNotGrow(t *testing.T) {
	text := "turn:\n  listen: &a ['udp://:1000']\n  peers: {deny: &b [10.0.0.0/8], allow: *b}\nhttp: {trusted_proxies: *b}\n"
	c, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.HTTP.TrustedProxies) != 1 || len(c.Turn.Peers.Allow) != 1 {
		t.Errorf("aliases gave %v and %v", c.HTTP.TrustedProxies, c.Turn.Peers.Allow)
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for r := 'b'; r < 'k'; r++ {
		bomb += string(r) + ": &" + string(r) + " [" + strings.Repeat("*"+string(r-1)+",", 9) + "]\n"
	}
	if _, err := Parse([]byte(bomb + "turn: {listen: *j}")); err == nil {
		t.Error("a bomb of aliases is accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("realm: x\nturn: {listen: ['udp://:3478'], relay: {ports: 1-2}}"))
	f.Add([]byte("turn: &a {peers: *a}"))
	f.Add([]byte("turn: {credentials: {users: {alice: x, 1: y}}, limits: {bandwidth: 3k, unauthenticated_per_address: 2/s}}"))
	f.Add([]byte("turn: {tcp_relays: true, alternate_servers: ['[::2]', a:1]}\nstun: {alternate_port: 1, alternate_address: '192.0.2.1=192.0.2.2'}"))
	f.Add([]byte("http: {origins: ['*'], auth: {mode: token, keys: [{alg: HS256, secret: x, kid: a}, {file: b}], jwks: {url: 'https://a'}, api_keys: ['sha256:']}}"))
	f.Add([]byte("admin: {listen: '', tokens: [x]}\nturn: {self_test: 0}\nhttp: {connections: 0}"))
	f.Add([]byte("turn: {credentials: {secrets: [x], ttl: 7d}}\nhttp: {origins: ['https://a']}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err == nil {
			c.Warnings(time.Now())
			if _, again := Parse([]byte(printed(t, withoutSecrets(c)))); again != nil {
				t.Errorf("what is printed of\n%s\nis refused: %v", data, again)
			}
			return
		}
		var all Errors
		if !errors.As(err, &all) || len(all) == 0 || all.Error() == "" {
			t.Errorf("%T %v", err, err)
		}
	})
}

func withoutSecrets(c *Config) *Config {
	c.Turn.Credentials.Secrets, c.Turn.Credentials.Users, c.Turn.Credentials.Tokens.Keys = nil, nil, nil
	if c.Admin.Tokens = nil; !c.Admin.Listen.IsLoopback() {
		c.Admin.Listen = AdminListener{}
	}
	auth := &c.HTTP.Auth
	auth.Keys, auth.APIKeys, auth.InvitationSecrets = nil, nil, nil
	if auth.Mode == "token" && auth.JWKS.URL == "" {
		auth.JWKS.URL = "https://keys.example" // something has to let people in
	}
	return c
}
