// Package debian gets what comes from Debian: root filesystems for images, and packages that the host lacks.
package debian

import (
	"bufio"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// DefaultSuite is the Debian release in the images when the host is not Debian itself.
const DefaultSuite = "bookworm"

// defaultSources is used when the host is not Debian, or has no sources that can be used. It names the keyring of
// package debian-archive-keyring, which Ubuntu has too: a host that is not Debian does not trust Debian's keys by
// itself.
const defaultSources = `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-updates main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://security.debian.org/debian-security bookworm-security main
`

// Host is what the build needs to know about the machine's own distribution.
type Host struct {
	// ID and Codename are from /etc/os-release ("debian", "bookworm").
	ID, Codename string
	// Like are the distributions that this one is derived from.
	Like []string
}

// ReadHost reads /etc/os-release below root ("/" on a real machine). A machine without one is a Host with empty
// fields.
func ReadHost(root string) Host {
	var h Host
	f, err := os.Open(filepath.Join(root, "etc/os-release"))
	if err != nil {
		return h
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), "=")
		value = strings.Trim(value, `"'`)
		switch name {
		case "ID":
			h.ID = value
		case "VERSION_CODENAME":
			h.Codename = value
		case "ID_LIKE":
			h.Like = strings.Fields(value)
		}
	}
	return h
}

// HasApt tells whether packages can be installed with apt-get: Debian, Ubuntu and what derives from them.
func (h Host) HasApt() bool {
	for _, id := range append([]string{h.ID}, h.Like...) {
		if id == "debian" || id == "ubuntu" {
			return true
		}
	}
	return false
}

// Sources is the apt configuration that root filesystems are made from, and the suite in it. On Debian it is the
// host's own, because that is what this network can reach; only the entries of the host's own release count,
// third-party repositories do not. Elsewhere it is Debian's public mirror. override, if not empty, is the path of a
// sources file that is used as it is.
//
// Where packages come from does not go into the keys of parts: apt checks the signatures of the archive, not the
// address of the mirror.
func Sources(root, override string) (string, error) {
	if override != "" {
		data, err := os.ReadFile(override)
		return string(data), err
	}
	h := ReadHost(root)
	if h.ID != "debian" || h.Codename == "" {
		return defaultSources, nil
	}
	files, err := filepath.Glob(filepath.Join(root, "etc/apt/sources.list.d/*"))
	if err != nil {
		return "", err
	}
	sort.Strings(files)
	var out []string
	for _, file := range append([]string{filepath.Join(root, "etc/apt/sources.list")}, files...) {
		data, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		switch filepath.Ext(file) {
		case ".list":
			out = append(out, oneLine(string(data), h.Codename)...)
		case ".sources":
			out = append(out, deb822(string(data), h.Codename)...)
		}
	}
	if len(out) == 0 {
		return defaultSources, nil
	}
	return strings.Join(out, "\n") + "\n", nil
}

// ownSuite tells whether a suite is of the release: bookworm, bookworm-updates, bookworm-security, but not backports.
func ownSuite(suite, codename string) bool {
	suite, _, _ = strings.Cut(suite, "/")
	return suite == codename || strings.HasPrefix(suite, codename+"-") && !strings.HasPrefix(suite, codename+"-backports")
}

// oneLine picks entries of the classic format, "deb [options] uri suite component...".
func oneLine(text, codename string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, "deb ")
		if !ok {
			continue
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			_, rest, _ = strings.Cut(rest, "]")
		}
		if fields := strings.Fields(rest); len(fields) >= 3 && ownSuite(fields[1], codename) {
			out = append(out, line)
		}
	}
	return out
}

// deb822 picks stanzas of the newer format and writes them in the classic one, so that both kinds can stand in one
// file.
func deb822(text, codename string) []string {
	var out []string
	for stanza := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(stanza) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			if name, value, ok := strings.Cut(line, ":"); ok {
				fields[strings.ToLower(name)] = strings.TrimSpace(value)
			}
		}
		if !strings.Contains(" "+fields["types"]+" ", " deb ") || fields["enabled"] == "no" {
			continue
		}
		options := ""
		// A key in the stanza itself (not a file) cannot be written in one line; apt's trusted keys then have to do.
		if key := fields["signed-by"]; strings.HasPrefix(key, "/") {
			options = "[signed-by=" + key + "] "
		}
		for _, uri := range strings.Fields(fields["uris"]) {
			for _, suite := range strings.Fields(fields["suites"]) {
				if ownSuite(suite, codename) {
					out = append(out, "deb "+options+uri+" "+suite+" "+fields["components"])
				}
			}
		}
	}
	return out
}
