package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// brief is the first clause of what an option does.
func brief(text string) string {
	for _, end := range []string{"; ", ", ", " ("} {
		text, _, _ = strings.Cut(text, end)
	}
	return text
}

func bash(commands []command) string {
	var b strings.Builder
	b.WriteString(`# Completion of turnpike for bash.
_turnpike() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=serve flags w
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $w in
`)
	fmt.Fprintf(&b, "\t\t%s) command=$w; break ;;\n\t\tesac\n\tdone\n\tcase $command in\n", strings.Join(names(commands), " | "))
	values := map[string]bool{}
	for _, c := range commands {
		var flags []string
		for _, o := range c.options() {
			flags = append(flags, "-"+o.name)
			if o.value != "" && o.value != "FILE" {
				values["-"+o.name] = true
			}
		}
		fmt.Fprintf(&b, "\t%s) flags='%s' ;;\n", c.name, strings.Join(flags, " "))
	}
	b.WriteString("\tesac\n\tCOMPREPLY=()\n\tcase $before in\n")
	if len(values) > 0 {
		fmt.Fprintf(&b, "\t%s) return ;;\n", strings.Join(slices.Sorted(maps.Keys(values)), " | "))
	}
	fmt.Fprintf(&b, `	esac
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word") ;;
	*) ((COMP_CWORD > 1)) || mapfile -t COMPREPLY < <(compgen -W '%s' -- "$word") ;;
	esac
}
complete -o filenames -o bashdefault -o default -F _turnpike turnpike
`, strings.Join(names(commands), " "))
	return b.String()
}

func zsh(commands []command) string {
	var b strings.Builder
	b.WriteString("#compdef turnpike\n# Completion of turnpike for zsh.\n\nlocal -a commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "\t%s\n", quote(c.name+":"+c.does))
	}
	b.WriteString(")\nif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n\t_describe command commands\n\treturn\nfi\ncase $words[2] in\n")
	for i, c := range commands {
		pattern := c.name
		if i == 0 {
			pattern += " | -*" // the first is what happens without a command
		}
		fmt.Fprintf(&b, "%s)\n\t_arguments", pattern)
		for _, o := range c.options() {
			spec := "-" + o.name + "[" + strings.NewReplacer("[", `\[`, "]", `\]`).Replace(brief(o.text)) + "]"
			switch o.value {
			case "":
			case "FILE":
				spec += ":" + o.value + ":_files"
			default:
				spec += ":" + strings.ReplaceAll(o.value, ":", `\:`) + ": "
			}
			fmt.Fprintf(&b, " \\\n\t\t%s", quote(spec))
		}
		b.WriteString(" \\\n\t\t'*: :_files'\n\t;;\n")
	}
	b.WriteString("esac\n")
	return b.String()
}

func fish(commands []command) string {
	var b strings.Builder
	b.WriteString("# Completion of turnpike for fish.\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "complete -c turnpike -n __fish_use_subcommand -f -a %s -d %s\n", c.name, quote(c.does))
	}
	for _, c := range commands {
		for _, o := range c.options() {
			takes := ""
			switch o.value {
			case "":
			case "FILE":
				takes = " -r -F"
			default:
				takes = " -x"
			}
			fmt.Fprintf(&b, "complete -c turnpike -n '__fish_seen_subcommand_from %s' -o %s%s -d %s\n", c.name, o.name, takes, quote(brief(o.text)))
		}
	}
	return b.String()
}

// quote is a text in single quotes, as all three shells read it.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func names(commands []command) (list []string) {
	for _, c := range commands {
		list = append(list, c.name)
	}
	return list
}
