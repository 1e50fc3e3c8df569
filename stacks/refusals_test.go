package stacks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestWhatWouldTakeAControlAwayIsExplained: with its value, with what holds instead, and with what to do.
func TestWhatWouldTakeAControlAwayIsExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values Values
		want   string
	}{
		"local accounts": {
			Values{"rampart:provider": "aks", "rampart:aks": `{"localAccounts":true}`},
			`rampart:aks.localAccounts true: local accounts are off in every cluster`,
		},
		"hop limit": {
			Values{"rampart:provider": "eks", "rampart:eks": `{"nodeGroups":[{"name":"general","hopLimit":2}]}`},
			`rampart:eks.nodeGroups[0].hopLimit 2: nodes hand out their credentials over one hop`,
		},
		"elsewhere it is unknown": {
			Values{"rampart:provider": "gke", "rampart:gke": `{"nodePools":[{"name":"general","hopLimit":2}]}`},
			`rampart:gke.nodePools[0].hopLimit: is not a known setting`,
		},
	} {
		_, err := Load(test.values, testHost())
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+test.want) {
			t.Errorf("%s: got\n%v\nwant a line that begins with\n%s", name, err, test.want)
		}
	}
}

// TestRefusalsAreOfSettingsThatThereAreNot: otherwise they would never be said.
func TestRefusalsAreOfSettingsThatThereAreNot(t *testing.T) {
	t.Parallel()
	sections := map[string]any{ProviderEKS: EKS{}, ProviderAKS: AKS{}, ProviderGKE: GKE{}}
	for _, each := range refusals {
		known, err := json.Marshal(settingsOf(reflect.TypeOf(sections[each.section])))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range each.names {
			if strings.Contains(string(known), `"`+name+`"`) {
				t.Errorf("%s has a setting %s", each.section, name)
			}
		}
		if !strings.Contains(each.rule, "remove it") {
			t.Errorf("%s: no remedy: %s", each.section, each.rule)
		}
	}
}

// settingsOf are the names of all settings in a section, at every depth.
func settingsOf(section reflect.Type) []string {
	var names []string
	for section.Kind() == reflect.Slice || section.Kind() == reflect.Map || section.Kind() == reflect.Pointer {
		section = section.Elem()
	}
	if section.Kind() != reflect.Struct {
		return nil
	}
	for i := range section.NumField() {
		field := section.Field(i)
		names = append(append(names, field.Tag.Get("config")), settingsOf(field.Type)...)
	}
	return names
}
