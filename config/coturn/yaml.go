package coturn

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

const redacted = "[redacted]"

// YAML is the configuration. Without its secrets turnpike does not take it, but
// others may look on.
func (t *Translation) YAML(secrets bool) []byte { return t.draft.yaml(secrets) }

func (d *draft) yaml(secrets bool) []byte {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, key := range keys {
		values := d.of(key)
		if len(values) == 0 {
			continue
		}
		at, leaf := root, key
		for {
			word, rest, deeper := strings.Cut(leaf, ".")
			if !deeper {
				break
			}
			at, leaf = child(at, word), rest
		}
		switch {
		case key == users:
			at = child(at, leaf)
			for _, v := range values {
				add(at, v.name, v.node(secrets))
			}
		case slices.Contains(lists, key):
			list := &yaml.Node{Kind: yaml.SequenceNode}
			for _, v := range values {
				if v.text == "" {
					list.Style, list.LineComment = yaml.FlowStyle, "# coturn has no call page and no signaling"
					continue
				}
				list.Content = append(list.Content, v.node(secrets))
			}
			add(at, leaf, list)
		default:
			add(at, leaf, values[0].node(secrets))
		}
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(root), enc.Close()); err != nil {
		panic("coturn: " + err.Error())
	}
	return b.Bytes()
}

func child(of *yaml.Node, name string) *yaml.Node {
	for i := 0; i < len(of.Content); i += 2 {
		if of.Content[i].Value == name {
			return of.Content[i+1]
		}
	}
	node := &yaml.Node{Kind: yaml.MappingNode}
	add(of, name, node)
	return node
}

func add(to *yaml.Node, name string, node *yaml.Node) {
	to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, node)
}

func (v value) node(secrets bool) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: v.tag, Value: v.text}
	if v.secret && !secrets {
		n.Value = redacted
	}
	switch len(v.from) {
	case 0:
	case 1:
		n.LineComment = fmt.Sprintf("# line %d", v.from[0].number)
	default:
		numbers := make([]string, len(v.from))
		for i, l := range v.from {
			numbers[i] = fmt.Sprint(l.number)
		}
		n.LineComment = "# lines " + strings.Join(numbers, ", ")
	}
	return n
}
