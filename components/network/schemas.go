package network

// undescribe takes the prose out of an OpenAPI schema and out of all schemas in it, in place. It changes nothing that the
// API server checks. A definition's prose is two thirds of it, and Pulumi writes the whole state anew at every step:
// docs/decisions/0029-definitions-without-prose.md.
func undescribe(schema map[string]any) {
	delete(schema, "description")
	// Keywords that hold schemas. Others hold data, which may have a description of its own.
	for _, keyword := range []string{"items", "additionalProperties", "not"} {
		undescribeIn(schema[keyword])
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		alternatives, _ := schema[keyword].([]any)
		for _, each := range alternatives {
			undescribeIn(each)
		}
	}
	// The keys are names of properties here; one may be called description.
	properties, _ := schema["properties"].(map[string]any)
	for _, each := range properties {
		undescribeIn(each)
	}
}

// undescribeIn is undescribe where a schema may stand: additionalProperties may be a truth value as well.
func undescribeIn(value any) {
	if schema, ok := value.(map[string]any); ok {
		undescribe(schema)
	}
}

// undescribeVersions takes the prose out of the schemas of all versions of a definition.
func undescribeVersions(spec map[string]any) {
	versions, _ := spec["versions"].([]any)
	for _, version := range versions {
		fields, _ := version.(map[string]any)
		holder, _ := fields["schema"].(map[string]any)
		undescribeIn(holder["openAPIV3Schema"])
	}
}
