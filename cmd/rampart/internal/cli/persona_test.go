package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/rampart-iac/rampart/stacks"
)

func TestPersonaQuestion(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	granted := func(expires string) stacks.Config {
		return stacks.Config{
			Tenants: []stacks.Tenant{{Name: "blue"}, {Name: "green"}},
			Access:  stacks.Access{BreakGlass: stacks.BreakGlass{Reason: "r", Owner: "o", Expires: expires}},
		}
	}
	none := stacks.Config{Tenants: granted("").Tenants}
	const persona = " is no persona: use viewer, operator, auditor, break-glass for the cluster, or viewer, developer, operator with --tenant"
	for name, test := range map[string]struct {
		question personaQuestion
		config   stacks.Config
		// What comes out: group and lifetime, or an error.
		group    string
		lifetime time.Duration
		fault    string
	}{
		"viewer":              {personaQuestion{persona: "viewer"}, none, "rampart:viewer", time.Hour, ""},
		"viewer of a tenant":  {personaQuestion{persona: "viewer", tenant: "blue"}, none, "rampart:blue:viewer", time.Hour, ""},
		"developer":           {personaQuestion{persona: "developer", tenant: "green", lifetime: 8 * time.Hour}, none, "rampart:green:developer", 8 * time.Hour, ""},
		"shortest":            {personaQuestion{persona: "auditor", lifetime: 10 * time.Minute}, none, "rampart:auditor", 10 * time.Minute, ""},
		"break-glass":         {personaQuestion{persona: "break-glass"}, granted("2026-11-25T18:00:00Z"), "rampart:break-glass", time.Hour, ""},
		"until the grant end": {personaQuestion{persona: "break-glass"}, granted("2026-11-25T12:30:00Z"), "rampart:break-glass", 30 * time.Minute, ""},

		"unknown persona":         {personaQuestion{persona: "root"}, none, "", 0, `--as "root":` + persona},
		"developer of nothing":    {personaQuestion{persona: "developer"}, none, "", 0, "--as developer: works in a tenant: add --tenant, one of blue, green"},
		"developer without any":   {personaQuestion{persona: "developer"}, stacks.Config{}, "", 0, "add --tenant, it has none"},
		"auditor of a tenant":     {personaQuestion{persona: "auditor", tenant: "blue"}, none, "", 0, "--as auditor: is for the cluster: leave --tenant out, or use viewer, developer, operator"},
		"break-glass of a tenant": {personaQuestion{persona: "break-glass", tenant: "blue"}, granted("2026-11-25T18:00:00Z"), "", 0, "is for the cluster"},
		"unknown tenant":          {personaQuestion{persona: "viewer", tenant: "red"}, none, "", 0, `--tenant "red": is no tenant of this stack: one of blue, green`},
		"too long":                {personaQuestion{persona: "viewer", lifetime: 9 * time.Hour}, none, "", 0, "--for 9h0m0s: is too long, the most is 8h0m0s"},
		"too short":               {personaQuestion{persona: "viewer", lifetime: time.Minute}, none, "", 0, "--for 1m0s: is too short, the API server signs for no less than 10m0s"},
		"negative":                {personaQuestion{persona: "viewer", lifetime: -time.Hour}, none, "", 0, "is too short"},
		"no grant":                {personaQuestion{persona: "break-glass"}, none, "", 0, "--as break-glass: nobody may break the glass now"},
		"longer than the grant":   {personaQuestion{persona: "break-glass", lifetime: 2 * time.Hour}, granted("2026-11-25T13:00:00Z"), "", 0, "--for 2h0m0s: is too long, the grant ends at 2026-11-25T13:00:00Z"},
		"grant all but over":      {personaQuestion{persona: "break-glass"}, granted("2026-11-25T12:05:00Z"), "", 0, "signs for no less than 10m0s: give a new grant"},
		"somebody else's name":    {personaQuestion{persona: "viewer", user: "system:admin"}, none, "", 0, `--user "system:admin": is one of Kubernetes' own`},
		"a name of ours":          {personaQuestion{persona: "viewer", user: "rampart:ada"}, none, "", 0, `--user "rampart:ada"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.question.user == "" {
				test.question.user = "ada"
			}
			got, err := test.question.subject(test.config, now)
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want an error with %q", err, test.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.User != "rampart:ada" || got.Group != test.group || got.Lifetime != test.lifetime {
				t.Errorf("got %+v", got)
			}
		})
	}
}
