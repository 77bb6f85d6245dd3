package coturn

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is what coturn reads as one line, in bytes.
const maxLine = 1023

// line is one option of a turnserver.conf.
type line struct {
	number int // from 1
	option string
	value  string
}

// read splits a file into the lines that are options, as coturn does: a name, then
// blanks or =, then a value that may begin with a quote. What is behind a # belongs
// to the value.
func (t *translator) read(data []byte) (lines []line) {
	number := 0
	for text := range strings.Lines(string(data)) {
		number++
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		t.count++
		l := line{number: number}
		l.option, l.value = split(text)
		switch {
		case len(text) > maxLine:
			t.care(line{number: number}, "is longer than the %d bytes that coturn reads as one line; left out", maxLine)
		case !known(l.option):
			t.care(line{number: number}, "%q is no option of coturn up to 4.17; left out", clip(l.option))
		case !isText(l.value):
			t.care(l, "has a value that is not text; left out")
		default:
			lines = append(lines, l)
		}
	}
	return lines
}

const blanks = " \t="

func split(text string) (option, value string) {
	i := strings.IndexAny(text, blanks)
	if i < 0 {
		return text, ""
	}
	value = strings.TrimLeft(text[i:], blanks)
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		value = strings.TrimSuffix(strings.TrimRight(quoted, " \t"), `"`)
	}
	return text[:i], value
}

func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\t' }) < 0
}

// on is how coturn reads a switch; what it cannot read, it does not start with.
func (l line) on() bool {
	switch v := strings.ToLower(l.value); {
	case v == "off":
		return false
	case v == "":
		return true
	default:
		return !strings.ContainsRune("0nf", rune(v[0]))
	}
}

// clip keeps a mistaken word from filling the screen.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
