package coturn

import (
	"strings"
)

// credentials translates who may use the relay.
func (t *translator) credentials() {
	secrets := t.each("static-auth-secret")
	for _, l := range secrets {
		v := t.set("turn.credentials.secrets", l.value, l)
		v.tag, v.secret = "!!str", true
	}
	use, uses := t.once("use-auth-secret")
	switch {
	case uses && len(secrets) == 0:
		t.care(use, "its secrets are in coturn's database: turnadmin -S -r REALM shows them; put them in turn.credentials.secrets")
	case uses:
		t.note(use, "is how turnpike works wherever there is a secret")
	}
	signed := uses || len(secrets) > 0

	if l, ok := t.once("lt-cred-mech"); ok {
		t.note(l, "is how turnpike works; there is no relay without credentials")
	}
	if l, ok := t.once("no-auth"); ok && l.on() {
		t.care(l, "turnpike has no relay without credentials; whoever used it needs a secret or a user")
	} else if ok {
		t.note(l, "is off, as ever")
	}
	t.users(signed)
	if l, ok := t.once("rest-api-separator"); ok {
		if l.value == ":" {
			t.note(l, "is the one that turnpike knows")
		} else {
			t.care(l, "turnpike knows EXPIRY:USER alone; applications must sign such names")
		}
	}
	if !signed && len(t.of(users)) == 0 {
		t.care(line{}, "nobody is let in yet: no secret and no user could be taken over; put a secret in turn.credentials.secrets, or secret_files, and in the application")
	}
}

// users translates user lines, of which the last of a name counts.
func (t *translator) users(signed bool) {
	last := map[string]line{}
	for _, l := range t.each("user") {
		name, password, ok := strings.Cut(l.value, ":")
		password = strings.TrimLeft(password, blanks)
		switch {
		case !ok || name == "" || password == "":
			t.care(l, "is not NAME:PASSWORD; left out")
			continue
		case signed:
			t.care(l, "coturn lets no user in where there is a secret; turnpike would: turn.credentials.users")
			continue
		case strings.HasPrefix(password, "0x"):
			t.care(l, "has a key instead of a password; a key is bound to its realm and is not taken over: put the password in turn.credentials.users, or a new one there and in the application")
			continue
		}
		if before, ok := last[name]; ok {
			t.note(before, "line %d says it again and counts", l.number)
		}
		last[name] = l
	}
	for _, l := range t.each("user") {
		name, password, _ := strings.Cut(l.value, ":")
		if last[name] != l {
			continue
		}
		v := t.set(users, strings.TrimLeft(password, blanks), l)
		v.name, v.tag, v.secret = name, "!!str", true
	}
}
