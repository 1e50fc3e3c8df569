module github.com/rampart-iac/rampart/tools/browser

go 1.26.0
