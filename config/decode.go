package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder fills a struct from a YAML tree. It walks the tree itself, since a
// yaml.Decoder stops at the first error of a value and forgets its line.
// Recursion is bounded by the nesting of the structs, not by the file.
type decoder struct {
	*report
}

// document reads the single document of a file into v, a pointer to a struct.
func (d decoder) document(data []byte, v any) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			d.syntax(err)
		}
		return
	}
	d.value(doc.Content[0], reflect.ValueOf(v).Elem(), "")
	if err := dec.Decode(&second); err == nil {
		d.errorAt(second.Line, "", "a second document begins here; the configuration is one document")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

func (d decoder) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	d.errorAt(line, "", "not valid YAML: %s", text)
}

func (d decoder) value(n *yaml.Node, v reflect.Value, path string) {
	line := n.Line
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if path != "" {
		if _, seen := d.lines[path]; !seen {
			d.lines[path] = line
		}
	}
	text, isText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case isText || v.Kind() == reflect.String || v.Kind() == reflect.Int || v.Kind() == reflect.Bool:
		if n.Kind != yaml.ScalarNode {
			d.errorAt(line, path, "want one value, not %s", describe(n))
			return
		}
		if n.ShortTag() == "!!null" {
			d.errorAt(line, path, "has no value; leave the key out for its default")
			return
		}
		if isText {
			if err := text.UnmarshalText([]byte(n.Value)); err != nil {
				d.errorAt(line, path, "%s", err)
			}
			return
		}
		d.scalar(n, v, line, path)
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		// A section or list whose entries are all commented out.
	case v.Kind() == reflect.Slice:
		d.list(n, v, line, path)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, line, path)
	case v.Kind() == reflect.Map:
		d.names(n, v, line, path)
	default:
		panic("config: no decoding for " + v.Type().String())
	}
}

func (d decoder) scalar(n *yaml.Node, v reflect.Value, line int, path string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
		return
	case reflect.Bool:
		if n.Value != "true" && n.Value != "false" {
			d.errorAt(line, path, "%q is neither true nor false", clip(n.Value))
		}
		v.SetBool(n.Value == "true")
		return
	}
	i, err := strconv.Atoi(n.Value)
	if err != nil {
		d.errorAt(line, path, "%q is not a whole number", clip(n.Value))
		return
	}
	v.SetInt(int64(i))
}

func (d decoder) list(n *yaml.Node, v reflect.Value, line int, path string) {
	if n.Kind != yaml.SequenceNode {
		if n.Kind == yaml.ScalarNode && v.Type().Elem() != reflect.TypeFor[Secret]() {
			d.errorAt(line, path, "want a list: [%q]", clip(n.Value))
		} else {
			d.errorAt(line, path, "want a list, not %s", describe(n))
		}
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, list.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	v.Set(list)
}

func (d decoder) mapping(n *yaml.Node, v reflect.Value, line int, path string) {
	if n.Kind != yaml.MappingNode {
		if path == "" {
			d.errorAt(line, "", "want keys and values (realm: …), not %s", describe(n))
		} else {
			d.errorAt(line, path, "want keys below it, not %s", describe(n))
		}
		return
	}
	d.entries(n, path, func(key, value *yaml.Node, at string) {
		field, ok := fieldOf(v, key.Value)
		if !ok {
			d.errorAt(key.Line, at, "unknown key%s", suggestion(path, key.Value, keysOf(v.Type())))
			return
		}
		d.lines[at] = key.Line
		d.value(value, field, at)
	})
}

// names reads keys that are the user's own words.
func (d decoder) names(n *yaml.Node, v reflect.Value, line int, path string) {
	if n.Kind != yaml.MappingNode {
		d.errorAt(line, path, "want names and values below it, not %s", describe(n))
		return
	}
	named := reflect.MakeMap(v.Type())
	d.entries(n, path, func(key, value *yaml.Node, at string) {
		d.lines[at] = key.Line
		element := reflect.New(v.Type().Elem()).Elem()
		d.value(value, element, at)
		named.SetMapIndex(reflect.ValueOf(key.Value), element)
	})
	v.Set(named)
}

// entries hands on what a mapping holds, each key once.
func (d decoder) entries(n *yaml.Node, path string, each func(key, value *yaml.Node, at string)) {
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			d.errorAt(key.Line, path, "a key is one word, not %s", describe(key))
			continue
		}
		at := join(path, clip(key.Value))
		if before, twice := first[key.Value]; twice {
			d.errorAt(key.Line, at, "given twice, first in line %d", before)
			continue
		}
		first[key.Value] = key.Line
		each(key, n.Content[i+1], at)
	}
}

// keyOf is the key of a field, empty for what is not in the file.
func keyOf(f reflect.StructField) string {
	if tag := f.Tag.Get("yaml"); tag != "-" {
		return tag
	}
	return ""
}

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := keyOf(v.Type().Field(i)); tag != "" && tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func keysOf(t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		if tag := keyOf(t.Field(i)); tag != "" {
			keys = append(keys, tag)
		}
	}
	return keys
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return "one value"
}

// clip keeps a mistaken value from filling the screen.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
