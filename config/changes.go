package config

import (
	"reflect"
	"slices"
	"strings"
)

// live are the keys whose change is taken over while the daemon runs, by SIGHUP; a key stands for all below it.
var live = []string{"turn.urls", "turn.peers", "turn.credentials", "turn.limits", "turn.alternate_servers",
	"http.auth.keys", "http.auth.jwks", "http.auth.audience", "http.auth.api_keys", "http.auth.invitation_secrets", "drain", "log.level"}

// Live tells whether a change of the key is taken over while the daemon runs.
func Live(key string) bool {
	return slices.ContainsFunc(live, func(l string) bool { return key == l || strings.HasPrefix(key, l+".") })
}

// Changes lists the keys that differ. Values are left out, since some are secret.
func Changes(old, new *Config) []string {
	return changes("", reflect.ValueOf(*old), reflect.ValueOf(*new))
}

func changes(path string, old, new reflect.Value) (keys []string) {
	for i := range old.NumField() {
		field := old.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if !field.IsExported() || name == "" {
			continue
		}
		key := strings.TrimPrefix(path+"."+name, ".")
		a, b := old.Field(i), new.Field(i)
		switch {
		case field.Name == "FromFiles": // not a key of its own, but what the files hold
			if !reflect.DeepEqual(a.Interface(), b.Interface()) {
				keys = append(keys, path+".secret_files")
			}
		case a.Kind() == reflect.Struct && a.NumField() > 0 && a.Type().Field(0).Tag.Get("yaml") != "":
			keys = append(keys, changes(key, a, b)...)
		case !reflect.DeepEqual(a.Interface(), b.Interface()):
			keys = append(keys, key)
		}
	}
	return keys
}
