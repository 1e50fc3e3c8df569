package node

import "testing"

func TestRevisionsNeverGoBackwards(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ now, ofSnapshot int64 }{
		"a snapshot of a while ago":               {5_000, 1_000},
		"one that was restored before":            {1_000_002_000, 1_000},
		"one that was restored twice before":      {2_000_007_000, 1_000},
		"of another cluster, which has seen more": {1_000, 7_000_000_000},
	}
	for name, test := range tests {
		restored := test.ofSnapshot + revisionBump(test.now, test.ofSnapshot)
		if restored < test.now+revisionMargin {
			t.Errorf("%s: the restored data begins at %d, the cluster was at %d", name, restored, test.now)
		}
	}
}
