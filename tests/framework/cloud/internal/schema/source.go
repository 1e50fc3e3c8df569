package schema

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Source is the source of one package of an SDK.
type Source struct {
	folder string

	mutex sync.Mutex
	files map[string]*ast.File // by name; nil if there is no such file
}

// Open returns the package in a folder. Files are read when something in them is asked for: some packages are very large.
func Open(folder string) *Source { return &Source{folder: folder, files: map[string]*ast.File{}} }

// Resource reads the resource of a token. The name is the last part of the token: Cluster.
func (s *Source) Resource(resourceToken, name string) (*Resource, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	file, err := s.file(lowerFirst(name) + ".go")
	if err != nil {
		return nil, err
	}
	if file == nil || !strings.Contains(s.text(lowerFirst(name)+".go"), `"`+resourceToken+`"`) {
		return nil, fmt.Errorf("%s has no resource %s", s.folder, resourceToken)
	}
	inputs, err := s.object(lowerFirst(name)+"Args", file)
	if err != nil {
		return nil, err
	}
	outputs, err := s.outputs(name, file)
	if err != nil {
		return nil, err
	}
	for _, required := range requiredArguments(name, file) {
		for property, goName := range fieldNames(lowerFirst(name)+"Args", file) {
			if goName == required {
				known := inputs[property]
				known.Required = true
				inputs[property] = known
			}
		}
	}
	return &Resource{Token: resourceToken, Inputs: inputs, Outputs: outputs}, nil
}

// file parses a file of the package, once. It is nil if there is none.
func (s *Source) file(name string) (*ast.File, error) {
	if file, known := s.files[name]; known {
		return file, nil
	}
	const mode = parser.ParseComments | parser.SkipObjectResolution
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(s.folder, name), nil, mode)
	if errors.Is(err, fs.ErrNotExist) {
		s.files[name] = nil
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading an SDK: %w", err)
	}
	s.files[name] = file
	return file, nil
}

func (s *Source) text(name string) string {
	content, err := os.ReadFile(filepath.Join(s.folder, name))
	if err != nil {
		return ""
	}
	return string(content)
}

// structure finds a struct in a file or among the package's shared types.
func (s *Source) structure(name string, file *ast.File) (*ast.StructType, error) {
	if found := structIn(name, file); found != nil {
		return found, nil
	}
	// Large packages have their types in several files: pulumiTypes.go, pulumiTypes1.go and so on.
	for i := -1; ; i++ {
		called := "pulumiTypes.go"
		if i >= 0 {
			called = fmt.Sprintf("pulumiTypes%d.go", i+1)
		}
		types, err := s.file(called)
		if err != nil {
			return nil, err
		}
		if types == nil {
			return nil, nil
		}
		if found := structIn(name, types); found != nil {
			return found, nil
		}
	}
}

func structIn(name string, file *ast.File) *ast.StructType {
	if file == nil {
		return nil
	}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, each := range general.Specs {
			if spec := each.(*ast.TypeSpec); spec.Name.Name == name {
				structure, _ := spec.Type.(*ast.StructType)
				return structure
			}
		}
	}
	return nil
}

// requiredArguments are the fields that the constructor of a resource refuses to go without: if args.X == nil.
func requiredArguments(resource string, file *ast.File) []string {
	var required []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Name.Name != "New"+resource {
			continue
		}
		for _, statement := range function.Body.List {
			condition, ok := statement.(*ast.IfStmt)
			if !ok {
				continue
			}
			comparison, ok := condition.Cond.(*ast.BinaryExpr)
			if !ok || comparison.Op != token.EQL || !returns(condition) {
				continue
			}
			if field, ok := comparison.X.(*ast.SelectorExpr); ok {
				required = append(required, field.Sel.Name)
			}
		}
	}
	return required
}

// returns tells a refusal from a default: both stand behind a comparison with nil.
func returns(condition *ast.IfStmt) bool {
	for _, statement := range condition.Body.List {
		if _, ok := statement.(*ast.ReturnStmt); ok {
			return true
		}
	}
	return false
}

// lowerFirst writes a name as the SDK's files and unexported types are called: all capitals that it starts with become small
// ones, so that IAMMember is iammember.
func lowerFirst(name string) string {
	capitals := 0
	for capitals < len(name) && name[capitals] >= 'A' && name[capitals] <= 'Z' {
		capitals++
	}
	return strings.ToLower(name[:capitals]) + name[capitals:]
}
