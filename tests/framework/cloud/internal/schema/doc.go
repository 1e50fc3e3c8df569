// Package schema knows what the resources of a cloud's provider take and give: it reads it out of the source of the
// provider's Go SDK, which is generated from the provider's schema and says for each property its name, its type and
// whether it is required, and in its documentation often which values there are and what forces a new resource.
package schema
