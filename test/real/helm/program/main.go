// Command helm is Helm's own command, built from its modules: what a user's helm makes of the chart, this makes of it.
package main

import (
	"errors"
	"log/slog"
	"os"

	"helm.sh/helm/v4/pkg/cmd"
	"helm.sh/helm/v4/pkg/kube"
)

func main() {
	// The field manager's name, which Helm would otherwise take from the name of this file.
	kube.ManagedFieldsManager = "helm"
	command, err := cmd.NewRootCmd(os.Stdout, os.Args[1:], cmd.SetupLogging)
	if err != nil {
		slog.Error("helm did not start", slog.Any("error", err))
		os.Exit(1)
	}
	if err := command.Execute(); err != nil {
		// Helm has printed it.
		if failed, ok := errors.AsType[cmd.CommandError](err); ok {
			os.Exit(failed.ExitCode)
		}
		os.Exit(1)
	}
}
