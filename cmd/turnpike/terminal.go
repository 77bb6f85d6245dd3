package main

import (
	"encoding/json"
	"io"
	"os"
)

// terminal is where a command writes, and what tells it to read its configuration
// again.
type terminal struct {
	out, err *styled
	hangup   <-chan os.Signal
}

// styled is a writer that may be a terminal.
type styled struct {
	io.Writer
	isTerminal bool
	colours    bool
}

func style(w io.Writer) *styled {
	s := &styled{Writer: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		s.isTerminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	s.colours = s.isTerminal && ansi && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// writeJSON writes what programs read, and people look at.
func (s *styled) writeJSON(v any) error {
	enc := json.NewEncoder(s)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (s *styled) dim(text string) string    { return s.paint("2", text) }
func (s *styled) bold(text string) string   { return s.paint("1", text) }
func (s *styled) green(text string) string  { return s.paint("32", text) }
func (s *styled) yellow(text string) string { return s.paint("33", text) }

func (s *styled) paint(code, text string) string {
	if !s.colours {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
