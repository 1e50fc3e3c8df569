package hardening

import (
	"embed"
	"fmt"
)

// unitFiles are systemd units and drop-ins; each has its reasons in it.
//
//go:embed units
var unitFiles embed.FS

// Where the approver is on a control-plane node, and the user that it is for the API server. units/approver.service says
// the same.
const (
	ApproverProgram = "rampart-approver"
	ApproverUser    = "rampart:approver"
)

// Units returns what the systemd of control-plane nodes and that of workers gets, by path in the folder of units.
// approverHash is that of the approver's program: another program is a changed unit, and so a new start.
func Units(approverHash string) (controlPlane, workers map[string]string, err error) {
	everywhere := map[string]string{
		"kubelet.service.d/20-rampart-modes.conf": "modes.conf",
		"rampart-cni-modes.path":                  "cni-modes.path",
		"rampart-cni-modes.service":               "cni-modes.service",
	}
	controlPlaneOnly := map[string]string{
		"kubelet.service.d/20-rampart-etcd.conf":     "etcd-first.conf",
		"rampart-etcd.service":                       "etcd.service",
		"rampart-etcd-renewal.path":                  "etcd-renewal.path",
		"rampart-etcd-renewal.service":               "etcd-renewal.service",
		"kubelet.service.d/20-rampart-approver.conf": "approver-wanted.conf",
		ApproverProgram + ".service":                 "approver.service",
	}
	if workers, err = readUnits(everywhere); err != nil {
		return nil, nil, err
	}
	if controlPlane, err = readUnits(everywhere, controlPlaneOnly); err != nil {
		return nil, nil, err
	}
	controlPlane[ApproverProgram+".service.d/10-program.conf"] = "[Unit]\nX-ProgramSHA256=" + approverHash + "\n"
	return controlPlane, workers, nil
}

// readUnits returns embedded files under the names that they have on a node.
func readUnits(sets ...map[string]string) (map[string]string, error) {
	units := map[string]string{}
	for _, files := range sets {
		for name, file := range files {
			text, err := unitFiles.ReadFile("units/" + file)
			if err != nil {
				return nil, fmt.Errorf("reading unit %s: %w", name, err)
			}
			units[name] = string(text)
		}
	}
	return units, nil
}
