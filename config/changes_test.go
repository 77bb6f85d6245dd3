package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestChangesNamesKeysAndNoValues(t *testing.T) {
	old, err := Parse([]byte("realm: a\n"))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := Parse([]byte("realm: b\nturn: {credentials: {secrets: [\"Yq3mT8vKx2LrWn5cJh7Z\"], users: {carol: \"a password of some length\"}}, limits: {allocations: 5}}\nlog: {level: debug}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := Changes(old, changed)
	want := []string{"realm", "turn.credentials.secrets", "turn.credentials.users", "turn.limits.allocations", "log.level"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Changes(old, old); got != nil {
		t.Errorf("nothing changed, but %v", got)
	}
	old.Turn.Credentials.FromFiles = []Secret{"one"}
	if got := Changes(old, Default()); !slices.Contains(got, "turn.credentials.secret_files") {
		t.Errorf("a secret file with another content: %v", got)
	}
}

func TestLiveKeysExist(t *testing.T) {
	all := liveKeys("", reflect.TypeFor[Config]())
	for _, l := range live {
		if !slices.ContainsFunc(all, func(k string) bool { return k == l || strings.HasPrefix(k, l+".") }) {
			t.Errorf("%s is no key", l)
		}
	}
	for key, want := range map[string]bool{"turn.peers.allow": true, "turn.urls": true, "turn.listen": false, "log.format": false, "log.level": true} {
		if Live(key) != want {
			t.Errorf("%s: live %v", key, !want)
		}
	}
}

func liveKeys(path string, t reflect.Type) (keys []string) {
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name == "" || name == "-" {
			continue
		}
		key := strings.TrimPrefix(path+"."+name, ".")
		keys = append(keys, key)
		if t.Field(i).Type.Kind() == reflect.Struct {
			keys = append(keys, liveKeys(key, t.Field(i).Type)...)
		}
	}
	return keys
}
