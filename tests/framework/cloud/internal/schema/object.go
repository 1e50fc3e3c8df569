package schema

import (
	"fmt"
	"go/ast"
	"reflect"
	"regexp"
	"strings"
)

// object reads the properties of a struct of plain fields.
func (s *Source) object(name string, file *ast.File) (Object, error) {
	structure, err := s.structure(name, file)
	if err != nil {
		return nil, err
	}
	if structure == nil {
		return nil, fmt.Errorf("%s has no type %s", s.folder, name)
	}
	object := Object{}
	for _, field := range structure.Fields.List {
		property := propertyName(field)
		if property == "" {
			continue
		}
		documentation := field.Doc.Text()
		_, optional := field.Type.(*ast.StarExpr)
		kind := s.plain(field.Type)
		object[property] = Property{
			Type:     kind,
			Required: !optional && kind.Kind != List && kind.Kind != Map && kind.Kind != Any,
			Replaces: replaces.MatchString(documentation),
			Values:   values(documentation, kind),
		}
	}
	return object, nil
}

// outputs reads the properties of a resource's struct, whose fields are outputs. Their types do not matter here, but
// whether they are text does.
func (s *Source) outputs(name string, file *ast.File) (Object, error) {
	structure, err := s.structure(name, file)
	if err != nil {
		return nil, err
	}
	if structure == nil {
		return nil, fmt.Errorf("%s has no type %s", s.folder, name)
	}
	object := Object{}
	for _, field := range structure.Fields.List {
		property := propertyName(field)
		if property == "" {
			continue
		}
		object[property] = Property{Type: outputType(field.Type)}
	}
	return object, nil
}

// outputType is what an output holds, as far as its name tells: pulumi.StringOutput, ClusterVpcConfigOutput.
func outputType(expression ast.Expr) Type {
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok {
		if named, ok := expression.(*ast.Ident); ok && strings.HasSuffix(named.Name, "ArrayOutput") {
			return Type{Kind: List}
		}
		return Type{Kind: Struct}
	}
	switch strings.TrimSuffix(strings.TrimSuffix(selector.Sel.Name, "Output"), "Ptr") {
	case "String":
		return Type{Kind: String}
	case "Int", "Float64":
		return Type{Kind: Number}
	case "Bool":
		return Type{Kind: Bool}
	case "StringArray":
		return Type{Kind: List}
	case "StringMap":
		return Type{Kind: Map}
	default:
		return Type{Kind: Any}
	}
}

// plain is the type of a plain field.
func (s *Source) plain(expression ast.Expr) Type {
	switch typed := expression.(type) {
	case *ast.StarExpr:
		return s.plain(typed.X)
	case *ast.ArrayType:
		element := s.plain(typed.Elt)
		return Type{Kind: List, Element: &element}
	case *ast.MapType:
		element := s.plain(typed.Value)
		return Type{Kind: Map, Element: &element}
	case *ast.Ident:
		switch typed.Name {
		case "string":
			return Type{Kind: String}
		case "int", "float64":
			return Type{Kind: Number}
		case "bool":
			return Type{Kind: Bool}
		}
		if structure, err := s.structure(typed.Name, nil); err == nil && structure == nil {
			return Type{Kind: Any} // an enumeration, or a type of another package
		}
		return Type{Kind: Struct, Properties: func() (Object, error) {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			return s.object(typed.Name, nil)
		}}
	default:
		return Type{Kind: Any}
	}
}

// fieldNames are the Go names of a struct's fields by the names of their properties.
func fieldNames(name string, file *ast.File) map[string]string {
	names := map[string]string{}
	if structure := structIn(name, file); structure != nil {
		for _, field := range structure.Fields.List {
			if property := propertyName(field); property != "" {
				names[property] = field.Names[0].Name
			}
		}
	}
	return names
}

func propertyName(field *ast.Field) string {
	if field.Tag == nil || len(field.Names) == 0 {
		return ""
	}
	return reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("pulumi")
}

var (
	// How the documentation says that a change makes a new resource.
	replaces = regexp.MustCompile(`(?i)forces? (a )?new|forces? replacement|will force a new`)

	// How it lists the values that there are, up to the end of the sentence.
	listed = regexp.MustCompile("(?i)" +
		"(?:valid values(?: are)?|possible values(?: are)?|can be one of|must be one of|one of|can be):?\\s+" +
		"((?:`\"?[A-Za-z0-9_.-]+\"?`|,|\\s|and|or|\\([^)]*\\))+)(?:\\.|\n|$)")
	quoted = regexp.MustCompile("`\"?([A-Za-z0-9_.-]+)\"?`")
)

// values are those that the documentation of a text says there are. A list of one is an example.
func values(documentation string, of Type) []string {
	if of.Kind != String {
		return nil
	}
	list := listed.FindStringSubmatch(documentation)
	if list == nil {
		return nil
	}
	var found []string
	for _, match := range quoted.FindAllStringSubmatch(list[1], -1) {
		found = append(found, match[1])
	}
	if len(found) == 1 {
		return nil
	}
	return found
}
