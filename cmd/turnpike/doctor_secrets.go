package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// lookAtSecrets finds files that the service cannot read. That others can, the
// configuration does not even let pass.
func lookAtSecrets(_ context.Context, p *patient, n *notes) {
	if p.cfg == nil {
		return
	}
	files := append([]string{}, p.cfg.Turn.Credentials.SecretFiles...)
	if p.cfg.TLS.Key != "" {
		files = append(files, p.cfg.TLS.Key, p.cfg.TLS.Cert)
	}
	for _, k := range p.cfg.HTTP.Auth.Keys {
		if k.File != "" {
			files = append(files, k.File)
		}
	}
	if len(files) == 0 {
		return
	}
	if p.file != "" {
		files = append(files, p.file)
	}
	user := serviceUser(p.root)
	if user == "" {
		n.good("no file with a secret or a key is open to every user of this host")
		return
	}
	who, err := findAccount(user)
	if err != nil {
		n.unseen("systemd-sysusers systemd/turnpike.sysusers", "the service runs as %s, who is not a user of this host", user)
		return
	}
	fine := true
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || who.mayRead(info) {
			continue
		}
		fine = false
		n.bad("chgrp "+user+" "+file+"; chmod 640 "+file, "the service runs as %s, who cannot read %s (%s)", user, file, info.Mode())
	}
	if fine {
		n.good("the service (%s) can read its secrets and keys, and other users cannot", user)
	}
}

// serviceUser is under whom the unit starts the daemon; empty: there is no unit.
func serviceUser(root string) string {
	for _, dir := range []string{"etc/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"} {
		unit, err := os.ReadFile(filepath.Join(root, dir, "turnpike.service"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(unit)) {
			if user, ok := strings.CutPrefix(strings.TrimSpace(line), "User="); ok {
				return user
			}
		}
	}
	return ""
}
