package admin

import (
	"net/http"
	"net/netip"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A desc is a metric, and the labels whose values come with each sample. Those are
// words of our own and ports of the configuration, never what a client has sent.
func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("turnpike_"+name, help, labels, nil)
}

var (
	buildInfo   = desc("build_info", "1, with the version that runs.", "version", "revision", "goversion")
	allocations = desc("allocations", "Allocations of the moment, by the transport of the client.", "transport")
	relays      = desc("relayed_addresses", "Relayed transport addresses of the moment, by family.", "family")
	packets     = desc("relayed_packets_total", "Packets relayed: sent is from clients to peers, received from peers to clients.", "direction")
	bytes       = desc("relayed_bytes_total", "Bytes relayed, without headers.", "direction")
	errorCodes  = desc("errors_total", "Error responses of the relay by their STUN code.", "code")
	refusals    = desc("refusals_total", "Requests that the relay refused, by the STUN code of the answer and why. Code 0: the answer was kept back.", "code", "reason")
	dataPath    = desc("data_path", "1, with the way that packets take through this host.", "name")
	drops       = desc("drops_total", "What the relay dropped in silence, by why.", "cause")

	sessions = desc("sessions", "Signaling sessions of the moment: open, or away for a while without connection.", "state")
	lines    = desc("dialect_connections", "Connections of the moment that speak PeerJS or y-webrtc.")
	calls    = desc("call_outcomes_total", "Connections between two members, as their clients report them: direct, relayed (over which transport) or failed (why).",
		"outcome", "transport", "reason")

	roundTrips = desc("signal_round_trip_seconds", "From a WebSocket ping to its pong.")

	connections = desc("http_connections", "HTTP connections of the moment, without WebSockets.")
	refused     = desc("http_connections_refused_total", "HTTP connections that were hung up on, since there were too many.")

	selfTestGood = desc("self_test_success", "1 if the relay could be used over this transport and port when it was last tried.", "transport", "port")
	selfTestTime = desc("self_test_timestamp_seconds", "When the last self-test ended.")
	selfTestRTT  = desc("self_test_round_trip_seconds", "From one relayed address to another and back, in the last self-test.", "transport", "port")

	certificate = desc("certificate_not_after_timestamp_seconds", "When the certificate ends.")
)

// metrics shows the figures, and those of the process and of Go.
func metrics(figures func() Figures) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collector(figures))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// maxScrapes are answered at once; others get 503.
const maxScrapes = 4

// A collector takes all figures at one moment.
type collector func() Figures

// Describe says nothing, since no two of the metrics could clash.
func (collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(out chan<- prometheus.Metric) {
	f := c()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge(buildInfo, 1, f.Version, f.Revision, runtime.Version())
	for transport, n := range f.Allocations {
		gauge(allocations, float64(n), transport)
	}
	for family, n := range f.Relays {
		gauge(relays, float64(n), family)
	}
	count(packets, f.Sent.Packets, "sent")
	count(packets, f.Received.Packets, "received")
	count(bytes, f.Sent.Bytes, "sent")
	count(bytes, f.Received.Bytes, "received")
	for code, n := range f.Errors {
		count(errorCodes, n, strconv.Itoa(code))
	}
	for r, n := range f.Refusals {
		count(refusals, n, strconv.Itoa(r.Code), r.Reason)
	}
	gauge(dataPath, 1, f.DataPath.Name)
	for cause, n := range f.Drops {
		count(drops, n, cause)
	}
	gauge(sessions, float64(f.Open), "open")
	gauge(sessions, float64(f.Away), "away")
	gauge(lines, float64(f.Lines))
	count(calls, f.Calls.Direct, "direct", "", "")
	for transport, n := range f.Calls.Relayed {
		count(calls, n, "relayed", transport, "")
	}
	for why, n := range f.Calls.Failed {
		count(calls, n, "failed", "", why)
	}
	out <- f.RoundTrips.histogram()
	gauge(connections, float64(f.HTTPConnections))
	count(refused, f.HTTPRefused)
	if !f.SelfTest.At.IsZero() {
		gauge(selfTestTime, float64(f.SelfTest.At.UnixMilli())/1000)
	}
	for _, r := range f.SelfTest.Results {
		transport, port := transportAndPort(r.URL)
		good := 0.0
		if r.Good {
			good = 1
			gauge(selfTestRTT, r.RTT/1000, transport, port)
		}
		gauge(selfTestGood, good, transport, port)
	}
	if !f.Certificate.IsZero() {
		gauge(certificate, float64(f.Certificate.Unix()))
	}
}

// histogram adds up, since each bucket of Prometheus holds those before it.
func (r RoundTrips) histogram() prometheus.Metric {
	total, buckets := uint64(0), make(map[float64]uint64)
	for i, n := range r.Counts {
		total += n
		if i < len(r.Bounds) {
			buckets[r.Bounds[i].Seconds()] = total
		}
	}
	return prometheus.MustNewConstHistogram(roundTrips, total, r.Sum.Seconds(), buckets)
}

// transportAndPort of udp://192.0.2.2:3478.
func transportAndPort(url string) (transport, port string) {
	transport, at, _ := strings.Cut(url, "://")
	if a, err := netip.ParseAddrPort(at); err == nil {
		port = strconv.Itoa(int(a.Port()))
	}
	return transport, port
}
