package config

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	goodTokenSecret = "V3m0xQz7Lk2sRt9WyBn5Jd8Hf4Gc6Pa1"
	goodAPIKey      = "k9Zq2xW7vB4nM1sT"
)

func TestKeysOfTokensComeFromFilesToo(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "public.pem", "the key\n", 0o644)
	write(t, dir, "secret", goodTokenSecret+"\n", 0o600)
	path := write(t, dir, "turnpike.yml", "http: {auth: {mode: token, keys: [{alg: ES256, kid: a, file: public.pem}, {alg: HS256, file: secret}, {alg: HS256, secret: "+goodTokenSecret+"}]}}", 0o600)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"the key", goodTokenSecret, goodTokenSecret} {
		if got := string(c.HTTP.Auth.Keys[i].Material()); got != want {
			t.Errorf("key %d is %q", i, got)
		}
	}
	if got := c.HTTP.Auth.Keys[0].File; got != filepath.Join(dir, "public.pem") {
		t.Errorf("the file is %s", got)
	}
}

func TestSecretsOfTokensAreKeptFromOtherUsers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no such permissions")
	}
	dir := t.TempDir()
	write(t, dir, "secret", goodTokenSecret, 0o644)
	path := write(t, dir, "turnpike.yml", "http: {auth: {mode: token, keys: [{alg: HS256, file: secret}]}}", 0o644)
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "http.auth.keys[0].file: ") || !strings.Contains(err.Error(), "chmod o= ") {
		t.Errorf("got %v", err)
	}
	for _, text := range []string{
		"http: {auth: {api_keys: [" + goodAPIKey + "]}}",
		"http: {auth: {invitation_secrets: [" + goodAPIKey + "]}}",
		"http: {auth: {keys: [{alg: HS256, secret: " + goodTokenSecret + "}]}}",
	} {
		c, err := Load(write(t, dir, "open.yml", text, 0o644))
		if err != nil {
			t.Fatal(err)
		}
		if c.exposed == "" {
			t.Errorf("%s may be read by everybody, without a warning", text)
		}
	}
}

func TestKeysOfTokensNeverPrint(t *testing.T) {
	c, err := Parse([]byte("http: {auth: {mode: token, keys: [{alg: HS256, secret: " + goodTokenSecret + "}, {alg: ES256, file: x}], api_keys: [" + goodAPIKey + "], invitation_secrets: [" + goodAPIKey + "]}}"))
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Auth.Keys[1].FromFile = goodTokenSecret
	for what, text := range map[string]string{"yaml": printed(t, c), "%v": fmt.Sprintf("%v", *c), "%#v": fmt.Sprintf("%#v", *c)} {
		if strings.Contains(text, goodTokenSecret) || strings.Contains(text, goodAPIKey) {
			t.Errorf("%s prints a secret:\n%s", what, text)
		}
	}
	if text := printed(t, c); strings.Count(text, redacted) != 3 {
		t.Errorf("not three secrets are said to be left out:\n%s", text)
	}
}

func TestEveryOriginNeedsTokens(t *testing.T) {
	if _, err := Parse([]byte("http: {origins: ['*'], auth: {mode: token, api_keys: [" + goodAPIKey + "]}}")); err != nil {
		t.Error(err)
	}
}
