package config

import (
	"fmt"
	"sort"
	"strings"
)

// Error is one thing wrong with a configuration.
type Error struct {
	File    string // as given to [Load]; empty from [Parse]
	Line    int    // in the file, from 1; 0 if no line is to blame
	Path    string // the YAML path of the key, turn.listen[1]; empty: the file
	Message string
}

// Error renders FILE:LINE: PATH: MESSAGE, without what is not known.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	case e.File != "":
		fmt.Fprintf(&b, "%s: ", e.File)
	case e.Line > 0:
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Errors is everything wrong with a configuration, in the order of its lines.
type Errors []*Error

// Error renders one error a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// report collects errors, and knows where each key stands.
type report struct {
	errs  Errors
	lines map[string]int // by YAML path; a key that the file leaves out is missing
}

// errorf blames the key at path, or where the file leaves it out, the nearest
// one around it.
func (r *report) errorf(path, format string, args ...any) {
	line := 0
	for p := path; line == 0 && p != ""; {
		line = r.lines[p]
		cut := strings.LastIndexAny(p, ".[")
		p = p[:max(cut, 0)]
	}
	r.errorAt(line, path, format, args...)
}

func (r *report) errorAt(line int, path, format string, args ...any) {
	r.errs = append(r.errs, &Error{Line: line, Path: path, Message: fmt.Sprintf(format, args...)})
}

// err returns what was collected as an error, or nil.
func (r *report) err(file string) error {
	if len(r.errs) == 0 {
		return nil
	}
	for _, e := range r.errs {
		e.File = file
	}
	sort.SliceStable(r.errs, func(i, j int) bool { return r.errs[i].Line < r.errs[j].Line })
	return r.errs
}
