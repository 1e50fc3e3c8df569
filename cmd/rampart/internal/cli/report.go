package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

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
			return writePage(cmd.OutOrStdout(), results, file)
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

// writePage reads results and writes the page about them. It replaces a page that is there.
func writePage(stdout io.Writer, results []string, file string) error {
	var (
		all     []*verify.Report
		newest  *verify.Report
		options report.Options
		faults  []error
	)
	for _, path := range results {
		content, err := os.ReadFile(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		result, err := verify.ReadJSON(bytes.NewReader(content))
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all = append(all, result)
		if newest == nil || !result.Started.Before(newest.Started) {
			sum := sha256.Sum256(content)
			newest, options.Digest = result, hex.EncodeToString(sum[:])
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	var page bytes.Buffer
	if err := report.Write(&page, all, options); err != nil {
		return err
	}
	// It says where a cluster is weak: for its owner alone, who may hand it on.
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Score %d %%, %d of %d controls proven; %s\nReport: %s\n", newest.Score.Percent(), newest.Score.Proven,
		newest.Score.Proven+newest.Score.Failed+newest.Score.Prevented, runs(len(all)), path)
	return nil
}

func runs(number int) string {
	if number == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", number)
}
