package web

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestTheDashboardIsServedToTheOperatorAlone(t *testing.T) {
	for _, c := range []struct {
		path              string
		public, operators int
	}{
		{"/dashboard", 404, 404}, {"/dashboard/main.js", 404, 200}, {"/dashboard/strings/ko.js", 404, 200},
		{"/style.css", 200, 200}, {"/language.js", 200, 200}, {"/page/charts.js", 200, 200},
		{"/call/main.js", 200, 404}, {"/test", 200, 404}, {"/turnpike.js", 200, 404}, {"/lib/client.js", 200, 404},
	} {
		for i, who := range []http.Handler{Handler(), Dashboard()} {
			w := httptest.NewRecorder()
			who.ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
			if want := []int{c.public, c.operators}[i]; w.Code != want {
				t.Errorf("%s: %d, want %d", c.path, w.Code, want)
			}
		}
	}
	w := httptest.NewRecorder()
	Dashboard().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "dashboard/main.js") || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// What the modules of the dashboard import is served beside them.
func TestTheDashboardHasAllThatItUses(t *testing.T) {
	files := Dashboard().(handler)
	eachFile(t, func(name, body string) {
		if !operators(address(name)) {
			return
		}
		pattern := htmlReference
		if path.Ext(name) == ".js" {
			pattern = jsReference
		}
		for _, match := range pattern.FindAllStringSubmatch(body, -1) {
			target := path.Join("/", address(path.Join(path.Dir(name), match[1])))
			if _, served := files[target]; !served {
				t.Errorf("%s: %s is not served", name, match[1])
			}
		}
	})
}

func TestEveryWordOfTheDashboardIsInStringsAndUsed(t *testing.T) {
	words, err := fs.ReadFile(static, "static/dashboard/strings/en.js")
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(static, "static/dashboard.html")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, match := range regexp.MustCompile(`data-(?:text|label|hint)="([^"]+)"`).FindAllStringSubmatch(string(page), -1) {
		used[match[1]] = true
	}
	eachFile(t, func(name, body string) {
		if strings.HasPrefix(name, "static/dashboard/") {
			for _, match := range regexp.MustCompile(`\btext\.(\w+)`).FindAllStringSubmatch(body, -1) {
				used[match[1]] = true
			}
		}
	})
	known := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^  (\w+):`).FindAllStringSubmatch(string(words), -1) {
		known[match[1]] = true
		if !used[match[1]] {
			t.Errorf("nothing uses %q", match[1])
		}
	}
	for word := range used {
		if !known[word] {
			t.Errorf("strings/en.js has no %q", word)
		}
	}
}
