package plugin

import (
	"context"
	"io"
)

func (k *kindClient) exec(ctx context.Context, node string, stdin io.Reader, command ...string) (string, error) {
	args := []string{"exec", "--privileged"}
	if stdin != nil {
		args = append(args, "--interactive")
	}
	return k.engine.runWith(ctx, stdin, append(append(args, node), command...)...)
}

func (k *kindClient) runInImage(ctx context.Context, args ClusterArgs, folder, script string) error {
	engine, err := k.limited(args.Directory)
	if err != nil {
		return err
	}
	_, err = engine.run(ctx, "run", "--rm", "--network", "none", "--privileged", "--volume", folder+":/out",
		"--entrypoint", "sh", kindReference(args.Image), "-euc", script)
	return err
}
