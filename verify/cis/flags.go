package cis

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// flags are a process's, by name without dashes. A flag that is given more than once has more than one value.
type flags map[string][]string

// flagsOf reads a command line as the components do: --name=value, --name value, and --name for true.
func flagsOf(args []string) flags {
	found := flags{}
	for i := 1; i < len(args); i++ {
		name, dashed := strings.CutPrefix(args[i], "-")
		if !dashed {
			continue
		}
		name = strings.TrimPrefix(name, "-")
		name, value, inside := strings.Cut(name, "=")
		if !inside {
			value = "true"
			if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
				i++
				value = args[i]
			}
		}
		found[name] = append(found[name], value)
	}
	return found
}

// get returns the value that counts, which is the last one.
func (f flags) get(name string) (value string, set bool) {
	values := f[name]
	if len(values) == 0 {
		return "", false
	}
	return values[len(values)-1], true
}

// list returns the items of a flag that takes a list.
func (f flags) list(name string) []string {
	var items []string
	for _, value := range f[name] {
		for item := range strings.SplitSeq(value, ",") {
			items = append(items, strings.TrimSpace(item))
		}
	}
	return items
}

// running returns the processes of a program.
func (v *view) running(program string) []Process {
	var found []Process
	for _, process := range v.processes {
		if path.Base(process.Args[0]) == program {
			found = append(found, process)
		}
	}
	return found
}

// flag decides an item by the flags of a process.
type flagTest func(flags) (ok bool, evidence string)

// process passes if the program runs and every process of it passes: one that somebody starts under the same name can
// make an item fail, never pass.
func process(program string, is flagTest) test {
	return func(v *view) (bool, string, error) {
		evidence := program + " does not run here"
		running := v.running(program)
		for _, each := range running {
			ok, what := is(flagsOf(each.Args))
			evidence = program + ": " + what
			if !ok {
				return false, evidence, nil
			}
		}
		return len(running) > 0, evidence, nil
	}
}

func shown(f flags, name string) string {
	value, set := f.get(name)
	if !set {
		return "--" + name + " is not set"
	}
	return "--" + name + "=" + value
}

// isSet: the flag has a value.
func isSet(name string) flagTest {
	return func(f flags) (bool, string) {
		value, set := f.get(name)
		return set && value != "", shown(f, name)
	}
}

// isAbsent: the flag is not given.
func isAbsent(name string) flagTest {
	return func(f flags) (bool, string) {
		_, set := f.get(name)
		return !set, shown(f, name)
	}
}

// is: the flag has exactly this value. Booleans are compared as such.
func is(name, want string) flagTest {
	return func(f flags) (bool, string) {
		value, set := f.get(name)
		return set && sameValue(value, want), shown(f, name)
	}
}

func sameValue(value, want string) bool {
	valueBool, errValue := strconv.ParseBool(value)
	wantBool, errWant := strconv.ParseBool(want)
	if errValue == nil && errWant == nil {
		return valueBool == wantBool
	}
	return value == want
}

// atLeast: the flag has a number not below.
func atLeast(name string, least int) flagTest {
	return func(f flags) (bool, string) {
		value, _ := f.get(name)
		number, err := strconv.Atoi(value)
		return err == nil && number >= least, shown(f, name)
	}
}

// includes: the flag's list has the item.
func includes(name, item string) flagTest {
	return func(f flags) (bool, string) { return slices.Contains(f.list(name), item), shown(f, name) }
}

// excludes: the flag is not given, or its list does not have the item.
func excludes(name, item string) flagTest {
	return func(f flags) (bool, string) { return !slices.Contains(f.list(name), item), shown(f, name) }
}

// both: the one and the other.
func both(one, other flagTest) flagTest {
	return func(f flags) (bool, string) {
		okOne, evidenceOne := one(f)
		okOther, evidenceOther := other(f)
		return okOne && okOther, evidenceOne + ", " + evidenceOther
	}
}

// either: the one or the other.
func either(one, other flagTest) flagTest {
	return func(f flags) (bool, string) {
		if ok, evidence := one(f); ok {
			return true, evidence
		}
		return other(f)
	}
}

// strongTLS: the floor is TLS 1.3, whose suites are all strong and cannot be chosen; or every suite is a strong one.
func strongTLS(f flags) (bool, string) {
	return strongSuites(first(f.get("tls-min-version")), f.list("tls-cipher-suites"))
}

func first(value string, _ bool) string { return value }

// strong are the suites with forward secrecy and authenticated encryption.
var strong = []string{
	"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}

func strongSuites(floor string, suites []string) (bool, string) {
	if floor == "VersionTLS13" {
		return true, "TLS 1.3 is the floor, and its suites are all strong"
	}
	if len(suites) == 0 {
		return false, "no suites are chosen, and the floor is not TLS 1.3"
	}
	for _, suite := range suites {
		if !slices.Contains(strong, suite) {
			return false, "the weak suite " + suite + " is allowed"
		}
	}
	return true, fmt.Sprintf("%d strong suites are allowed and no others", len(suites))
}
