package signal

import (
	"encoding/json"
	"net/http"
)

// refuse answers a request with what is wrong: a stable code and a sentence.
func refuse(w http.ResponseWriter, status int, p *problem) {
	switch status {
	case http.StatusUnauthorized:
		challenge := `Bearer realm="turnpike"`
		if p.code == badToken {
			challenge += `, error="invalid_token"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
		if p.code == keysUnavailable {
			w.Header().Set("Retry-After", "60")
		}
	}
	answer(w, status, struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{p.code, p.message})
}

// statusOf is the status that goes with what a proof was found to be.
func statusOf(p *problem) int {
	switch p.code {
	case forbidden:
		return http.StatusForbidden
	case keysUnavailable:
		return http.StatusServiceUnavailable
	case tooManyCode:
		return http.StatusTooManyRequests
	case badRequest:
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

// answer writes an object. Nobody keeps it, frames it, or takes it for a page.
func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot encode the answer", http.StatusInternalServerError)
		return
	}
	guard(w.Header())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// guard sets what every answer below /v1 says to a browser.
func guard(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}
