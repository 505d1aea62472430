// Command kube-parts is a Kubernetes control plane in one file: it runs whichever part its first argument names.
//
// One binary instead of four, because they share nearly all of their code: it is built once (about four minutes, see
// ../kube-binary.ts) and kubectl then has the very version of the server it is the witness for.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubectl "k8s.io/kubectl/pkg/cmd"
)

// parts are started as if each were a program of its own: os.Args[0] is the part's name.
var parts = map[string]func() int{
	"etcd":                    runEtcd,
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
	"kubectl":                 func() int { return cli.Run(kubectl.NewDefaultKubectlCommand()) },
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kube-parts etcd|kube-apiserver|kube-controller-manager|kubectl [flags]")
		os.Exit(2)
	}
	os.Args = os.Args[1:]
	os.Exit(parts[os.Args[0]]())
}

// runEtcd only returns when etcd has stopped; etcdmain exits by itself on errors.
func runEtcd() int {
	etcdmain.Main(os.Args)
	return 0
}
