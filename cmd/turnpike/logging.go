package main

import (
	"log"
	"log/slog"
	"strings"

	"turnpike/config"
)

// newLogger returns a log, and the level that may be changed while it is used.
func newLogger(cfg config.Log, w *styled) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(cfg.Level.Slog())
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" || cfg.Format == "auto" && w.isTerminal {
		return slog.New(slog.NewTextHandler(w, options)), level
	}
	return slog.New(slog.NewJSONHandler(w, options)), level
}

// httpErrors hands the complaints of http.Server to slog. Handshakes that fail
// are the background noise of the internet, and seen only when debugging.
type httpErrors struct{ log *slog.Logger }

func newHTTPErrorLog(l *slog.Logger) *log.Logger {
	return log.New(httpErrors{l}, "", 0)
}

func (h httpErrors) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "http: TLS handshake error") {
		h.log.Debug("http connection failed", "err", text)
	} else {
		h.log.Warn("http server complains", "err", text)
	}
	return len(line), nil
}
