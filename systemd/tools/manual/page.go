package main

import (
	"fmt"
	"strings"
)

// A page is one of the manual, in man(7).
type page struct{ strings.Builder }

func newPage(name string, section int, about, version string) *page {
	p := new(page)
	p.line(`.TH %s %d "" "turnpike %s" "turnpike"`, name, section, version)
	p.line(".nh")
	p.line(".SH NAME")
	p.line(`%s \- %s`, name, escape(about))
	return p
}

// line writes a line as it is; what comes from texts is to be escaped.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) section(name string) { p.line(".SH %s", escape(name)) }

func (p *page) paragraph(text string) { p.line(".PP\n%s", escape(text)) }

func (p *page) item(term, text string) { p.line(".TP\n.B %s\n%s", escape(term), escape(text)) }

func (p *page) code(lines []string) {
	p.line(".PP\n.RS 4\n.nf")
	for _, l := range lines {
		p.line("%s", escape(l))
	}
	p.line(".fi\n.RE")
}

// escape keeps a text from being read as a request, and its dashes and quotes as typed.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, `"`, `\(dq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

func commandPage(commands []command, version string) string {
	p := newPage("turnpike", 1, "gets calls through NAT: relay, signaling and a call page", version)
	p.section("SYNOPSIS")
	p.line(".nf")
	for _, c := range commands {
		for _, u := range c.usage {
			p.line("%s", escape(u))
		}
	}
	p.line(".fi")
	for _, c := range commands {
		p.section("turnpike " + c.name)
		for i, b := range c.help {
			switch {
			case b.items != nil:
				for _, d := range b.items {
					p.item(d.term, d.text)
				}
			case b.code != nil:
				p.code(b.code)
			case i == 0:
				p.line("%s", escape(b.text))
			default:
				p.paragraph(b.text)
			}
		}
	}
	p.section("EXIT STATUS")
	p.item("0", "It is good.")
	p.item("1", "What was tested or asked for failed.")
	p.item("2", "It was asked wrongly.")
	p.section("FILES")
	p.item("/etc/turnpike/turnpike.yml", "The configuration of the service.")
	p.item("/etc/turnpike/secret", "The secret that signs credentials, made when the package was installed.")
	p.section("SEE ALSO")
	p.line(".BR turnpike.yml (5),")
	p.line("/usr/share/doc/turnpike")
	return p.String()
}

func configPage(keys []key, version string) string {
	p := newPage("turnpike.yml", 5, "configuration of turnpike", version)
	p.section("DESCRIPTION")
	p.line("%s", escape("A YAML file. It needs only the keys that differ from their default, which is shown beside each. "+
		"Reading is strict: all that is wrong is said at once, each with its line and key."))
	p.paragraph("To check it, and to have the service take it over:")
	p.code([]string{"turnpike check -config /etc/turnpike/turnpike.yml", "systemctl reload turnpike"})
	p.section("KEYS")
	for _, k := range keys {
		switch {
		case k.value != "":
			p.item(k.path+": "+k.value, k.text)
		case k.text != "":
			p.item(k.path, k.text)
		}
	}
	p.section("SEE ALSO")
	p.line(".BR turnpike (1),")
	p.line("/usr/share/doc/turnpike/example.yml")
	return p.String()
}
