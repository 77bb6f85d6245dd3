// Package web is what people see: the call page, the test page, turnpike.js, the client library, and what the operator
// sees: the dashboard. They are plain files that are embedded in the binary. There is no build step and no third-party script.
//
// The files are read and hashed once, when Handler or Dashboard is called; after that nothing is written, so the handler needs
// no lock and starts no goroutine.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// Handler serves the call page at /, the test page at /test, the client library at /turnpike.js, and the files they
// use. Everything else is a 404 in plain words.
func Handler() http.Handler {
	files := embedded()
	for path := range files {
		if operators(path) {
			delete(files, path)
		}
	}
	return handler(files)
}

// Dashboard serves the page of the operator at /, and the files that it uses. It is for the admin listener alone.
func Dashboard() http.Handler {
	files := make(handler)
	for path, f := range embedded() {
		switch {
		case path == "/dashboard":
			files["/"] = f
		case operators(path), path == "/style.css", path == "/icon.svg", path == "/language.js", strings.HasPrefix(path, "/page/"):
			files[path] = f
		}
	}
	return files
}

// operators tells the files of the dashboard from those of everybody.
func operators(path string) bool {
	return path == "/dashboard" || strings.HasPrefix(path, "/dashboard/")
}

func embedded() map[string]file {
	files, err := load(static)
	if err != nil {
		panic(fmt.Sprintf("web: the embedded files cannot be read: %v", err)) // a fault of the build
	}
	return files
}

type file struct {
	body        []byte
	contentType string
	etag        string
}

type handler map[string]file

var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".ts":   "text/plain; charset=utf-8", // the types of turnpike.js, for editors and people
}

func load(fsys fs.FS) (map[string]file, error) {
	files := make(map[string]file)
	err := fs.WalkDir(fsys, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		contentType, known := contentTypes[path.Ext(name)]
		if !known {
			return fmt.Errorf("%s: no content type for its ending", name)
		}
		sum := sha256.Sum256(body)
		etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		files[address(name)] = file{body, contentType, etag}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// address is the path at which a file is served: a page has no ending.
func address(name string) string {
	name = strings.TrimPrefix(name, "static")
	if name == "/index.html" {
		return "/"
	}
	return strings.TrimSuffix(name, ".html")
}

const notFound = "There is no such page here.\n\nCalls are made at /\nNetworks are tested at /test\n"

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurity(w.Header(), r.Host)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This page can only be read: use GET or HEAD.", http.StatusMethodNotAllowed)
		return
	}
	f, found := h[r.URL.Path]
	if !found {
		http.Error(w, notFound, http.StatusNotFound)
		return
	}
	if library(r.URL.Path) {
		// The same public code for everybody, so pages of other origins may import it; that they may also use the
		// signaling is for http.origins to say.
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("ETag", f.etag)
	w.Header().Set("Cache-Control", "no-cache") // kept, but asked for each time: an upgrade is seen at once
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

// library tells the files of turnpike.js from those of our own pages.
func library(path string) bool {
	return path == "/turnpike.js" || path == "/turnpike.d.ts" || strings.HasPrefix(path, "/lib/")
}

const (
	contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; connect-src 'self'%s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	permissionsPolicy = "camera=(self), microphone=(self), display-capture=(self), " +
		"autoplay=(self), fullscreen=(self), geolocation=(), payment=(), usb=(), serial=(), midi=()"
)

func setSecurity(header http.Header, host string) {
	header.Set("Content-Security-Policy", fmt.Sprintf(contentSecurityPolicy, socketSources(host)))
	header.Set("Permissions-Policy", permissionsPolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
}

var plainHost = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)

// socketSources names the WebSocket of the same host. Older Safari does not take 'self' for it. A Host header that is
// not plainly a host is left out: it would otherwise write into the policy.
func socketSources(host string) string {
	if !plainHost.MatchString(host) {
		return ""
	}
	return " ws://" + host + " wss://" + host
}
