package schema

// Resource is what one type of resource takes and gives.
type Resource struct {
	// Token is the resource's type token, such as aws:eks/cluster:Cluster.
	Token string

	Inputs  Object
	Outputs Object
}

// Object is a set of properties by their names.
type Object map[string]Property

// Property is one property of a resource or of an object in it.
type Property struct {
	Type     Type
	Required bool

	// Replaces says that a change makes a new resource.
	Replaces bool

	// Values are all that there are. Empty: any.
	Values []string
}

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Any Kind = iota
	String
	Number
	Bool
	List
	Map
	Struct
)

// String names the kind as a message would.
func (k Kind) String() string {
	return [...]string{"anything", "text", "a number", "true or false", "a list", "a mapping", "an object"}[k]
}

// Type of a value.
type Type struct {
	Kind Kind

	// Element is the type of what is in a List or a Map.
	Element *Type

	// Properties of a Struct. It is a function because types refer to each other.
	Properties func() (Object, error)
}
