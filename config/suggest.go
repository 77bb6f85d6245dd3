package config

import (
	"reflect"
	"strings"
)

// suggestion finds what an unknown key was probably meant to be: a key beside
// it that is spelt nearly the same, or a key of that name elsewhere.
func suggestion(path, name string, siblings []string) string {
	best, distance := "", len(name)/3+1
	for _, key := range siblings {
		if d := editDistance(strings.ToLower(name), key); d <= distance && 2*d <= len(key) {
			best, distance = key, d-1
		}
	}
	if best != "" {
		return "; did you mean " + join(path, best) + "?"
	}
	var elsewhere []string
	for _, p := range paths(reflect.TypeFor[Config](), "") {
		if p[strings.LastIndex(p, ".")+1:] == name {
			elsewhere = append(elsewhere, p)
		}
	}
	if len(elsewhere) > 0 {
		return "; did you mean " + strings.Join(elsewhere, " or ") + "?"
	}
	return "; known here: " + strings.Join(siblings, ", ")
}

// paths lists every key below a struct.
func paths(t reflect.Type, above string) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag := keyOf(f)
		if tag == "" {
			continue
		}
		p := join(above, tag)
		all = append(all, p)
		if f.Type.Kind() == reflect.Struct && isSection(f.Type) {
			all = append(all, paths(f.Type, p)...)
		}
	}
	return all
}

// isSection tells a struct of keys from a struct that is one value.
func isSection(t reflect.Type) bool {
	return len(keysOf(t)) > 0
}

// editDistance is the number of letters to insert, delete, replace or swap with
// their neighbour that turn a into b (optimal string alignment). Long names are
// cut: beyond 64 bytes nothing of ours is near.
func editDistance(a, b string) int {
	a, b = a[:min(len(a), 64)], b[:min(len(b), 64)]
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
