package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// pod checks a pod template.
func (c *checker) pod(w workload) {
	spec := &w.pod.Spec
	if w.selector != nil {
		if s, err := metav1.LabelSelectorAsSelector(w.selector); err != nil || !s.Matches(labels.Set(w.pod.Labels)) {
			c.wrong(w.name, "its selector does not select its pods")
		}
	}
	if name := spec.ServiceAccountName; name != "" {
		c.refers(w.name, "ServiceAccount/"+name)
	}
	if spec.Subdomain != "" {
		c.refers(w.name, "Service/"+spec.Subdomain)
	}
	if isNot(spec.AutomountServiceAccountToken, false) {
		c.wrong(w.name, "it gets a token for the API server, which octet does not talk to")
	}
	if isNot(spec.EnableServiceLinks, false) {
		c.wrong(w.name, "variables of services would be taken for flags")
	}
	if s := spec.SecurityContext; s == nil || isNot(s.RunAsNonRoot, true) || s.SeccompProfile == nil || s.FSGroup == nil {
		c.wrong(w.name, "it may be root, has all system calls, or can't write to its volumes")
	}
	for _, t := range spec.TopologySpreadConstraints {
		if s, err := metav1.LabelSelectorAsSelector(t.LabelSelector); err != nil || !s.Matches(labels.Set(w.pod.Labels)) {
			c.wrong(w.name, "it is spread by labels that it does not have")
		}
	}
	volumes := map[string]bool{}
	for _, v := range spec.Volumes {
		volumes[v.Name] = false
		c.volume(w.name, v)
	}
	if o, ok := c.names[w.name]; ok {
		for _, claim := range claims(o) {
			volumes[claim] = false
		}
	}
	for i := range spec.Containers {
		c.container(w, &spec.Containers[i], volumes)
	}
	for name, used := range volumes {
		if !used {
			c.wrong(w.name, "volume %s is not mounted", name)
		}
	}
}

func isNot(have *bool, want bool) bool { return have == nil || *have != want }

// claims returns the names of the volumes that a StatefulSet makes.
func claims(o object) (names []string) {
	all, _, _ := unstructured.NestedSlice(o.raw.Object, "spec", "volumeClaimTemplates")
	for _, t := range all {
		if meta, ok := t.(map[string]any)["metadata"].(map[string]any); ok {
			names = append(names, fmt.Sprint(meta["name"]))
		}
	}
	return names
}

func (c *checker) volume(where string, v corev1.Volume) {
	switch {
	case v.Secret != nil:
		c.refers(where, "Secret/"+v.Secret.SecretName)
	case v.ConfigMap != nil:
		c.refers(where, "ConfigMap/"+v.ConfigMap.Name)
	case v.PersistentVolumeClaim != nil:
		c.refers(where, "PersistentVolumeClaim/"+v.PersistentVolumeClaim.ClaimName)
	case v.EmptyDir != nil:
		if v.EmptyDir.SizeLimit == nil {
			c.wrong(where, "volume %s may fill its machine's disk", v.Name)
		}
	}
}

func (c *checker) container(w workload, k *corev1.Container, volumes map[string]bool) {
	where := w.name + " " + k.Name
	if _, tag, ok := strings.Cut(path.Base(k.Image), ":"); !ok || tag == "latest" {
		c.wrong(where, "image %s has no version", k.Image)
	}
	if s := k.SecurityContext; s == nil || isNot(s.AllowPrivilegeEscalation, false) || isNot(s.ReadOnlyRootFilesystem, true) ||
		s.Capabilities == nil || !slices.Contains(s.Capabilities.Drop, "ALL") {
		c.wrong(where, "it may do more than it needs: escalate privileges, write to its root, or use capabilities")
	}
	for _, m := range k.VolumeMounts {
		if _, ok := volumes[m.Name]; !ok {
			c.wrong(where, "there is no volume %s", m.Name)
		}
		volumes[m.Name] = true
	}
	environment := c.environment(where, k)
	if w.lasting {
		for what, p := range map[string]*corev1.Probe{"startup": k.StartupProbe, "liveness": k.LivenessProbe, "readiness": k.ReadinessProbe} {
			if p == nil || p.HTTPGet == nil || !hasPort(w.pod, p.HTTPGet.Port.String()) {
				c.wrong(where, "it has no %s probe, or of a port that it does not have", what)
			}
		}
	}
	settings, problems := c.program.settings(k.Args, environment)
	c.resources(where, k, environment["GOMEMLIMIT"], settings)
	for _, p := range problems {
		c.wrong(where, "%s", p)
	}
	for _, s := range settings {
		c.setting(where, w, k, s)
	}
}

// environment returns a container's variables, as far as they are known.
func (c *checker) environment(where string, k *corev1.Container) map[string]string {
	all := map[string]string{}
	for _, from := range k.EnvFrom {
		if from.ConfigMapRef != nil {
			name := "ConfigMap/" + from.ConfigMapRef.Name
			c.refers(where, name)
			if m, ok := c.names[name].Object.(*corev1.ConfigMap); ok {
				maps.Copy(all, m.Data)
			}
		}
	}
	for _, e := range k.Env {
		all[e.Name] = e.Value
	}
	for _, arg := range k.Args {
		for rest := arg; ; {
			_, after, ok := strings.Cut(rest, "$(")
			if !ok {
				break
			}
			name, after, _ := strings.Cut(after, ")")
			if _, known := all[name]; !known {
				c.wrong(where, "%s: there is no variable %s", arg, name)
			}
			rest = after
		}
	}
	return all
}

// resources checks that a container asks for what it needs, and that Go knows what it may take.
func (c *checker) resources(where string, k *corev1.Container, goLimit string, settings []setting) {
	requests, limits := k.Resources.Requests, k.Resources.Limits
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		if q, ok := requests[name]; !ok || q.IsZero() {
			c.wrong(where, "it does not say how much %s it needs", name)
		}
		request, limit := requests[name], limits[name]
		if _, ok := limits[name]; ok && request.Cmp(limit) > 0 {
			c.wrong(where, "it needs more %s than it may have", name)
		}
	}
	limit, ok := limits[corev1.ResourceMemory]
	if !ok {
		c.wrong(where, "nothing limits its memory")
		return
	}
	quantity, err := resource.ParseQuantity(strings.TrimSuffix(goLimit, "B"))
	bound := quantity.Value() + sandboxes(settings)
	if share := float64(bound) / float64(limit.Value()); err != nil || share < 0.85 || share > 0.95 {
		c.wrong(where, "GOMEMLIMIT %q and sandboxes are not nine tenths of its memory, %v: %.2f", goLimit, &limit, share)
	}
}

// sandboxes returns the bytes that the processes which octet starts may take: one for a coordinator, and one for each worker.
func sandboxes(settings []setting) int64 {
	number := func(flag string, otherwise int64) int64 {
		for _, s := range settings {
			if n, err := strconv.ParseInt(s.value, 10, 64); err == nil && s.flag == flag {
				return n
			}
		}
		return otherwise
	}
	return number("sandbox-memory", 0) * (1 + number("workers", 0))
}

// drainReserve is what a process may take to end after --drain: the time that calls get.
const drainReserve = 5 * time.Second

// setting checks the value of a flag against the pod around it.
func (c *checker) setting(where string, w workload, k *corev1.Container, s setting) {
	switch s.flag {
	case "drain":
		grace := time.Duration(*w.pod.Spec.TerminationGracePeriodSeconds) * time.Second
		if d, err := time.ParseDuration(s.value); err != nil || d+drainReserve >= grace {
			c.wrong(where, "--drain=%s does not fit into %v, after which the pod is killed", s.value, grace)
		}
	case "listen", "metrics-listen":
		if _, port, _ := strings.Cut(s.value, ":"); !hasPort(w.pod, port) {
			c.wrong(where, "--%s=%s is not among its ports", s.flag, s.value)
		}
	case "advertise":
		if host, _, _ := strings.Cut(s.value, ":"); w.lasting && !strings.HasPrefix(host, "$(POD_NAME)."+baseName(w.name)+".") {
			c.wrong(where, "--advertise=%s is not the name of its pod", s.value)
		}
	}
	if !strings.HasPrefix(s.value, "/") {
		return
	}
	writes := slices.Contains([]string{"data-dir", "store", "output", "cache"}, s.flag)
	within := slices.ContainsFunc(k.VolumeMounts, func(m corev1.VolumeMount) bool {
		return (s.value == m.MountPath || strings.HasPrefix(s.value, m.MountPath+"/")) && !(writes && m.ReadOnly)
	})
	if !within {
		c.wrong(where, "--%s=%s is in no volume, or in one that can't be written to", s.flag, s.value)
	}
}

func baseName(name string) string { return path.Base(name) }
