module github.com/rampart-iac/rampart/tools/airgap/recipes/pulumi

go 1.26.0

require github.com/pulumi/pulumi/pkg/v3 v3.256.0
