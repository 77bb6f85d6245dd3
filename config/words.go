package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Expiry is new-allocations or strict.
type Expiry string

// Family is ipv4 or follow.
type Family string

// Channels is rfc5766 or rfc8656.
type Channels string

// PeerMode is internet, signaled or relays.
type PeerMode string

// DataPath is auto, batched or portable.
type DataPath string

// AuthMode is auto, open or token.
type AuthMode string

// LogLevel is debug, info, warn or error.
type LogLevel string

// LogFormat is auto, text or json.
type LogFormat string

func (e *Expiry) UnmarshalText(t []byte) error   { return word(e, t, "new-allocations", "strict") }
func (f *Family) UnmarshalText(t []byte) error   { return word(f, t, "ipv4", "follow") }
func (c *Channels) UnmarshalText(t []byte) error { return word(c, t, "rfc5766", "rfc8656") }
func (m *PeerMode) UnmarshalText(t []byte) error { return word(m, t, "internet", "signaled", "relays") }
func (d *DataPath) UnmarshalText(t []byte) error { return word(d, t, "auto", "batched", "portable") }
func (m *AuthMode) UnmarshalText(t []byte) error { return word(m, t, "auto", "open", "token") }
func (l *LogLevel) UnmarshalText(t []byte) error { return word(l, t, "debug", "info", "warn", "error") }
func (f *LogFormat) UnmarshalText(t []byte) error {
	return word(f, t, "auto", "text", "json")
}

// Slog is the level as package slog counts it.
func (l LogLevel) Slog() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l)); err != nil {
		return slog.LevelInfo
	}
	return level
}

func word[W ~string](w *W, text []byte, known ...string) error {
	if !slices.Contains(known, string(text)) {
		return fmt.Errorf("%q is not one of %s", clip(string(text)), strings.Join(known, ", "))
	}
	*w = W(text)
	return nil
}
