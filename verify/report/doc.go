// Package report turns results of rampart verify into one HTML page for people: a security lead, an auditor.
//
// The page stands alone. It asks for nothing over the network and says so in a policy that browsers enforce, it can be
// read with scripts off, in light and dark, with a keyboard, by a screen reader and on paper. What it says is what the
// results say: it decides nothing by itself.
package report
