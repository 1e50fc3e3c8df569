package apiserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/rampart-iac/rampart/tests/framework/memory"
)

// Settings say how an API server is started. The zero value is one of the default version with RBAC and the default
// admission plugins, without ServiceAccount: nobody would make the accounts and tokens that it waits for.
type Settings struct {
	// Flags of the API server, without the leading dashes, beside those that it needs to run. A flag that is here
	// replaces all values that it would have had. "disable-admission-plugins": {} brings ServiceAccount back.
	Flags map[string][]string

	// CRDs are files, or folders of files, of CustomResourceDefinitions that are installed before Start returns.
	CRDs []string

	// Log is a file that gets what the API server prints. Empty: it is dropped.
	Log string
}

// Server is a running API server with an etcd of its own.
type Server struct {
	// Admin is the way in as a member of system:masters, Client and Dynamic speak it.
	Admin   *rest.Config
	Client  kubernetes.Interface
	Dynamic dynamic.Interface

	// Etcd is the URL of the server's etcd, which asks nobody who they are.
	Etcd string

	environment *envtest.Environment
	dir         string
	log         *os.File

	users sync.Mutex
}

const (
	// startTimeout is for one program to answer, on a machine that compiles at the same time.
	startTimeout = 3 * time.Minute
	// stopTimeout is for one program to end after it was asked to.
	stopTimeout = time.Minute
)

// Start starts a server on free ports of the loopback, in a temporary folder. Any number may run at once. Call Stop.
func Start(ctx context.Context, settings Settings) (*Server, error) {
	memory.Spend()
	programs, err := findPrograms(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rampart-apiserver-")
	if err != nil {
		return nil, err
	}
	server := &Server{dir: dir}
	if err := server.start(settings, programs); err != nil {
		return nil, errors.Join(fmt.Errorf("starting an API server: %w", err), server.Stop())
	}
	return server, nil
}

// MustStart starts a server that is stopped when the test and its subtests have ended.
func MustStart(t *testing.T, settings Settings) *Server {
	t.Helper()
	server, err := Start(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func (s *Server) start(settings Settings, programs programs) error {
	apiserver, err := guard(s.dir, programs.apiserver)
	if err != nil {
		return err
	}
	etcd, err := guard(s.dir, programs.etcd)
	if err != nil {
		return err
	}
	certificates, data := filepath.Join(s.dir, "certificates"), filepath.Join(s.dir, "etcd-data")
	for _, folder := range []string{certificates, data} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
	}

	existing := false // whatever the environment of the caller says
	s.environment = &envtest.Environment{
		UseExistingCluster:       &existing,
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
		CRDDirectoryPaths:        settings.CRDs,
		ErrorIfCRDPathMissing:    true,
	}
	plane := &s.environment.ControlPlane
	plane.GetAPIServer().Path, plane.GetAPIServer().CertDir = apiserver, certificates
	plane.Etcd = &envtest.Etcd{Path: etcd, DataDir: data}
	flags := plane.GetAPIServer().Configure()
	flags.Set("shutdown-watch-termination-grace-period", "5s") // or it would wait a minute for watches, when it is stopped
	for name, values := range settings.Flags {
		if len(values) == 0 {
			flags.Disable(name) // without a value it would swallow the next flag
			continue
		}
		flags.Set(name, values...)
	}
	if settings.Log != "" {
		if s.log, err = os.OpenFile(settings.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
			return err
		}
		plane.GetAPIServer().Err = s.log
	}

	if s.Admin, err = s.environment.Start(); err != nil {
		return err
	}
	s.Etcd = plane.Etcd.URL.String()
	if s.Client, err = kubernetes.NewForConfig(s.Admin); err != nil {
		return err
	}
	s.Dynamic, err = dynamic.NewForConfig(s.Admin)
	return err
}

// Stop ends both programs and removes their folder.
func (s *Server) Stop() error {
	var faults []error
	if s.environment != nil {
		faults = append(faults, s.environment.Stop())
	}
	if s.log != nil {
		faults = append(faults, s.log.Close())
	}
	return errors.Join(append(faults, os.RemoveAll(s.dir))...)
}

// ConfigAs is a way in as any user with any groups, with a client certificate. system:authenticated comes by itself.
// A service account is the user system:serviceaccount:<namespace>:<name> with the groups system:serviceaccounts and
// system:serviceaccounts:<namespace>.
func (s *Server) ConfigAs(user string, groups ...string) (*rest.Config, error) {
	s.users.Lock() // the authority that signs keeps count without one
	defer s.users.Unlock()
	added, err := s.environment.AddUser(envtest.User{Name: user, Groups: groups},
		&rest.Config{QPS: s.Admin.QPS, Burst: s.Admin.Burst})
	if err != nil {
		return nil, fmt.Errorf("a certificate for %s: %w", user, err)
	}
	return added.Config(), nil
}

// As is a client of ConfigAs.
func (s *Server) As(t *testing.T, user string, groups ...string) kubernetes.Interface {
	t.Helper()
	config, err := s.ConfigAs(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// DynamicAs is a client of ConfigAs for objects of any kind.
func (s *Server) DynamicAs(t *testing.T, user string, groups ...string) dynamic.Interface {
	t.Helper()
	config, err := s.ConfigAs(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
