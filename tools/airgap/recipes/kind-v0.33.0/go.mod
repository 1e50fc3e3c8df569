// kind's module carries the files of its node image (images/base/files); nothing is compiled here.
module github.com/rampart-iac/rampart/tools/airgap/recipes/kind

go 1.26.0

require sigs.k8s.io/kind v0.33.0
