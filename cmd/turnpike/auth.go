package main

import (
	"fmt"
	"log/slog"
	"time"

	"turnpike/config"
	"turnpike/signal"
)

// authOptions translates http.auth for signal. The secret is the one of this
// process, for where none is configured.
func authOptions(cfg *config.Config, secret string, log *slog.Logger) (signal.Auth, error) {
	a := cfg.HTTP.Auth
	options := signal.Auth{Required: a.Mode == "token", Audience: a.Audience}
	for i := range a.Keys {
		k := &a.Keys[i]
		key, err := signal.ParseKey(k.Algorithm, k.ID, k.Material())
		if err != nil {
			return options, fmt.Errorf("http.auth.keys[%d]: %w", i, err)
		}
		options.Keys = append(options.Keys, key)
	}
	if a.JWKS.URL != "" {
		options.JWKS = &signal.JWKS{URL: a.JWKS.URL, Refresh: time.Duration(a.JWKS.Refresh), Log: log}
	}
	for i, key := range a.APIKeys {
		hashed, err := signal.HashAPIKey(string(key))
		if err != nil {
			return options, fmt.Errorf("http.auth.api_keys[%d]: %w", i, err)
		}
		options.APIKeys = append(options.APIKeys, hashed)
	}
	secrets := a.InvitationSecrets
	if len(secrets) == 0 {
		secrets = cfg.Turn.Credentials.All()
	}
	for _, s := range secrets {
		options.InvitationSecrets = append(options.InvitationSecrets, string(s))
	}
	if len(options.InvitationSecrets) == 0 {
		options.InvitationSecrets = []string{secret}
	}
	return options, nil
}
