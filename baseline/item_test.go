package baseline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/policy"
)

// TestItemsAreComplete counts what the frameworks have. Where an item lacks, its whole section is named.
func TestItemsAreComplete(t *testing.T) {
	t.Parallel()
	want := map[Framework]map[string]int{
		CIS: {
			"1.1": 21, "1.2": 30, "1.3": 7, "1.4": 2, "2": 7, "3.1": 3, "3.2": 2, "4.1": 10, "4.2": 14, "4.3": 1,
			"5.1": 13, "5.2": 12, "5.3": 2, "5.4": 2, "5.5": 1, "5.6": 4,
		},
		NSA:   {"P": 9, "N": 11, "A": 3, "L": 5, "U": 3},
		OWASP: {"K": 10},
	}
	for framework, sections := range want {
		items := Items(framework)
		place := 0
		for _, section := range order(framework) {
			for number := 1; number <= sections[section]; number++ {
				id := itemID(framework, section, number)
				if place >= len(items) || items[place].ID != id {
					t.Fatalf("%s: item %s lacks, or stands elsewhere", framework, id)
				}
				place++
			}
		}
		if place != len(items) {
			t.Errorf("%s: more items than there are: %v", framework, items[place:])
		}
	}
	automated := 0
	for _, item := range Items(CIS) {
		if item.Automated {
			automated++
		}
	}
	if total := len(Items(CIS)); total != 131 || automated != 65 {
		t.Errorf("%s: %d items, %d of them automated; the benchmark has 131 and 65", CIS, total, automated)
	}
}

func order(framework Framework) []string {
	switch framework {
	case CIS:
		return strings.Fields("1.1 1.2 1.3 1.4 2 3.1 3.2 4.1 4.2 4.3 5.1 5.2 5.3 5.4 5.5 5.6")
	case NSA:
		return strings.Fields("P N A L U")
	default:
		return []string{"K"}
	}
}

func itemID(framework Framework, section string, number int) string {
	switch framework {
	case CIS:
		return fmt.Sprintf("%s.%d", section, number)
	case NSA:
		return fmt.Sprintf("%s%d", section, number)
	default:
		return fmt.Sprintf("%s%02d", section, number)
	}
}

// TestPodSecurityItemsAreTheLibrarys asks the library that the API server decides with.
func TestPodSecurityItemsAreTheLibrarys(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, check := range policy.DefaultChecks() {
		want = append(want, string(check.Level)+" "+string(check.ID))
	}
	for _, item := range Items(PSS) {
		level, _, _ := strings.Cut(item.Title, ":")
		got = append(got, level+" "+item.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("items\n%v\nthe library's checks\n%v", got, want)
	}
}

// TestEveryItemHasAnAnswer: a control, or the reason why there is none, and never both.
func TestEveryItemHasAnAnswer(t *testing.T) {
	t.Parallel()
	catalogue := Current()
	for _, framework := range Frameworks() {
		for _, item := range Items(framework) {
			answers := catalogue.Answers(Reference{Framework: framework, Item: item.ID})
			switch {
			case len(answers) == 0 && item.Uncovered == "":
				t.Errorf("%s %s (%s): no control, and no reason why", framework, item.ID, item.Title)
			case len(answers) > 0 && item.Uncovered != "":
				t.Errorf("%s %s: %s answers it, and a reason says why nothing does", framework, item.ID, answers[0].ID)
			}
			if item.Title == "" || strings.ContainsAny(item.Title+item.Uncovered, "\n|") {
				t.Errorf("%s %s: the title or the reason is not one line", framework, item.ID)
			}
		}
	}
}

// TestReferencesNameItemsThatThereAre and each once.
func TestReferencesNameItemsThatThereAre(t *testing.T) {
	t.Parallel()
	for _, control := range Controls() {
		for i, reference := range control.References {
			known := slices.ContainsFunc(Items(reference.Framework), func(item Item) bool { return item.ID == reference.Item })
			if !known {
				t.Errorf("%s refers to %s %s, which there is none of", control.ID, reference.Framework, reference.Item)
			}
			if slices.Contains(control.References[:i], reference) {
				t.Errorf("%s refers to %s %s twice", control.ID, reference.Framework, reference.Item)
			}
		}
	}
}
