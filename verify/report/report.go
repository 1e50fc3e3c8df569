package report

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's own parts
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/rampart-iac/rampart/verify"
)

//go:embed page.html.tmpl
var pageText string

//go:embed style.css
var style string

//go:embed script.js
var script string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Options of a page.
type Options struct {
	// Now is when the page is made. Waivers that end soon are counted from it. Default: the time of the call.
	Now time.Time

	// Digest is the SHA-256 of the newest result as it is stored, in hexadecimal, so that a reader can tell whether he holds
	// the same. Empty: it is not said.
	Digest string

	// Unread are files with results that could not be read, and are missing from the page.
	Unread []Unread
}

// Unread is a file with a result that could not be read, and why.
type Unread struct{ File, Why string }

// Write writes the page about the newest of some results; the older ones are its history. Their order does not matter.
func Write(out io.Writer, results []*verify.Report, options Options) error {
	if len(results) == 0 {
		return errors.New("there is no result to report")
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	sorted := slices.SortedStableFunc(slices.Values(results), func(a, b *verify.Report) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Run, b.Run))
	})
	return pageTemplate.Execute(out, newPage(sorted, options))
}

// policy lets a browser use what stands in the page, the margins included, and nothing else: no request leaves it.
func policy(margins string) string {
	source := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + source(style) + " " + source(margins) + "; script-src " + source(script) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}
