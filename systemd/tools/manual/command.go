package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
)

// A command as the program explains it.
type command struct {
	name, does string
	usage      []string
	help       []block
}

// A block of a help text: what stands between two empty lines.
type block struct {
	text  string       // a paragraph, or
	items []definition // what words mean, or
	code  []string     // lines to be typed
}

type definition struct{ term, text string }

// An option is a flag of a command; value is empty where it takes none.
type option struct{ name, value, text string }

// ask has the program explain all its commands.
func ask(program string) (list []command, err error) {
	text, err := exec.Command(program, "-h").Output()
	if err != nil {
		return nil, fmt.Errorf("%s -h: %w", program, err)
	}
	for _, b := range blocks(string(text)) {
		for _, d := range b.items {
			list = append(list, command{name: d.term, does: d.text})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s -h lists no commands", program)
	}
	for i := range list {
		text, err := exec.Command(program, list[i].name, "-h").Output()
		if err != nil {
			return nil, fmt.Errorf("%s %s -h: %w", program, list[i].name, err)
		}
		list[i].explain(string(text))
	}
	return list, nil
}

func (c *command) explain(help string) {
	usage, rest, _ := strings.Cut(help, "\n\n")
	for line := range strings.Lines(usage) {
		c.usage = append(c.usage, strings.TrimSpace(strings.TrimPrefix(line, "usage:")))
	}
	c.help = blocks(rest)
}

// options are the definitions whose term begins with a dash.
func (c command) options() (list []option) {
	for _, b := range c.help {
		for _, d := range b.items {
			if name, value, _ := strings.Cut(d.term, " "); strings.HasPrefix(name, "-") {
				list = append(list, option{strings.TrimPrefix(name, "-"), value, d.text})
			}
		}
	}
	return list
}

// column finds a term and, after two spaces or more, what it means.
var column = regexp.MustCompile(`^( *)(\S+(?: \S+)*)(?:  +(\S.*))?$`)

func blocks(help string) (list []block) {
	leads := false // the paragraph before ends with a colon: what follows is typed
	for text := range strings.SplitSeq(strings.Trim(help, "\n"), "\n\n") {
		lines := strings.Split(text, "\n")
		switch {
		case leads && strings.HasPrefix(text, "  "):
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], "  ")
			}
			list = append(list, block{code: lines})
		case column.FindStringSubmatch(lines[0])[3] != "" || strings.HasPrefix(text, "  -"):
			list = append(list, block{items: definitions(lines)})
		default:
			list = append(list, block{text: strings.Join(lines, " ")})
		}
		leads = strings.HasSuffix(text, ":")
	}
	return list
}

// definitions reads a table; a line that is indented deeper goes on with the one above.
func definitions(lines []string) (list []definition) {
	indent := len(column.FindStringSubmatch(lines[0])[1])
	for _, line := range lines {
		m := column.FindStringSubmatch(line)
		if last := len(list) - 1; last >= 0 && len(m[1]) > indent {
			list[last].text = strings.TrimSpace(list[last].text + " " + strings.TrimSpace(line))
			continue
		}
		list = append(list, definition{m[2], m[3]})
	}
	return list
}
