package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// guard lets in this host, and whoever shows a token.
func guard(cfg Config, next http.Handler) http.Handler {
	var known [][sha256.Size]byte
	for _, token := range cfg.Tokens {
		known = append(known, sha256.Sum256([]byte(token)))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		against := cfg.Local(r)
		switch {
		case bearer && among(known, shown):
			next.ServeHTTP(w, r)
		case bearer && len(known) > 0:
			unauthorized(w, "this token is not one of admin.tokens")
		case against == nil:
			next.ServeHTTP(w, r)
		case len(known) > 0:
			unauthorized(w, against.Error()+"; show one of admin.tokens as Authorization: Bearer")
		default:
			http.Error(w, against.Error()+"; admin.tokens lets in who shows one", http.StatusForbidden)
		}
	})
}

func unauthorized(w http.ResponseWriter, text string) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="turnpike"`)
	http.Error(w, text, http.StatusUnauthorized)
}

// among takes as long whichever it is, and if it is none.
func among(known [][sha256.Size]byte, token string) bool {
	sum, found := sha256.Sum256([]byte(token)), 0
	for i := range known {
		found |= subtle.ConstantTimeCompare(known[i][:], sum[:])
	}
	return found == 1
}
