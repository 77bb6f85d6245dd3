package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// A gate lets in who may read, and of those who may change.
type gate struct {
	local    func(*http.Request) error
	readers  [][sha256.Size]byte
	changers [][sha256.Size]byte // the admin token, or none
	wrong    throttle
}

func newGate(cfg Config) *gate {
	g := &gate{local: cfg.Local}
	for _, token := range cfg.Tokens {
		g.readers = append(g.readers, sha256.Sum256([]byte(token)))
	}
	if cfg.Token != "" {
		g.changers = append(g.changers, sha256.Sum256([]byte(cfg.Token)))
	}
	return g
}

// reads lets in this host, and whoever shows a token.
func (g *gate) reads(next http.Handler) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, r *http.Request, shown bool) bool {
		if shown {
			return true
		}
		against := g.local(r)
		switch {
		case against == nil:
			return true
		case len(g.readers) > 0:
			unauthorized(w, against.Error()+"; show one of admin.tokens as Authorization: Bearer")
		default:
			http.Error(w, against.Error()+"; admin.tokens lets in who shows one", http.StatusForbidden)
		}
		return false
	})
}

// changes lets in whoever shows the admin token, which those who only read do not have.
func (g *gate) changes(next http.Handler) http.Handler {
	return g.guard(next, func(w http.ResponseWriter, r *http.Request, shown bool) bool {
		switch token, _ := bearer(r); {
		case !shown:
			unauthorized(w, "this takes the admin token, as Authorization: Bearer; the daemon keeps it in a file, see token_file of /v1/status")
		case !among(g.changers, token):
			http.Error(w, "this token may only read; what changes anything takes the admin token", http.StatusForbidden)
		default:
			return true
		}
		return false
	})
}

// guard asks once the token, where one is shown, has been found to be good.
func (g *gate) guard(next http.Handler, ask func(w http.ResponseWriter, r *http.Request, shown bool) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		token, shown := bearer(r)
		if shown {
			now, from := time.Now(), address(r)
			switch {
			case g.wrong.tooMany(from, now):
				w.Header().Set("Retry-After", "60")
				http.Error(w, "too many wrong tokens; try again in a minute", http.StatusTooManyRequests)
				return
			case !among(g.readers, token) && !among(g.changers, token):
				g.wrong.add(from, now)
				g.refuse(w, r)
				return
			}
		}
		if ask(w, r, shown) {
			next.ServeHTTP(w, r)
		}
	})
}

// refuse answers a wrong token. Where there is none that could be shown from elsewhere, it says how there could be.
func (g *gate) refuse(w http.ResponseWriter, r *http.Request) {
	if against := g.local(r); against != nil && len(g.readers)+len(g.changers) == 0 {
		http.Error(w, against.Error()+"; admin.tokens lets in who shows one", http.StatusForbidden)
		return
	}
	unauthorized(w, "this token is not one of admin.tokens, nor the admin token")
}

func unauthorized(w http.ResponseWriter, text string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="turnpike"`)
	http.Error(w, text, http.StatusUnauthorized)
}

func bearer(r *http.Request) (token string, shown bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// among takes as long whichever it is, and if it is none.
func among(known [][sha256.Size]byte, token string) bool {
	sum, found := sha256.Sum256([]byte(token)), 0
	for i := range known {
		found |= subtle.ConstantTimeCompare(known[i][:], sum[:])
	}
	return found == 1
}

func address(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap().WithZone("")
}
