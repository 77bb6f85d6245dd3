package probe

// A Sighting is what the relay saw of a test (signal/PROTOCOL.md, "Tests").
type Sighting struct {
	At        int64  `json:"at"` // Unix time in milliseconds
	Kind      string `json:"kind"`
	Transport string `json:"transport,omitempty"`
	Client    string `json:"client,omitempty"`
	Port      int    `json:"port,omitempty"`
	Code      int    `json:"code,omitempty"`
	Reason    string `json:"reason,omitempty"`
	By        int64  `json:"by,omitempty"`
	Limit     int    `json:"limit,omitempty"`
	Peer      string `json:"peer,omitempty"`
	Relay     string `json:"relay,omitempty"`
}
