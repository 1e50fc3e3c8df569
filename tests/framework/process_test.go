package framework

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKillTreeReachesGrandchildrenInOtherGroups starts a process that starts one in a session of its own.
func TestKillTreeReachesGrandchildrenInOtherGroups(t *testing.T) {
	t.Parallel()
	command := exec.Command("sh", "-c", "setsid sleep 300 & echo $!; wait")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	grandchild, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	run := &Running{command: command}
	if err := run.KillTree(); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil {
		t.Error("the process ended well")
	}
	deadline := time.Now().Add(10 * time.Second)
	for alive(grandchild) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if alive(grandchild) {
		t.Error("the grandchild lives")
	}
}

// alive says whether a process runs; one that has ended and waits for its parent does not.
func alive(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !bytes.Contains(text, []byte(") Z "))
}

func TestMentioningFindsProcessesByTheirEnvironment(t *testing.T) {
	t.Parallel()
	mark := "mark-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	command := exec.Command("sleep", "300")
	command.Env = append(os.Environ(), "RAMPART_TEST_MARK="+mark)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	found, err := mentioning(mark)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !strings.Contains(found[0], "sleep") {
		t.Errorf("found %q", found)
	}
}
