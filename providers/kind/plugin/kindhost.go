package plugin

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// minFreeBytes is what a node image, two nodes' writable layers and their images take, with some room: 6 GiB.
const minFreeBytes = 6 << 30

// quirks returns what a cluster on this engine's host has to be fitted to. Only podman has no daemon: its containers are
// this process's children and bound by its limits.
func (k *kindClient) quirks() hostQuirks {
	return hostQuirks{cgroupV1: k.info.cgroupV1, boundedLimits: k.name() == enginePodman && boundedLimits()}
}

func (k *kindClient) hostFaults(_ context.Context, repair bool) []string {
	var faults []string
	if free, ok := freeBytes(k.info.storage); ok && free < minFreeBytes {
		faults = append(faults, fmt.Sprintf("only %.1f GiB are free where %s keeps its containers (%s): a cluster needs %d GiB",
			float64(free)/(1<<30), k.name(), k.info.storage, minFreeBytes>>30))
	}
	if k.name() == enginePodman {
		if fault := modulesFault(modulesDirectory, repair); fault != "" {
			faults = append(faults, fault)
		}
	}
	return faults
}

// limited returns the engine with limits that it can set. A newer podman adds them to its own configuration, an older
// one knows only how to read another file instead.
func (k *kindClient) limited(directory string) (command, error) {
	engine := k.engine
	if !k.quirks().boundedLimits {
		return engine, nil
	}
	files, processes, err := hardLimits()
	if err != nil {
		return command{}, fmt.Errorf("reading this process's limits: %w", err)
	}
	_, noRunc := exec.LookPath("runc")
	limits := podmanLimits(files, processes, k.info.cgroupV1 && noRunc == nil)
	path := filepath.Join(directory, limitsName)
	if err := writeFile(path, []byte(limits)); err != nil {
		return command{}, err
	}
	variable := "CONTAINERS_CONF"
	if addsConfiguration(k.info.version) {
		variable = "CONTAINERS_CONF_OVERRIDE"
	}
	engine.env = append(slices.Clone(engine.env), variable+"="+path)
	return engine, nil
}

// addsConfiguration says whether a podman of that version knows CONTAINERS_CONF_OVERRIDE, which came with 4.6.
func addsConfiguration(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	majorNumber, errMajor := strconv.Atoi(major)
	minorNumber, errMinor := strconv.Atoi(minor)
	return errMajor == nil && errMinor == nil && (majorNumber > 4 || (majorNumber == 4 && minorNumber >= 6))
}
