package signal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	invitationLimit    = 2 << 10 // bytes
	invitationTTL      = 24 * time.Hour
	maxInvitationTTL   = 30 * 24 * time.Hour
	invitationMACBytes = 16
)

// guestSuffix ends the name of every guest where others have tokens, so that no
// guest is taken for one of them.
const guestSuffix = " (guest)"

// invitation lets a guest into one room until it expires.
type invitation struct {
	Room    string `json:"r"`
	Expires int64  `json:"x"` // Unix time in seconds
	Name    string `json:"n,omitempty"`
}

// invitations sign with the first key, and verify with all.
type invitations [][]byte

func newInvitations(secrets []string) invitations {
	var keys invitations
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("turnpike invitation 1")) // the secret signs other things, too
		keys = append(keys, mac.Sum(nil))
	}
	return keys
}

func sealInvitation(key []byte, payload string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:invitationMACBytes])
}

func (k invitations) sign(i invitation) string {
	data := encode(i)
	payload := base64.RawURLEncoding.EncodeToString(data)
	return payload + "." + sealInvitation(k[0], payload)
}

// verify returns what an invitation grants.
func (k invitations) verify(text string, now time.Time) (*grant, *problem) {
	payload, seal, ok := strings.Cut(text, ".")
	if !ok || len(text) > invitationLimit {
		return nil, errNoInvitation
	}
	genuine := false
	for _, key := range k {
		genuine = hmac.Equal([]byte(sealInvitation(key, payload)), []byte(seal)) || genuine
	}
	if !genuine {
		return nil, errNoInvitation
	}
	var i invitation
	data, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(data, &i) != nil {
		return nil, errNoInvitation
	}
	expires := time.Unix(i.Expires, 0)
	if !now.Before(expires) {
		return nil, &problem{badToken, "the invitation has expired; ask for a new one"}
	}
	return &grant{guest: true, sessions: namesakes, name: i.Name, room: i.Room, expires: expires}, nil
}

var errNoInvitation = &problem{badToken, "the invitation is not one of this server"}
