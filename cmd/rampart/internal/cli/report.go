package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rampart-iac/rampart/cmd/rampart/internal/privatefile"
	"github.com/rampart-iac/rampart/verify"
	"github.com/rampart-iac/rampart/verify/report"
)

func newReport(shared *flags) *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "report [RESULT.json ...]",
		Short: "Make a page for people out of what verify found",
		Long: `Makes one HTML page out of the newest result of rampart verify, with the older ones as its history. The page stands
alone: it loads nothing, and can be mailed, archived and printed.

Results of whole runs on a stack are kept in its working folder, and are taken from there. For another cluster, name the
files that "rampart verify --output json --file" has written.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			results, fallback, err := resultFiles(cmd, shared, args)
			if err != nil {
				return err
			}
			if file == "" {
				file = fallback
			}
			read, err := readResults(results)
			// A name that somebody gave may be mistyped. What was kept for years is not lost with one file of it.
			if err != nil && (len(args) > 0 || len(read.all) == 0) {
				return err
			}
			if err != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "The page is made without what cannot be read:\n%v\n", err)
			}
			return read.writePage(cmd.OutOrStdout(), file)
		},
	}
	command.Flags().StringVar(&file, "file", "",
		"write the page to this file (default: report.html beside the kept results, or here if results are named)")
	return command
}

// resultFiles returns the results to report, and where the page goes if nobody says.
func resultFiles(cmd *cobra.Command, shared *flags, named []string) (results []string, page string, err error) {
	const name = "report.html"
	if len(named) > 0 {
		return named, name, nil
	}
	s, err := newSession(cmd, shared)
	if err != nil {
		return nil, "", err
	}
	results, err = s.stack.KeptResults()
	if err == nil && len(results) == 0 {
		err = fmt.Errorf("there is no result of stack %s yet: run \"make verify%s\" first", s.stack.Name, stackArgument(s.stack.Name))
	}
	return results, filepath.Join(s.stack.Results(), name), err
}

// readResult is what was read of the files with results.
type readResult struct {
	all     []*verify.Report
	newest  *verify.Report
	options report.Options
}

// readResults reads files with results. The error is about those that cannot be read; the others are returned with it.
func readResults(paths []string) (read readResult, err error) {
	for _, path := range paths {
		content, failed := os.ReadFile(path)
		var result *verify.Report
		if failed == nil {
			result, failed = verify.ReadJSON(bytes.NewReader(content))
		}
		if failed != nil {
			path := filepath.Base(path)
			err = errors.Join(err, fmt.Errorf("%s: %w", path, unnamed(failed)))
			read.options.Unread = append(read.options.Unread, report.Unread{File: path, Why: unnamed(failed).Error()})
			continue
		}
		read.all = append(read.all, result)
		if read.newest == nil || !result.Started.Before(read.newest.Started) {
			sum := sha256.Sum256(content)
			read.newest, read.options.Digest = result, hex.EncodeToString(sum[:])
		}
	}
	return read, err
}

// unnamed leaves out the name of a file, which is said already.
func unnamed(err error) error {
	if of := (&fs.PathError{}); errors.As(err, &of) {
		return of.Err
	}
	return err
}

// writePage writes the page about what was read. It replaces a page that is there.
func (r readResult) writePage(stdout io.Writer, file string) error {
	var page bytes.Buffer
	if err := report.Write(&page, r.all, r.options); err != nil {
		return err
	}
	// It says where a cluster is weak: for its owner alone, who may hand it on.
	if err := privatefile.Write(file, page.Bytes()); err != nil {
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Score %d %%, %d of %d controls proven; %s\nReport: %s\n", r.newest.Score.Percent(), r.newest.Score.Proven,
		r.newest.Score.Proven+r.newest.Score.Failed+r.newest.Score.Prevented, runs(len(r.all)), path)
	return nil
}

func runs(number int) string {
	if number == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", number)
}
