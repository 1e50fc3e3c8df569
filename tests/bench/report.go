package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rampart-iac/rampart/verify/live"
)

// Report is the outcome of one run.
type Report struct {
	Machine Machine `json:"machine"`
	Rows    []Row   `json:"rows"`
	Ratios  []Ratio `json:"ratios"`

	// Amounts are what is not a time.
	Amounts []Amount `json:"amounts"`

	// Latencies are of requests, the first without and the second with all admission policies.
	Latencies []Latency `json:"latencies"`
}

// Machine says what was measured on.
type Machine struct {
	Cores     int      `json:"cores"`
	MemoryGiB int      `json:"memoryGiB"`
	Kernel    string   `json:"kernel"`
	Engines   []string `json:"engines"`
	Go        string   `json:"go"`
	Load      string   `json:"loadBefore"`
}

// Row is one measurement.
type Row struct {
	What string `json:"what"`
	Usage
}

// Ratio compares two wall times.
type Ratio struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Aim   float64 `json:"aim"`
}

// Amount is something measured that is not a time.
type Amount struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Aim in words; empty if there is none.
	Aim string `json:"aim"`
}

func (r *Report) add(what string, usage Usage) {
	r.Rows = append(r.Rows, Row{What: what, Usage: usage})
}

func (r *Report) compare(what string, ours, theirs Usage, aim float64) {
	r.Ratios = append(r.Ratios, Ratio{What: what, Value: ours.WallSeconds / theirs.WallSeconds, Aim: aim})
}

// write prints the table and, if it is to, writes JSON to a file.
func (r *Report) write(out io.Writer, jsonFile string) error {
	if jsonFile != "" {
		if err := r.writeJSON(jsonFile); err != nil {
			return err
		}
	}
	return r.writeTable(out)
}

func (r *Report) writeJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

func (r *Report) writeTable(out io.Writer) error {
	var text strings.Builder
	m := r.Machine
	fmt.Fprintf(&text, "%d cores, %d GiB, Linux %s, %s, %s, load before %s\n\n",
		m.Cores, m.MemoryGiB, m.Kernel, strings.Join(m.Engines, " and "), m.Go, m.Load)
	if len(r.Rows) > 0 {
		text.WriteString("| What | Wall, s | CPU, s | Peak, MiB |\n|---|---:|---:|---:|\n")
	}
	for _, row := range r.Rows {
		fmt.Fprintf(&text, "| %s | %.1f | %.1f | %.0f |\n", row.What, row.WallSeconds, row.CPUSeconds, row.PeakMiB)
	}
	if len(r.Ratios) > 0 {
		text.WriteString("\n| Wall time of | Ratio | Aim |\n|---|---:|---:|\n")
	}
	for _, ratio := range r.Ratios {
		fmt.Fprintf(&text, "| %s | %.2f | at most %.2f |\n", ratio.What, ratio.Value, ratio.Aim)
	}
	if len(r.Amounts) > 0 {
		text.WriteString("\n| What | Amount | Aim |\n|---|---:|---:|\n")
	}
	for _, amount := range r.Amounts {
		fmt.Fprintf(&text, "| %s | %.1f %s | %s |\n", amount.What, amount.Value, amount.Unit, amount.Aim)
	}
	if len(r.Latencies) > 0 {
		fmt.Fprintf(&text, "\n| At %d requests a second | Requests | p50, ms | p99, ms |\n|---|---:|---:|---:|\n", podRate)
	}
	for _, latency := range r.Latencies {
		fmt.Fprintf(&text, "| %s | %d | %.1f | %.1f |\n", latency.What, latency.Requests, latency.P50Milli, latency.P99Milli)
	}
	if len(r.Latencies) == 2 {
		fmt.Fprintf(&text, "\nAll policies add %.1f ms to p99; aim: at most %d ms.\n",
			r.Latencies[1].P99Milli-r.Latencies[0].P99Milli, latencyAim.Milliseconds())
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func describeMachine(ctx context.Context) (Machine, error) {
	machine := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	memory, err := os.Open("/proc/meminfo")
	if err != nil {
		return machine, err
	}
	defer func() { _ = memory.Close() }()
	for lines := bufio.NewScanner(memory); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "MemTotal:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				return machine, err
			}
			machine.MemoryGiB = (kib + 1<<19) >> 20
		}
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return machine, err
	}
	machine.Kernel = unix.ByteSliceToString(name.Release[:])
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return machine, err
	}
	machine.Load, _, _ = strings.Cut(string(load), " ")
	for _, engine := range live.Engines(ctx) {
		version, err := exec.CommandContext(ctx, string(engine), "--version").Output()
		if err != nil {
			return machine, err
		}
		machine.Engines = append(machine.Engines, strings.TrimSpace(string(version)))
	}
	return machine, nil
}
