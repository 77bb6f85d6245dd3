package coturn

import (
	"fmt"
	"slices"
)

// Remark is what there is to say about a line that is not, or not quite, taken over.
// It never quotes a secret.
type Remark struct {
	Line   int    // 0: about no line of the file
	Last   int    // the last of a run of lines of which the same is to be said
	Option string // its name; empty where it has none
	Text   string
	Care   bool // it wants to be looked at: something is lost, changes, or is to be done
}

// care remarks on what has to be looked at.
func (t *translator) care(l line, format string, args ...any) {
	t.remarks = append(t.remarks, Remark{Line: l.number, Last: l.number, Option: l.option, Text: fmt.Sprintf(format, args...), Care: true})
}

// note remarks on what needs no key.
func (t *translator) note(l line, format string, args ...any) {
	t.care(l, format, args...)
	t.remarks[len(t.remarks)-1].Care = false
}

// merged sorts remarks, and makes one of those that say the same of lines that follow each other.
func merged(all []Remark) (list []Remark) {
	slices.SortStableFunc(all, func(a, b Remark) int {
		switch {
		case a.Line == b.Line:
			return 0
		case a.Line == 0:
			return 1
		case b.Line == 0:
			return -1
		}
		return a.Line - b.Line
	})
	for _, r := range all {
		if n := len(list) - 1; n >= 0 && r.Line > 0 && list[n].Option == r.Option && list[n].Text == r.Text {
			list[n].Last = r.Line
			continue
		}
		list = append(list, r)
	}
	return list
}
