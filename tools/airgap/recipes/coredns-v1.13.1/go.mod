module github.com/rampart-iac/rampart/tools/airgap/recipes/coredns

go 1.26.0

require github.com/coredns/coredns v1.13.1
