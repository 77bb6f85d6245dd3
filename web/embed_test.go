package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func eachFile(t *testing.T, use func(name, body string)) {
	t.Helper()
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(static, name)
		use(name, string(body))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPageAndLibraryAreServed(t *testing.T) {
	for target, contentType := range map[string]string{
		"/":                "text/html; charset=utf-8",
		"/?room=r&name=n":  "text/html; charset=utf-8",
		"/turnpike.js":     "text/javascript; charset=utf-8",
		"/lib/client.js":   "text/javascript; charset=utf-8",
		"/style.css":       "text/css; charset=utf-8",
		"/icon.svg":        "image/svg+xml",
		"/call/strings.js": "text/javascript; charset=utf-8",
	} {
		r := get(t, target)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != contentType {
			t.Errorf("%s: got %s as %q, want 200 as %q", target, r.Status, r.Header.Get("Content-Type"), contentType)
		}
		if r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: Cache-Control %q", target, r.Header.Get("Cache-Control"))
		}
	}
}

func TestAPageIsServedWithoutItsEnding(t *testing.T) {
	files, err := load(fstest.MapFS{
		"static/index.html":   {Data: []byte("call")},
		"static/test.html":    {Data: []byte("test")},
		"static/test/main.js": {Data: []byte("main")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]struct{ body, contentType string }{
		"/":             {"call", "text/html; charset=utf-8"},
		"/test":         {"test", "text/html; charset=utf-8"},
		"/test?a=b":     {"test", "text/html; charset=utf-8"},
		"/test/main.js": {"main", "text/javascript; charset=utf-8"},
	} {
		w := httptest.NewRecorder()
		handler(files).ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != http.StatusOK || w.Body.String() != want.body || w.Header().Get("Content-Type") != want.contentType {
			t.Errorf("%s: %d %q as %q", target, w.Code, w.Body, w.Header().Get("Content-Type"))
		}
		if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';") {
			t.Errorf("%s: Content-Security-Policy %q", target, w.Header().Get("Content-Security-Policy"))
		}
	}
	for _, target := range []string{"/test.html", "/test/", "/index.html"} {
		w := httptest.NewRecorder()
		handler(files).ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	etag := get(t, "/turnpike.js").Header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	if r := get(t, "/turnpike.js", "If-None-Match", etag); r.StatusCode != http.StatusNotModified {
		t.Errorf("with its own ETag: %s", r.Status)
	}
	if r := get(t, "/", "If-None-Match", etag); r.StatusCode != http.StatusOK {
		t.Errorf("with the ETag of another file: %s", r.Status)
	}
}

func TestUnknownPathIsSaidInPlainWords(t *testing.T) {
	for _, target := range []string{"/nothing", "/lib/", "/lib", "/index.html", "/static/style.css", "/../embed.go"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = target
		Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "no such page") {
			t.Errorf("%s: %d %q", target, w.Code, w.Body)
		}
	}
}

func TestPageCanOnlyBeRead(t *testing.T) {
	for method, code := range map[string]int{"HEAD": 200, "POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		if w.Code != code {
			t.Errorf("%s: %d, want %d", method, w.Code, code)
		}
		if method == http.MethodHead && w.Body.Len() != 0 {
			t.Errorf("HEAD has a body of %d bytes", w.Body.Len())
		}
	}
}

func TestPagesOfOtherOriginsMayImportTheLibraryAndNothingElse(t *testing.T) {
	for target, open := range map[string]bool{
		"/turnpike.js": true, "/lib/client.js": true,
		"/": false, "/call/main.js": false, "/style.css": false, "/lib/nothing.js": false,
	} {
		header := get(t, target, "Origin", "https://other.example").Header
		allowed, policy := "", ""
		if open {
			allowed, policy = "*", "cross-origin"
		}
		if got := header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", target, got, allowed)
		}
		if got := header.Get("Cross-Origin-Resource-Policy"); got != policy {
			t.Errorf("%s: Cross-Origin-Resource-Policy %q, want %q", target, got, policy)
		}
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	for _, target := range []string{"/", "/turnpike.js", "/nothing"} {
		header := get(t, target).Header
		for name, part := range map[string]string{
			"Content-Security-Policy":    "default-src 'none'; script-src 'self'; style-src 'self';",
			"Permissions-Policy":         "camera=(self), microphone=(self), display-capture=(self)",
			"Referrer-Policy":            "no-referrer",
			"X-Content-Type-Options":     "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if !strings.Contains(header.Get(name), part) {
				t.Errorf("%s: %s is %q", target, name, header.Get(name))
			}
		}
	}
}

func TestPolicyNamesTheSocketOfTheSameHostOnly(t *testing.T) {
	for host, want := range map[string]string{
		"turn.example.org":          "connect-src 'self' ws://turn.example.org wss://turn.example.org;",
		"localhost:8080":            "connect-src 'self' ws://localhost:8080 wss://localhost:8080;",
		"[2001:db8::1]:8443":        "connect-src 'self' ws://[2001:db8::1]:8443 wss://[2001:db8::1]:8443;",
		"evil; script-src *":        "connect-src 'self';",
		"a b":                       "connect-src 'self';",
		"x.example'unsafe-inline":   "connect-src 'self';",
		"":                          "connect-src 'self';",
		"h:123456789":               "connect-src 'self';",
		"host\r\nSet-Cookie: a=b":   "connect-src 'self';",
		"[::1]; default-src *:8080": "connect-src 'self';",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		Handler().ServeHTTP(w, r)
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, want) {
			t.Errorf("Host %q: %q", host, policy)
		}
	}
}

var (
	htmlReference = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	jsReference   = regexp.MustCompile(`(?m)(?:\bfrom |\bimport\(|^import )"([^"]+)"`) // types in comments too
)

func TestEveryReferenceIsEmbedded(t *testing.T) {
	files, err := load(static)
	if err != nil {
		t.Fatal(err)
	}
	imports := 0
	eachFile(t, func(name, body string) {
		pattern := htmlReference
		if path.Ext(name) == ".js" {
			pattern = jsReference
		}
		for _, match := range pattern.FindAllStringSubmatch(body, -1) {
			if strings.HasPrefix(match[1], "https://calls.example.org/") {
				continue // the example in the documentation of the library
			}
			imports++
			target := path.Join(path.Dir(name), match[1])
			if target != "static" && !strings.HasPrefix(target, "static/") {
				t.Errorf("%s: %s leads out of the page", name, match[1])
			}
			if _, found := files[path.Join("/", address(target))]; !found {
				t.Errorf("%s: %s is not embedded", name, match[1])
			}
		}
	})
	if imports < 40 {
		t.Errorf("only %d references found: the pattern is wrong", imports)
	}
}

func TestPageHasNoInlineScriptOrStyle(t *testing.T) {
	scriptBody := regexp.MustCompile(`(?s)<script[^>]*>\s*[^<\s]`)
	handlerAttribute := regexp.MustCompile(`\son[a-z]+\s*=\s*"`)
	styleUse := regexp.MustCompile(`<style|\sstyle\s*=\s*"`)
	eachFile(t, func(name, body string) {
		switch path.Ext(name) {
		case ".html", ".svg":
			for what, pattern := range map[string]*regexp.Regexp{"script": scriptBody, "handler": handlerAttribute, "style": styleUse} {
				if pattern.MatchString(body) {
					t.Errorf("%s: inline %s", name, what)
				}
			}
		case ".js":
			for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", `setAttribute("style"`, "setHTML"} {
				if strings.Contains(body, forbidden) {
					t.Errorf("%s: uses %s", name, forbidden)
				}
			}
		}
	})
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`(?:https?:)?//[a-zA-Z0-9][a-zA-Z0-9.-]*\.[a-z]{2,}`)
	allowed := map[string]bool{
		"http://www.w3.org":         true, // the name of SVG
		"https://calls.example.org": true, // in the documentation of the library
	}
	eachFile(t, func(name, body string) {
		for _, found := range address.FindAllString(body, -1) {
			if !allowed[found] {
				t.Errorf("%s: speaks of %s", name, found)
			}
		}
	})
}

// The words of the page stand in one module: what the HTML names must be there.
func TestEveryWordOfThePageIsInStrings(t *testing.T) {
	words, err := fs.ReadFile(static, "static/call/strings/en.js")
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(static, "static/index.html")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`data-(?:text|label|hint)="([^"]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(named) < 30 {
		t.Errorf("only %d words found", len(named))
	}
	for _, match := range named {
		if !regexp.MustCompile(`(?m)^  ` + match[1] + `:`).Match(words) {
			t.Errorf("strings/en.js has no %q", match[1])
		}
	}
}
