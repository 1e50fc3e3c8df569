package debian

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// machine makes a folder that looks like the root of a machine.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const bookworm = "ID=debian\nVERSION_CODENAME=bookworm\n"

func TestSourcesTakesTheHostsOwnRelease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"classic format": {
			files: map[string]string{
				"etc/os-release": bookworm,
				"etc/apt/sources.list": "# a comment\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib\n" +
					"deb-src http://mirror.example/debian bookworm main\ndeb http://mirror.example/debian trixie main\n" +
					"deb http://mirror.example/debian bookworm-backports main\n",
				"etc/apt/sources.list.d/vendor.list": "deb https://vendor.example/apt stable main\n",
			},
			want: []string{"deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib"},
		},
		"deb822 format": {
			files: map[string]string{
				"etc/os-release": bookworm,
				"etc/apt/sources.list.d/debian.sources": "Types: deb\n# snapshot\nURIs: http://a.example/debian http://b.example/debian\n" +
					"Suites: bookworm bookworm-updates trixie\nComponents: main\nSigned-By: /usr/share/keyrings/d.gpg\n\n" +
					"Types: deb-src\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\n\n" +
					"Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n",
				"etc/apt/sources.list.d/node.sources": "Types: deb\nURIs: https://deb.example\nSuites: nodistro\nComponents: main\n",
			},
			want: []string{
				"deb [signed-by=/usr/share/keyrings/d.gpg] http://a.example/debian bookworm main",
				"deb [signed-by=/usr/share/keyrings/d.gpg] http://a.example/debian bookworm-updates main",
				"deb [signed-by=/usr/share/keyrings/d.gpg] http://b.example/debian bookworm main",
				"deb [signed-by=/usr/share/keyrings/d.gpg] http://b.example/debian bookworm-updates main",
			},
		},
		"another distribution": {
			files: map[string]string{
				"etc/os-release":       "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n",
				"etc/apt/sources.list": "deb http://ubuntu.example/ubuntu noble main\n",
			},
			want: strings.Split(strings.TrimSpace(defaultSources), "\n"),
		},
		"nothing to go by": {want: strings.Split(strings.TrimSpace(defaultSources), "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Sources(machine(t, c.files), "")
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Join(c.want, "\n") + "\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestSourcesCanBeNamed(t *testing.T) {
	t.Parallel()
	root := machine(t, map[string]string{"etc/os-release": bookworm, "mine": "deb http://mine.example/debian trixie main\n"})
	got, err := Sources(root, filepath.Join(root, "mine"))
	if err != nil || suiteOf(got) != "trixie" {
		t.Errorf("got %q (suite %s), %v", got, suiteOf(got), err)
	}
}

func TestSuiteOf(t *testing.T) {
	t.Parallel()
	for sources, want := range map[string]string{
		"":             DefaultSuite,
		defaultSources: "bookworm",
		"# x\ndeb [a=b c=d] http://m.example trixie main": "trixie",
	} {
		if got := suiteOf(sources); got != want {
			t.Errorf("suiteOf(%q) = %s, want %s", sources, got, want)
		}
	}
}

func TestHasApt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		bookworm: true, "ID=ubuntu\nID_LIKE=debian\n": true, "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n": true,
		"ID=fedora\n": false, "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n": false, "": false,
	} {
		if got := ReadHost(machine(t, map[string]string{"etc/os-release": text})).HasApt(); got != want {
			t.Errorf("%q: HasApt is %v", text, got)
		}
	}
}

func TestLeftoverKeepsNoTraceOfTheMachine(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/etc/resolv.conf": true, "/etc/hostname": true, "/etc/apt/sources.list.d/0000sources.list": true, "/var/log/dpkg.log": true,
		"/dev/null": true, "/var/cache/debconf/config.dat": true,
		"/dev": false, "/var/log": false, "/etc/passwd": false, "/var/lib/dpkg/status": false, "/usr/share/doc/runc/copyright": false,
	} {
		if got := leftover(path); got != want {
			t.Errorf("leftover(%s) = %v", path, got)
		}
	}
}

func TestMissingPackagesAreNamed(t *testing.T) {
	t.Parallel()
	got := Missing(t.Context(), []string{"surely-no-package-has-this-name"})
	if len(got) != 1 {
		t.Fatalf("missing %v", got)
	}
	if command := InstallCommand(got); command != "apt-get update && apt-get install --yes --no-remove --no-install-recommends surely-no-package-has-this-name" {
		t.Errorf("command is %q", command)
	}
}
