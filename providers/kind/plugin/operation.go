package plugin

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// urnKey is where an operation's context keeps the URN of the resource that it is about.
type urnKey struct{}

// urnOf returns the URN of the resource that an operation is about. infer hands on a resource's name only, and a name
// does not tell one stack's cluster from another's.
func urnOf(ctx context.Context) string {
	urn, _ := ctx.Value(urnKey{}).(resource.URN)
	return string(urn)
}

// withOperations gives each operation the URN of its resource, and ends it when life ends.
func withOperations(life context.Context, provider p.Provider) p.Provider {
	operation := func(ctx context.Context, urn resource.URN) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(context.WithValue(ctx, urnKey{}, urn))
		stop := context.AfterFunc(life, cancel)
		return ctx, func() {
			stop()
			cancel()
		}
	}
	wrapped := provider
	wrapped.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		ctx, end := operation(ctx, req.Urn)
		defer end()
		return provider.Check(ctx, req)
	}
	wrapped.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		ctx, end := operation(ctx, req.Urn)
		defer end()
		return provider.Create(ctx, req)
	}
	wrapped.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		ctx, end := operation(ctx, req.Urn)
		defer end()
		return provider.Read(ctx, req)
	}
	wrapped.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		ctx, end := operation(ctx, req.Urn)
		defer end()
		return provider.Update(ctx, req)
	}
	wrapped.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		ctx, end := operation(ctx, req.Urn)
		defer end()
		return provider.Delete(ctx, req)
	}
	return wrapped
}
