package stacks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestHandoverNamesWhatIsSecret: the program refuses a secret that it is not told of.
//
//nolint:paralleltest // the program reads the environment
func TestHandoverNamesWhatIsSecret(t *testing.T) {
	values := Values{
		"rampart:tenants":  `[{"name":"blue","secrets":{"database":{"password":"` + blinded + `"}}}]`,
		"rampart:provider": "kind",
	}
	handed, err := Handover("kind", values)
	if err != nil {
		t.Fatal(err)
	}
	if handed[pulumi.EnvConfigSecretKeys] != `["rampart:tenants"]` || handed[pulumi.EnvStack] != "kind" {
		t.Errorf("got %v", handed)
	}
	configure(t, workingFolder(t), nil)
	for name, value := range handed {
		t.Setenv(name, value)
	}
	record := newRecorder()
	if err := runProgram(record); err != nil {
		t.Fatal(err)
	}
	if secret := record.inputs["rampart-blue-secret-database"]; secret == nil || !secret["data"].ContainsSecrets() {
		t.Errorf("the Secret is %v", secret)
	}
}
