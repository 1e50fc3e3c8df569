package keys

import "testing"

func TestARotationEndsWhereItBegan(t *testing.T) {
	t.Parallel()
	phase := Settled
	var steps []Step
	for range order {
		step, err := phase.Next()
		if err != nil {
			t.Fatal(err)
		}
		if phase, err = phase.Take(step); err != nil {
			t.Fatal(err)
		}
		if reached, err := phase.Reached(); err != nil || reached != step {
			t.Errorf("%s was reached by %s, %v, want %s", phase, reached, err, step)
		}
		steps = append(steps, step)
	}
	if phase != Settled || len(steps) != 4 || steps[0] != Add || steps[3] != Finish {
		t.Errorf("steps %v lead to %s", steps, phase)
	}
}

func TestStepsAreTakenOnceAndNeverSkipped(t *testing.T) {
	t.Parallel()
	const refused = Phase("")
	for _, test := range []struct {
		phase                        Phase
		add, promote, retire, finish Phase
	}{
		{Settled, Added, refused, refused, Settled},
		{Added, Added, Promoted, refused, refused},
		{Promoted, Promoted, Promoted, Retired, refused},
		{Retired, Retired, Retired, Retired, Settled},
	} {
		for step, want := range map[Step]Phase{
			Add: test.add, Promote: test.promote, Retire: test.retire, Finish: test.finish,
		} {
			got, err := test.phase.Take(step)
			if got != want || (err == nil) != (want != refused) {
				t.Errorf("%s, %s: got %q %v, want %q", test.phase, step, got, err, want)
			}
		}
	}
	if _, err := Settled.Take("rotate"); err == nil {
		t.Error("an unknown step was taken")
	}
	if _, err := Phase("lost").Take(Add); err == nil {
		t.Error("a step was taken from an unknown phase")
	}
	if _, err := Phase("lost").Next(); err == nil {
		t.Error("an unknown phase has a next step")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{First: "key2", "key9": "key10", "key": "", "mine": "", "key0": "", "keyx": ""} {
		if got, err := NameAfter(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q %v, want %q", name, got, err, want)
		}
	}
}
