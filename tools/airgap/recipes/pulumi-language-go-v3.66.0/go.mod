module github.com/rampart-iac/rampart/tools/airgap/recipes/pulumi-language-go

go 1.26.0

require github.com/pulumi/pulumi/sdk/v3 v3.66.0
