package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// smoke applies manifests to an API server of its own, which nothing but loopback reaches.
type smoke struct{ apiserver, etcd string }

// patience is how long servers may take to start: the machine may be slow.
const patience = 3 * time.Minute

// applier applies objects as `kubectl apply --server-side --validate=strict` does.
type applier struct {
	client dynamic.Interface
	mapper meta.ResettableRESTMapper
}

func (s smoke) run(ctx context.Context, schemas *schemas, all []*bundle) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	dir, err := os.MkdirTemp("", "kube-smoke-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config, ended, err := s.start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { stop(); ended() }()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	found, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return err
	}
	err = wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		text, err := found.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err == nil && string(text) == "ok", nil
	})
	if err != nil {
		return fmt.Errorf("the API server is not ready: %w\n%s", err, tail(filepath.Join(dir, "apiserver.log")))
	}
	version, err := found.ServerVersion()
	if err != nil {
		return err
	}
	fmt.Println("kube-apiserver", version.GitVersion)
	a := &applier{client, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found))}
	if err := a.define(ctx, schemas.definitions); err != nil {
		return err
	}
	for i, b := range all {
		if err := a.bundle(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", variants[i], err)
		}
	}
	return a.misspelt(ctx, all[1])
}

// start runs etcd and the API server until the context ends; ended waits for that.
func (s smoke) start(ctx context.Context, dir string) (config *rest.Config, ended func(), err error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	const token = "smoke"
	users := filepath.Join(dir, "tokens.csv")
	if err := os.WriteFile(users, []byte(token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return nil, nil, err
	}
	key := filepath.Join(dir, "accounts.key")
	if err := writeKey(key); err != nil {
		return nil, nil, err
	}
	var all []*exec.Cmd
	ended = func() {
		for _, c := range all {
			_ = c.Wait() // it was killed
		}
	}
	for _, c := range [][]string{
		{"etcd", s.etcd, "--data-dir", filepath.Join(dir, "etcd"), "--listen-client-urls", "http://" + at(0), "--advertise-client-urls", "http://" + at(0),
			"--listen-peer-urls", "http://" + at(1), "--initial-advertise-peer-urls", "http://" + at(1), "--initial-cluster", "default=http://" + at(1), "--unsafe-no-fsync"},
		{"apiserver", s.apiserver, "--etcd-servers", "http://" + at(0), "--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(ports[2]), "--cert-dir", filepath.Join(dir, "certs"),
			"--token-auth-file", users, "--authorization-mode", "RBAC", "--service-account-issuer", "https://smoke.invalid", "--service-account-key-file", key,
			"--service-account-signing-key-file", key, "--service-cluster-ip-range", "10.0.0.0/24"},
	} {
		log, err := os.Create(filepath.Join(dir, c[0]+".log"))
		if err != nil {
			return nil, ended, err
		}
		defer log.Close()
		cmd := exec.CommandContext(ctx, c[1], c[2:]...)
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Start(); err != nil {
			return nil, ended, err
		}
		all = append(all, cmd)
	}
	config = &rest.Config{Host: "https://" + at(2), BearerToken: token, TLSClientConfig: rest.TLSClientConfig{Insecure: true}, QPS: 1000, Burst: 1000}
	return config, ended, nil
}

func freePorts(n int) (ports []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func tail(path string) []byte {
	text, _ := os.ReadFile(path)
	lines := bytes.Split(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-20):], []byte("\n"))
}

// resource returns where objects of a kind are.
func (a *applier) resource(o *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := o.GroupVersionKind()
	m, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return a.client.Resource(m.Resource), nil
	}
	return a.client.Resource(m.Resource).Namespace(o.GetNamespace()), nil
}

// apply applies an object. Fields that the server does not know are errors.
func (a *applier) apply(ctx context.Context, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	r, err := a.resource(o)
	if err != nil {
		return nil, err
	}
	data, err := o.MarshalJSON()
	if err != nil {
		return nil, err
	}
	force := true
	return r.Patch(ctx, o.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{FieldManager: "octet-smoke", Force: &force, FieldValidation: metav1.FieldValidationStrict})
}

// define applies definitions of kinds, and waits until the server knows these.
func (a *applier) define(ctx context.Context, all []*unstructured.Unstructured) error {
	for _, d := range all {
		unstructured.RemoveNestedField(d.Object, "status")
		if _, err := a.apply(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.GetName(), err)
		}
		r, err := a.resource(d)
		if err != nil {
			return err
		}
		err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			now, err := r.Get(ctx, d.GetName(), metav1.GetOptions{})
			if err != nil {
				return false, err
			}
			return established(now), nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", d.GetName(), err)
		}
	}
	a.mapper.Reset()
	return nil
}

func established(crd *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		if c := c.(map[string]any); c["type"] == "Established" && c["status"] == "True" {
			return true
		}
	}
	return false
}

// bundle applies all objects of a variant twice, and has the server admit a pod of each workload.
func (a *applier) bundle(ctx context.Context, b *bundle) error {
	first := map[string]*unstructured.Unstructured{}
	for _, o := range b.own {
		got, err := a.apply(ctx, o.raw)
		if err != nil {
			return fmt.Errorf("%s: %w", o.name(), err)
		}
		first[o.name()] = got
	}
	for _, o := range b.own {
		got, err := a.apply(ctx, o.raw)
		if err != nil {
			return fmt.Errorf("%s, again: %w", o.name(), err)
		}
		was := first[o.name()]
		was.SetResourceVersion(got.GetResourceVersion()) // the server writes claims again though nothing in them changes
		if !reflect.DeepEqual(was, got) {
			return fmt.Errorf("%s: applying it again changes it:\n%v\n%v", o.name(), was, got)
		}
	}
	pods := workloads(b.own)
	for _, w := range pods {
		if err := a.admit(ctx, w); err != nil {
			return fmt.Errorf("%s: its pod: %w", w.name, err)
		}
	}
	fmt.Printf("  applied %d objects twice, %d pods admitted\n", len(b.own), len(pods))
	return a.removeJobs(ctx, b)
}

// removeJobs makes room for the next variant: a Job's pods can't be changed.
func (a *applier) removeJobs(ctx context.Context, b *bundle) error {
	for _, o := range b.own {
		if o.raw.GetKind() != "Job" {
			continue
		}
		r, err := a.resource(o.raw)
		if err != nil {
			return err
		}
		background, now := metav1.DeletePropagationBackground, int64(0)
		if err := r.Delete(ctx, o.raw.GetName(), metav1.DeleteOptions{PropagationPolicy: &background, GracePeriodSeconds: &now}); err != nil {
			return fmt.Errorf("%s: %w", o.name(), err)
		}
		err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
			_, err := r.Get(ctx, o.raw.GetName(), metav1.GetOptions{})
			return apierrors.IsNotFound(err), nil
		})
		if err != nil {
			return fmt.Errorf("%s: it stays: %w", o.name(), err)
		}
	}
	return nil
}

// admit has the server say whether it would make a pod, by the namespace's standard of security, which is restricted.
func (a *applier) admit(ctx context.Context, w workload) error {
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: strings.ToLower(baseName(w.name)), Namespace: "octet", Labels: w.pod.Labels, Annotations: w.pod.Annotations},
		Spec:       *w.pod.Spec.DeepCopy(),
	}
	known := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		known[v.Name] = true
	}
	for _, c := range pod.Spec.Containers {
		for _, m := range c.VolumeMounts {
			if !known[m.Name] { // a StatefulSet's controller adds those of its claims
				known[m.Name] = true
				pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: m.Name, VolumeSource: corev1.VolumeSource{
					PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: m.Name},
				}})
			}
		}
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return err
	}
	u := &unstructured.Unstructured{Object: fields}
	create := func() error {
		r, err := a.resource(u)
		if err != nil {
			return err
		}
		_, err = r.Create(ctx, u, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
		return err
	}
	if err := create(); err != nil {
		return err
	}
	// The standard is at work: the same pod is refused if it may be root.
	unstructured.RemoveNestedField(u.Object, "spec", "securityContext")
	if err := create(); !apierrors.IsForbidden(err) {
		return fmt.Errorf("one that may be root is not refused for it: %w", cmp.Or(err, errors.New("it is admitted")))
	}
	return nil
}

// misspelt makes sure that the server would notice: it applies a workload with a field that does not exist.
func (a *applier) misspelt(ctx context.Context, b *bundle) error {
	for _, o := range b.own {
		if o.raw.GetKind() != "StatefulSet" {
			continue
		}
		text, err := o.raw.MarshalJSON()
		if err != nil {
			return err
		}
		wrong := &unstructured.Unstructured{}
		if err := json.Unmarshal(bytes.Replace(text, []byte(`"serviceName"`), []byte(`"servicename"`), 1), &wrong.Object); err != nil {
			return err
		}
		if _, err := a.apply(ctx, wrong); err == nil {
			return fmt.Errorf("%s: a field that does not exist is taken", o.name())
		}
		return nil
	}
	return errors.New("there is no StatefulSet to misspell")
}
