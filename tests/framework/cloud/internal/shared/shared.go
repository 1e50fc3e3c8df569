// Package shared is what a test and the recorders that it starts tell each other, in the files of a folder. It needs no SDK: a
// test that links one takes twice as long to build.
package shared

// Variable names the folder that a test and its recorders share.
const Variable = "RAMPART_TEST_CLOUD"

// Names of the files in that folder.
const (
	SettingsFile = "settings.json" // Settings
	CallsFile    = "calls.jsonl"   // Call, one a line, in the order in which they ended
	DriftFile    = "drift.json"    // Drift
)

// Settings are what a test tells its recorders.
type Settings struct {
	// Modules are the folders of the SDKs' modules by their paths.
	Modules map[string]string `json:"modules"`

	// Endpoint and CertificateAuthority (PEM) are those of the API server that stands for the cloud's.
	Endpoint             string `json:"endpoint"`
	CertificateAuthority string `json:"certificateAuthority"`
}

// Drift is what somebody has changed by hand: outputs by the names of resources.
type Drift map[string]map[string]any

// Call is one request for a change, or of a look at what stands.
type Call struct {
	// Method is create, read, update or delete.
	Method string `json:"method"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	ID     string `json:"id"`

	// Inputs of a create or an update.
	Inputs map[string]any `json:"inputs,omitempty"`
}

// Where recorded resources of AWS stand.
const (
	AWSAccount = "111122223333"
	AWSRegion  = "eu-central-1"
)
