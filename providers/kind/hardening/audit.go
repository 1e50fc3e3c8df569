package hardening

import _ "embed" // for the audit policy

// auditPolicy says what the API server records (CIS 3.2.1, 3.2.2). The file has its reasons in it, and
// testdata/audit holds requests with the level that each must get.
//
//go:embed audit-policy.yaml
var auditPolicy string
