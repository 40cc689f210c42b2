package main

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// outside are what a user makes, as docs/deploying.md says, unless a component does.
var outside = []string{"Secret/octet-tls", "Secret/octet-etcd-tls", "Secret/octet-client-tls", "Secret/octet-tokens", "Secret/octet-client-token"}

// workload is a pod template and where it comes from.
type workload struct {
	name     string // KIND/NAME
	pod      *corev1.PodTemplateSpec
	selector *metav1.LabelSelector // nil if the controller makes it
	lasting  bool                  // it is to run for ever
}

// workloads returns all pod templates.
func workloads(all []object) []workload {
	var found []workload
	for _, o := range all {
		switch x := o.Object.(type) {
		case *appsv1.StatefulSet:
			found = append(found, workload{o.name(), &x.Spec.Template, x.Spec.Selector, true})
		case *appsv1.Deployment:
			found = append(found, workload{o.name(), &x.Spec.Template, x.Spec.Selector, true})
		case *batchv1.Job:
			found = append(found, workload{o.name(), &x.Spec.Template, nil, false})
		case *batchv1.CronJob:
			found = append(found, workload{o.name(), &x.Spec.JobTemplate.Spec.Template, nil, false})
		}
	}
	return found
}

// checker gathers problems.
type checker struct {
	names    map[string]object
	pods     []workload // own, and those beside
	program  *program
	problems []string
}

func (c *checker) wrong(where, format string, args ...any) {
	c.problems = append(c.problems, where+": "+fmt.Sprintf(format, args...))
}

// check returns what is wrong with a variant, beyond what its types tell.
func check(b *bundle, p *program) []string {
	c := &checker{names: map[string]object{}, pods: workloads(b.all()), program: p}
	for _, o := range b.all() {
		if _, twice := c.names[o.name()]; twice {
			c.wrong(o.name(), "it is there twice")
		}
		c.names[o.name()] = o
		if secret, _, _ := unstructured.NestedString(o.raw.Object, "spec", "secretName"); secret != "" && o.raw.GetKind() == "Certificate" {
			c.names["Secret/"+secret] = o
		}
		if o.raw.GetKind() != "Namespace" && o.raw.GetNamespace() == "" {
			c.wrong(o.name(), "it has no namespace")
		}
	}
	for _, name := range outside {
		if _, made := c.names[name]; !made {
			c.names[name] = object{}
		}
	}
	guarded := map[string]bool{}
	for _, o := range b.all() {
		for _, w := range c.selected(o) {
			guarded[w] = true
		}
	}
	for _, w := range workloads(b.own) {
		if !guarded[w.name] {
			c.wrong(w.name, "no NetworkPolicy is about it")
		}
		c.pod(w)
	}
	slices.Sort(c.problems)
	return c.problems
}

// matching returns the workloads that a selector selects.
func (c *checker) matching(where string, s *metav1.LabelSelector) []workload {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		c.wrong(where, "%v", err)
		return nil
	}
	var found []workload
	for _, w := range c.pods {
		if selector.Matches(labels.Set(w.pod.Labels)) {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		c.wrong(where, "%s selects no pod", metav1.FormatLabelSelector(s))
	}
	return found
}

// refers notes a name that nothing has.
func (c *checker) refers(where, name string) {
	if _, ok := c.names[name]; !ok {
		c.wrong(where, "there is no %s", name)
	}
}

// selected checks what an object selects and refers to, and returns the workloads that it is a NetworkPolicy of.
func (c *checker) selected(o object) (guarded []string) {
	where := o.name()
	switch x := o.Object.(type) {
	case *corev1.Service:
		for _, w := range c.matching(where, &metav1.LabelSelector{MatchLabels: x.Spec.Selector}) {
			for _, p := range x.Spec.Ports {
				if !hasPort(w.pod, p.TargetPort.String()) {
					c.wrong(where, "%s has no port %s", w.name, p.TargetPort.String())
				}
			}
		}
	case *appsv1.StatefulSet:
		c.refers(where, "Service/"+x.Spec.ServiceName)
	case *networkingv1.NetworkPolicy:
		for _, w := range c.matching(where, &x.Spec.PodSelector) {
			guarded = append(guarded, w.name)
		}
		c.peers(where, x)
	case *policyv1.PodDisruptionBudget:
		c.matching(where, x.Spec.Selector)
	case *autoscalingv2.HorizontalPodAutoscaler:
		c.scales(where, x.Spec.ScaleTargetRef.Kind+"/"+x.Spec.ScaleTargetRef.Name)
	case *unstructured.Unstructured:
		c.foreign(where, x)
	}
	return guarded
}

// peers checks that the pods of this namespace that a policy speaks of exist, and that connections that one side may make are let in by the other.
func (c *checker) peers(where string, p *networkingv1.NetworkPolicy) {
	var all []networkingv1.NetworkPolicyPeer
	for _, r := range p.Spec.Ingress {
		all = append(all, r.From...)
	}
	for _, r := range p.Spec.Egress {
		all = append(all, r.To...)
	}
	for _, peer := range all {
		if peer.NamespaceSelector == nil && peer.PodSelector != nil {
			// A policy about workers is good before there are some.
			c.matching(where, peer.PodSelector)
		}
	}
}

// scales checks what an autoscaler scales: its number must be nobody else's.
func (c *checker) scales(where, name string) {
	c.refers(where, name)
	if s, ok := c.names[name].Object.(*appsv1.StatefulSet); ok && s.Spec.Replicas != nil {
		c.wrong(where, "%s says how many replicas it has, too", name)
	}
}

// foreign checks objects whose kinds are not Kubernetes' own.
func (c *checker) foreign(where string, u *unstructured.Unstructured) {
	text := func(path ...string) string {
		s, _, _ := unstructured.NestedString(u.Object, path...)
		return s
	}
	switch u.GetKind() {
	case "ScaledObject":
		c.scales(where, text("spec", "scaleTargetRef", "kind")+"/"+text("spec", "scaleTargetRef", "name"))
	case "Certificate":
		c.refers(where, text("spec", "issuerRef", "kind")+"/"+text("spec", "issuerRef", "name"))
	case "ServiceMonitor":
		c.monitor(where, u)
	}
}

// monitor checks that the services that are scraped exist, and have the ports.
func (c *checker) monitor(where string, u *unstructured.Unstructured) {
	want, _, _ := unstructured.NestedStringMap(u.Object, "spec", "selector", "matchLabels")
	endpoints, _, _ := unstructured.NestedSlice(u.Object, "spec", "endpoints")
	found := false
	for _, o := range c.names {
		s, ok := o.Object.(*corev1.Service)
		if !ok || !labels.SelectorFromSet(want).Matches(labels.Set(s.Labels)) {
			continue
		}
		found = true
		for _, e := range endpoints {
			port := e.(map[string]any)["port"]
			if !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == port }) {
				c.wrong(where, "Service/%s has no port %v", s.Name, port)
			}
		}
	}
	if !found {
		c.wrong(where, "%v selects no service", want)
	}
}

// hasPort reports whether a pod has a port of a name, or number.
func hasPort(p *corev1.PodTemplateSpec, port string) bool {
	for _, c := range p.Spec.Containers {
		for _, at := range c.Ports {
			if at.Name == port || fmt.Sprint(at.ContainerPort) == port {
				return true
			}
		}
	}
	return false
}
