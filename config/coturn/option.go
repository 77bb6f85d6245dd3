package coturn

import "slices"

// translate puts a line where it is looked at, or remarks on it.
func (t *translator) translate(l line) {
	if text, ok := same[l.option]; ok {
		t.note(l, "%s", text)
		return
	}
	if text, ok := lost[l.option]; ok {
		if isSwitch(l.option) && !l.on() {
			t.note(l, "is off, and turnpike has nothing like it")
			return
		}
		t.care(l, "%s", text)
		return
	}
	if slices.Contains(repeated, l.option) {
		if t.times[l.option]++; t.times[l.option] > most(l.option) {
			t.care(l, "is beyond %d lines of its kind; left out", most(l.option))
			return
		}
		t.several = append(t.several, l)
		return
	}
	if before, ok := t.last[l.option]; ok {
		t.note(before, "line %d says it again and counts", l.number)
	}
	t.last[l.option] = l
}

// most bounds the lines of an option, and with them how long a translation takes.
func most(option string) int {
	switch option {
	case "user":
		return MaxFile
	case "static-auth-secret", "allowed-peer-ip", "denied-peer-ip":
		return maxRules
	}
	return 64
}

// once returns the line of an option, the last one where there are several.
func (t *translator) once(option string) (line, bool) {
	l, ok := t.last[option]
	return l, ok
}

// each returns the lines of an option.
func (t *translator) each(options ...string) (list []line) {
	for _, l := range t.several {
		if slices.Contains(options, l.option) {
			list = append(list, l)
		}
	}
	return list
}

// is tells whether a switch is on.
func (t *translator) is(option string) bool {
	l, ok := t.last[option]
	return ok && l.on()
}

func known(option string) bool {
	_, isSame := same[option]
	_, isLost := lost[option]
	return isSame || isLost || slices.Contains(repeated, option) || slices.Contains(single, option)
}

// repeated are the options that count each time.
var repeated = []string{
	"listening-ip", "relay-ip", "external-ip", "aux-server",
	"user", "static-auth-secret",
	"allowed-peer-ip", "denied-peer-ip",
	"alternate-server", "udp-alternate-server", "tcp-alternate-server", "tls-alternate-server",
}

// single are the options of which the last counts, and that have a key.
var single = []string{
	"listening-port", "tls-listening-port", "alt-listening-port", "tcp-proxy-port",
	"no-udp", "no-tcp", "no-tls", "dtls", "no-dtls", "no-rfc5780", "rfc5780",
	"min-port", "max-port", "cert", "pkey", "pkey-pwd",
	"no-tcp-relay", "mobility", "keep-address-family", "allocation-default-address-family",
	"lt-cred-mech", "no-auth", "use-auth-secret", "realm", "server-name",
	"user-quota", "total-quota", "max-bps", "bps-capacity",
	"unauthorized-ratelimit", "unauthorized-ratelimit-rps",
	"prometheus", "prometheus-port", "prometheus-address",
	"verbose", "Verbose", "log-min-level",
	"max-allocate-lifetime", "channel-lifetime", "permission-lifetime", "rest-api-separator",
}

func isSwitch(option string) bool {
	return slices.Contains([]string{
		"allow-loopback-peers", "no-udp-relay", "oauth", "secure-stun", "check-origin-consistency", "stun-only", "no-stun",
		"server-relay", "cli", "web-admin", "web-admin-listen-on-workers", "udp-self-balance", "prometheus-username-labels",
		"prometheus-tls", "raw-public-keys", "rfc3489-compatibility", "tlsv1", "tlsv1_1", "no-tlsv1_2", "include-reason-string", "log-binding",
	}, option)
}

const (
	ownThreads = "turnpike takes the processors and buffers that it finds"
	ownLog     = "turnpike writes to standard error, which systemd keeps: journalctl -u turnpike; log.level and log.format say how"
	ownNonce   = "a nonce is always bound to its client, and runs out"
	ownTLS     = "TLS 1.2 and 1.3 with the ciphers of Go's library; none are to be chosen"
	ownUnit    = "is for systemd's unit to say"
)

// same are options that need no key: turnpike does so anyway, or has no use for them.
var same = map[string]string{
	"fingerprint":                       "answers carry a fingerprint where the request does",
	"no-multicast-peers":                "multicast peers are always refused",
	"no-loopback-peers":                 "loopback peers are always refused",
	"stale-nonce":                       ownNonce,
	"stateless-nonce":                   ownNonce,
	"stateless-nonce-secret":            ownNonce,
	"no-auth-pings":                     "there is no database to ask",
	"no-dynamic-ip-list":                "there is no database to ask",
	"no-dynamic-realms":                 "there is no database to ask",
	"relay-threads":                     ownThreads,
	"cpus":                              ownThreads,
	"sock-buf-size":                     ownThreads,
	"udp-recvmmsg":                      ownThreads,
	"udp-recvmmsg-log":                  ownThreads,
	"udp-sendmmsg-log":                  ownThreads,
	"udp-gso":                           ownThreads,
	"ne":                                ownThreads,
	"max-allocate-timeout":              "connections that do not authenticate are always ended",
	"respond-http-unsupported":          "what is not TURN is not answered on a port of the relay",
	"drop-invalid-packets":              "invalid packets are always dropped",
	"drop-invalid-packets-log":          "invalid packets are counted: turnpike_drops_total at /metrics",
	"no-software-attribute":             "its name and version are told to nobody",
	"prod":                              "its name and version are told to nobody",
	"no-stun-backward-compatibility":    "the STUN of 2003 (RFC 3489) is never spoken",
	"stun-backward-compatibility":       "the STUN of 2003 (RFC 3489) is never spoken; all in use speak RFC 5389 or later",
	"response-origin-only-with-rfc5780": "RESPONSE-ORIGIN is told only where RFC 5780 asks for it",
	"rfc5766-channel-numbers":           "channel numbers to 0x7FFF are taken unless turn.channels says otherwise",
	"no-cli":                            "there is none",
	"no-sslv2":                          ownTLS,
	"no-sslv3":                          ownTLS,
	"no-tlsv1":                          ownTLS,
	"no-tlsv1_1":                        ownTLS,
	"cipher-list":                       ownTLS,
	"ec-curve-name":                     ownTLS,
	"dh-file":                           ownTLS,
	"dh566":                             ownTLS,
	"dh1066":                            ownTLS,
	"dh2066":                            ownTLS,
	"daemon":                            ownUnit,
	"pidfile":                           ownUnit,
	"proc-user":                         ownUnit,
	"proc-group":                        ownUnit,
	"log-file":                          ownLog,
	"no-stdout-log":                     ownLog,
	"syslog":                            ownLog,
	"syslog-facility":                   ownLog,
	"simple-log":                        ownLog,
	"new-log-timestamp":                 ownLog,
	"new-log-timestamp-format":          ownLog,
	"version":                           "is for the command line",
}

const (
	noDatabase = "turnpike has no database: applications sign credentials with a secret (turn.credentials.secrets), and software that cannot gets a name and password (turn.credentials.users)"
	noCLI      = "has no equivalent of its own: turnpike sessions and turnpike disconnect do as its commands did, the dashboard is at admin.listen, and settings are changed in turnpike.yml"
	noDevice   = "addresses are chosen by themselves, not by device; put those of the device in turn.listen or turn.relay.addresses"
	noMux      = "each allocation has a port of its own"
)

// lost are options without an equivalent, and why.
var lost = map[string]string{
	"listening-device":            noDevice,
	"relay-device":                noDevice,
	"alt-tls-listening-port":      "has no equivalent: NAT behaviour is tested over UDP alone, by stun.alternate_port",
	"no-udp-relay":                "has no equivalent: a relay is UDP, and a call needs it",
	"userdb":                      noDatabase,
	"db":                          noDatabase,
	"psql-userdb":                 noDatabase,
	"sql-userdb":                  noDatabase,
	"mysql-userdb":                noDatabase,
	"mongo-userdb":                noDatabase,
	"redis-userdb":                noDatabase,
	"secret-key-file":             noDatabase,
	"redis-statsdb":               "has no equivalent: figures are at admin.listen, /metrics, for Prometheus",
	"prometheus-path":             "the path is /metrics",
	"prometheus-username-labels":  "has no equivalent: a label for each user has no bound",
	"prometheus-tls":              "has no equivalent of its own; admin.listen: https://… takes the certificate of tls",
	"prometheus-cert":             "has no equivalent of its own; admin.listen: https://… takes the certificate of tls",
	"prometheus-key":              "has no equivalent of its own; admin.listen: https://… takes the certificate of tls",
	"oauth":                       "its keys are in coturn's database, in the table oauth_key: put each kid with its ikm_key in turn.credentials.tokens.keys",
	"check-origin-consistency":    "has no equivalent: browsers send no ORIGIN to a relay",
	"software-attribute":          "has no equivalent: its name and version are told to nobody",
	"secure-stun":                 "has no equivalent: Binding is answered without credentials, as every ICE client expects, and no more than turn.limits.unauthenticated_per_address",
	"stun-only":                   "has no equivalent: there is always a relay; without a secret and users nobody is let in to it",
	"no-stun":                     "has no equivalent: Binding is part of every relay",
	"raw-public-keys":             "has no equivalent: clients expect a certificate",
	"CA-file":                     "has no equivalent: clients do not show certificates; they have credentials",
	"tlsv1":                       "has no equivalent: " + ownTLS,
	"tlsv1_1":                     "has no equivalent: " + ownTLS,
	"no-tlsv1_2":                  "has no equivalent: " + ownTLS,
	"udp-self-balance":            "has no equivalent, and no need: the ports of one address share the load",
	"drain-min-allocations":       "has no equivalent: turnpike drain waits until the last call has ended, drain.timeout at most",
	"allow-loopback-peers":        "left out: it opens what listens on this host alone; if a media server is meant, put its public address in turn.peers.allow",
	"cli":                         noCLI,
	"cli-ip":                      noCLI,
	"cli-port":                    noCLI,
	"cli-password":                noCLI,
	"cli-max-output-sessions":     noCLI,
	"web-admin":                   noCLI,
	"web-admin-ip":                noCLI,
	"web-admin-port":              noCLI,
	"web-admin-listen-on-workers": noCLI,
	"acme-redirect":               "has no equivalent: port 80 is free for whatever renews the certificate",
	"log-binding":                 "has no equivalent: what happens per packet is counted, at /metrics",
	"server-relay":                "has no equivalent, and coturn itself warns of it",
	"rfc3489-compatibility":       "has no equivalent: the STUN of 2003 is not spoken",
	"include-reason-string":       "has no equivalent: an answer's reason is as short as its RFC allows",
	"multiplex-peer":              noMux,
	"multiplex-peer-port":         noMux,
	"multiplex-peer-max-peers":    noMux,
}
