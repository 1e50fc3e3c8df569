module github.com/rampart-iac/rampart/tools/airgap/recipes/pause

go 1.26.0
