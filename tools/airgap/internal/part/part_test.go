package part

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func key(t *testing.T, p *Part) string {
	t.Helper()
	k, err := p.Key()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyChangesWithEverythingThatGoesIntoAPart(t *testing.T) {
	t.Parallel()
	recipe := func(t *testing.T, files map[string]string) string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "recipe")
		for name, text := range files {
			write(t, filepath.Join(dir, name), text)
		}
		return dir
	}
	same := map[string]string{"go.mod": "module m\n", "sub/main.go": "package main\n"}
	base := func(t *testing.T) *Part {
		t.Helper()
		return &Part{Name: "p", Facts: []string{"a", "b"}, Files: []string{recipe(t, same)}, Inputs: []*Part{{Name: "in"}}}
	}
	want := key(t, base(t))
	if got := key(t, base(t)); got != want {
		t.Fatal("the same recipe in another folder has another key: clones could not share a cache")
	}
	for name, change := range map[string]func(t *testing.T, p *Part){
		"name":         func(_ *testing.T, p *Part) { p.Name = "q" },
		"fact":         func(_ *testing.T, p *Part) { p.Facts = []string{"a", "c"} },
		"joined facts": func(_ *testing.T, p *Part) { p.Facts = []string{"a\nfact b"} },
		"fact order":   func(_ *testing.T, p *Part) { p.Facts = []string{"b", "a"} },
		"input":        func(_ *testing.T, p *Part) { p.Inputs[0].Facts = []string{"new"} },
		"no input":     func(_ *testing.T, p *Part) { p.Inputs = nil },
		"content": func(t *testing.T, p *Part) {
			t.Helper()
			p.Files = []string{recipe(t, map[string]string{"go.mod": "module n\n", "sub/main.go": "package main\n"})}
		},
		"file name": func(t *testing.T, p *Part) {
			t.Helper()
			p.Files = []string{recipe(t, map[string]string{"go.mod": "module m\n", "sub/other.go": "package main\n"})}
		},
		"one file more": func(t *testing.T, p *Part) {
			t.Helper()
			p.Files = []string{recipe(t, map[string]string{"go.mod": "module m\n", "sub/main.go": "package main\n", "x": ""})}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := base(t)
			change(t, p)
			if key(t, p) == want {
				t.Error("the key did not change")
			}
		})
	}
}

func TestKeyNamesThePartWhoseRecipeIsMissing(t *testing.T) {
	t.Parallel()
	p := &Part{Name: "lost", Files: []string{filepath.Join(t.TempDir(), "nowhere")}}
	if _, err := (&Part{Name: "user", Inputs: []*Part{p}}).Key(); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Fatalf("want an error that names the part, got %v", err)
	}
}

func TestClosureOrdersInputsFirst(t *testing.T) {
	t.Parallel()
	a, b := &Part{Name: "a"}, &Part{Name: "b"}
	c := &Part{Name: "c", Inputs: []*Part{a, b}}
	d := &Part{Name: "d", Inputs: []*Part{c, a}}
	order, err := Closure(d, c)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range order {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "a b c d" {
		t.Errorf("order %s, want a b c d", got)
	}
}

func TestClosureRefusesMistakes(t *testing.T) {
	t.Parallel()
	loop := &Part{Name: "loop"}
	loop.Inputs = []*Part{{Name: "middle", Inputs: []*Part{loop}}}
	twins := &Part{Name: "user", Inputs: []*Part{{Name: "twin"}, {Name: "twin"}}}
	for _, c := range []struct {
		part *Part
		want string
	}{{loop, "needs itself"}, {twins, "two parts are named twin"}} {
		if _, err := Closure(c.part); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.part.Name, err, c.want)
		}
	}
}
