package stacks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// decoder fills structs from configuration, strictly: a key that no field has and a value of another type are faults.
// It goes on after a fault, so that one run reports them all. A field that the configuration leaves out keeps its value.
type decoder struct {
	faults Faults

	// decrypted are the top-level settings whose secret values have been decrypted: in them, nobody can tell any more which
	// values were encrypted. opened says that the setting at work is one of them.
	decrypted map[string]bool
	opened    bool
}

// blinded is what stands for a value that is encrypted in a stack file, for whoever does not decrypt it.
const blinded = "[secret]"

// settings decodes the top level. There, every value is text: an object or a list is JSON in a string, and so is a
// number. Keys are the settings' names without a namespace.
func (d *decoder) settings(into reflect.Value, values map[string]string) {
	fields := fieldsOf(into)
	for _, key := range sortedKeys(values) {
		path := Project + ":" + key
		field, known := fields[key]
		if !known {
			d.unknown(path, key, Project+":", fields)
			continue
		}
		if field.Kind() == reflect.String {
			field.SetString(values[key])
			continue
		}
		d.opened = d.decrypted[key]
		d.value(path, field, parse(values[key]))
	}
}

// parse reads the JSON in a top-level value. Text that is not JSON stands for itself, so that its type is what is
// reported.
func parse(text string) any {
	reader := json.NewDecoder(strings.NewReader(text))
	reader.UseNumber()
	var value any
	if err := reader.Decode(&value); err != nil || reader.More() {
		return text
	}
	return value
}

func (d *decoder) value(path string, into reflect.Value, value any) {
	if into.Type() == reflect.TypeFor[Secret]() {
		d.secret(path, into, value)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		// Whether a value was given makes a difference.
		into.Set(reflect.New(into.Type().Elem()))
		d.value(path, into.Elem(), value)
	case reflect.Struct:
		d.object(path, into, value)
	case reflect.Map:
		d.named(path, into, value)
	case reflect.Slice:
		d.list(path, into, value)
	case reflect.String:
		if text, ok := value.(string); ok {
			into.SetString(text)
			return
		}
		d.wrongType(path, value, "text")
	case reflect.Int:
		d.integer(path, into, value)
	case reflect.Bool:
		if yes, ok := value.(bool); ok {
			into.SetBool(yes)
			return
		}
		d.wrongType(path, value, "true or false")
	default:
		// Config has no other kinds, and a test holds it to that.
		panic(fmt.Sprintf("configuration of kind %s at %s", into.Kind(), path))
	}
}

func (d *decoder) object(path string, into reflect.Value, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		d.wrongType(path, value, "a mapping of settings")
		return
	}
	fields := fieldsOf(into)
	for _, key := range sortedKeys(object) {
		if field, known := fields[key]; known {
			d.value(path+"."+key, field, object[key])
			continue
		}
		if rule, refused := refusal(path, key); refused {
			d.faults.add(path+"."+key, show(hide(path, object[key])), "%s", rule)
			continue
		}
		d.unknown(path+"."+key, key, "", fields)
	}
}

// named decodes a mapping whose keys are names that the stack chooses.
func (d *decoder) named(path string, into reflect.Value, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		d.wrongType(path, value, "a mapping by names")
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, key := range sortedKeys(object) {
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(path+"."+key, element, object[key])
		into.SetMapIndex(reflect.ValueOf(key), element)
	}
}

// secret decodes a value that must stand encrypted in the stack file. It is in no fault.
func (d *decoder) secret(path string, into reflect.Value, value any) {
	text, ok := value.(string)
	switch {
	case !ok:
		d.faults.add(path, "", "is %s, must be text: encrypt it as docs/access.md says", describe(value))
	case text != blinded && !d.opened:
		d.faults.add(path, "", "is in plain text in the stack file: encrypt it as docs/access.md says, and change it where "+
			"it came from")
	default:
		into.SetString(text)
	}
}

func (d *decoder) list(path string, into reflect.Value, value any) {
	list, ok := value.([]any)
	if !ok {
		d.wrongType(path, value, "a list")
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	for i, element := range list {
		d.value(fmt.Sprintf("%s[%d]", path, i), into.Index(i), element)
	}
}

func (d *decoder) integer(path string, into reflect.Value, value any) {
	number, ok := value.(json.Number)
	if !ok {
		d.wrongType(path, value, "a whole number")
		return
	}
	whole, err := strconv.ParseInt(number.String(), 10, 32)
	if err != nil {
		d.wrongType(path, value, "a whole number")
		return
	}
	into.SetInt(whole)
}

func (d *decoder) wrongType(path string, value any, want string) {
	rule := fmt.Sprintf("is %s, must be %s", describe(value), want)
	if _, number := value.(json.Number); number && want == "text" {
		rule += ": put it in quotes"
	}
	d.faults.add(path, show(hide(path, value)), "%s", rule)
}

// secretsKey is the setting below which every value is secret, wherever somebody puts it by mistake.
const secretsKey = "secrets"

// hide takes secrets out of a value that is about to be shown.
func hide(path string, value any) any {
	if slices.Contains(strings.Split(path, "."), secretsKey) {
		return blinded
	}
	switch typed := value.(type) {
	case map[string]any:
		shown := map[string]any{}
		for key, element := range typed {
			shown[key] = hide(key, element)
		}
		return shown
	case []any:
		shown := make([]any, 0, len(typed))
		for _, element := range typed {
			shown = append(shown, hide("", element))
		}
		return shown
	default:
		return value
	}
}

func (d *decoder) unknown(path, key, prefix string, fields map[string]reflect.Value) {
	names := sortedKeys(fields)
	if near, ok := nearest(key, names); ok {
		d.faults.add(path, "", "is not a known setting: did you mean %s%s?", prefix, near)
		return
	}
	d.faults.add(path, "", "is not a known setting: use one of %s", strings.Join(names, ", "))
}

// fieldsOf returns the fields of a struct by their names in a stack file.
func fieldsOf(value reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range value.NumField() {
		fields[value.Type().Field(i).Tag.Get("config")] = value.Field(i)
	}
	return fields
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// describe names the type of a value as people who write YAML call it.
func describe(value any) string {
	switch value.(type) {
	case nil:
		return "empty"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "text"
	case []any:
		return "a list"
	default:
		return "a mapping"
	}
}

// show writes a value as JSON, shortened if it is long.
func show(value any) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	// Registries and ranges are easier to read unescaped.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	const longest = 80
	text := []rune(strings.TrimSpace(buffer.String()))
	if len(text) > longest {
		return string(text[:longest]) + "..."
	}
	return string(text)
}

// nearest returns the name that a misspelt one most likely stands for.
func nearest(misspelt string, names []string) (string, bool) {
	best, distance := "", len(misspelt)
	for _, name := range names {
		if d := editDistance(strings.ToLower(misspelt), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	// More than a third of the letters wrong is another word.
	return best, best != "" && distance <= max(2, len(misspelt)/3)
}

// editDistance is how many letters are to be inserted, deleted, replaced or swapped with their neighbour (optimal string
// alignment).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			substitution := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				substitution++
			}
			rows[i][j] = min(substitution, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
