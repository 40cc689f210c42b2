package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const root = "../.."

var testContext = context.Background()

var opened = sync.OnceValues(func() (*schemas, error) { return openSchemas(testContext) })

// testProgram knows what the manifests say, so that these tests need no program.
func testProgram() *program {
	set := func(names string) map[string]bool {
		all := map[string]bool{}
		for n := range strings.FieldsSeq(names + " tls-ca tls-cert tls-key") {
			all[n] = true
		}
		return all
	}
	const member = "sandbox-memory listen advertise metrics-listen data-dir etcd etcd-ca etcd-cert etcd-key log-level tokens token-file "
	return &program{known: map[string]map[string]bool{
		"coordinator": set(member + "store"), "worker": set(member + "cache-bytes slots drain until-idle"),
		"up": set("sandbox-memory listen metrics-listen data-dir workers"), "batch": set("output cache coordinator token-file"), "none": nil,
	}}
}

var rendered = map[string][]byte{}

// render returns a variant's manifests, and what is applied beside.
func render(t *testing.T, v variant) (string, []object) {
	t.Helper()
	s, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	text, ok := rendered[v.String()]
	if !ok {
		if text, err = v.kustomize(root); err != nil {
			t.Fatal(err)
		}
		rendered[v.String()] = text
	}
	var beside []object
	for _, other := range v.beside {
		b, err := other.build(root, s)
		if err != nil {
			t.Fatal(err)
		}
		beside = append(beside, b.own...)
	}
	return string(text), beside
}

func TestVariantsAreRight(t *testing.T) {
	s, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variants {
		b, err := v.build(root, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range check(b, testProgram()) {
			t.Errorf("%s: %s", v, p)
		}
	}
}

func TestEveryOverlayAndComponentIsAVariant(t *testing.T) {
	for _, folder := range []string{"overlays", "components"} {
		all, err := os.ReadDir(filepath.Join(root, "deployments", "kubernetes", folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			used := slices.ContainsFunc(variants, func(v variant) bool {
				return v.overlay == f.Name() || slices.Contains(v.components, f.Name())
			})
			if !used && f.Name() != "monitoring" { // production has it
				t.Errorf("no variant has %s/%s", folder, f.Name())
			}
		}
	}
}

// TestChecksCanFail breaks manifests in one place each, and wants the check that is for it to notice.
func TestChecksCanFail(t *testing.T) {
	keda := variant{overlay: "production", components: []string{"keda"}}
	certificates := variant{overlay: "production", components: []string{"certificates"}}
	zoo := variants[len(variants)-1]
	for _, tt := range []struct {
		v        variant
		old, new string // the first one is replaced
		want     string
	}{
		// Decoding.
		{production, "podManagementPolicy:", "podManagmentPolicy:", `unknown field "spec.podManagmentPolicy"`},
		{production, "    port: metrics\n    relabelings:", "    prot: metrics\n    relabelings:", "prot"},
		{keda, "pollingInterval: 15", "pollingInterval: often", "pollingInterval"},
		{certificates, "isCA: true", "isCa: true", "isCa"},
		// Names.
		{production, "serviceName: octet-worker", "serviceName: octet-wroker", "there is no Service/octet-wroker"},
		{production, "serviceAccountName: octet-worker", "serviceAccountName: octet", "there is no ServiceAccount/octet"},
		{production, "secretName: octet-tls", "secretName: tls", "there is no Secret/tls"},
		{production, "claimName: octet-store", "claimName: store", "there is no PersistentVolumeClaim/store"},
		{production, "kind: StatefulSet\n    name: octet-worker", "kind: Deployment\n    name: octet-worker", "there is no Deployment/octet-worker"},
		{certificates, "kind: Issuer\n    name: octet\n", "kind: Issuer\n    name: other\n", "there is no Issuer/other"},
		{production, "  namespace: octet\n", "", "it has no namespace"},
		{zoo, "subdomain: octet-worker", "subdomain: workers", "there is no Service/workers"},
		// Selectors and ports.
		{production, "pool: standing\n  serviceName", "pool: sitting\n  serviceName", "its selector does not select its pods"},
		{production, "  selector:\n    app.kubernetes.io/component: worker\n", "  selector:\n    app.kubernetes.io/component: other\n", "selects no pod"},
		{production, "targetPort: metrics", "targetPort: prom", "has no port prom"},
		{production, "containerPort: 9464", "containerPort: 9465", "--metrics-listen=:9464 is not among its ports"},
		{production, "    port: metrics\n    relabelings:", "    port: http\n    relabelings:", "has no port http"},
		{production, "podSelector:\n    matchLabels:\n      app.kubernetes.io/component: worker", "podSelector:\n    matchLabels:\n      app.kubernetes.io/component: batch", "no NetworkPolicy is about it"},
		{production, "labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: coordinator", "labelSelector:\n          matchLabels:\n            app.kubernetes.io/component: worker", "spread by labels"},
		{production, "spec:\n  podManagementPolicy: Parallel\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: worker", "spec:\n  replicas: 3\n  podManagementPolicy: Parallel\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: worker", "says how many replicas"},
		// Pods.
		{production, "enableServiceLinks: false", "enableServiceLinks: true", "taken for flags"},
		{production, "      automountServiceAccountToken: false\n", "", "gets a token"},
		{production, "runAsNonRoot: true", "runAsNonRoot: false", "it may be root"},
		{production, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "more than it needs"},
		{production, "octet:v0.1.0", "octet", "has no version"},
		{production, "memory: 4Gi", "memory: 3600Mi", "are not nine tenths"},
		{production, "--sandbox-memory=1610612736", "--sandbox-memory=1073741824", "are not nine tenths"},
		{production, "memory: 1Gi", "memory: 5Gi", "needs more memory than it may have"},
		{production, "            cpu: 500m\n", "", "how much cpu"},
		{production, "        readinessProbe:", "        lifecycle: {}\n        startupProbe:", "already set"},
		{production, "            path: /readyz\n            port: metrics", "            path: /readyz\n            port: other", "no readiness probe"},
		{production, "          sizeLimit: 10Gi", "          medium: \"\"", "may fill its machine's disk"},
		{production, "          name: tmp\n        - mountPath: /etc/octet/tls", "          name: data\n        - mountPath: /etc/octet/tls", "volume tmp is not mounted"},
		// What octet is started with.
		{production, "- coordinator\n", "- coordinate\n", `no command "coordinate"`},
		{production, "--slots=", "--slot=", "no flag --slot"},
		{production, "OCTET_LOG_LEVEL", "OCTET_LOGLEVEL", "no flag --loglevel"},
		{production, "--drain=45s", "--drain=55s", "does not fit"},
		{production, "--store=/var/lib/octet-store", "--store=/srv/octet", "in no volume"},
		{production, "$(CORES)", "$(CPUS)", "no variable CPUS"},
		{production, ".octet-worker.$(POD_NAMESPACE)", ".octet.$(POD_NAMESPACE)", "is not the name of its pod"},
	} {
		text, beside := render(t, tt.v)
		broken := strings.Replace(text, tt.old, tt.new, 1)
		if broken == text {
			t.Errorf("%q is not in %s", tt.old, tt.v)
			continue
		}
		var problems []string
		s, _ := opened()
		own, err := s.decode([]byte(broken))
		if err != nil {
			problems = []string{err.Error()}
		} else {
			problems = check(&bundle{own, beside}, testProgram())
		}
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, tt.want) }) {
			t.Errorf("%q for %q: want %q among %q", tt.new, tt.old, tt.want, problems)
		}
	}
}

func TestWhatUsersMakeIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "deploying.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outside {
		if _, name, _ := strings.Cut(o, "/"); !strings.Contains(string(text), "secret "+name+" ") {
			t.Errorf("docs/deploying.md does not make %s", o)
		}
	}
}

func TestFilesAreRight(t *testing.T) {
	problems, err := checkCompose(testContext, root, testProgram())
	if err != nil || len(problems) == 0 || slices.ContainsFunc(problems, func(p string) bool { return !strings.Contains(p, `no command "certs"`) }) {
		t.Errorf("compose: want only that this test's program has no certs: %q, %v", problems, err)
	}
	problems, err = checkUnits(root, testProgram())
	if err != nil || len(problems) > 0 {
		t.Errorf("units: %q, %v", problems, err)
	}
}

// Names of metrics are fixed by docs/operations.md, which is tested against the program.
func TestMetricsExist(t *testing.T) {
	known, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(root, "deployments", "kubernetes")
	used := 0
	for _, file := range []string{"components/monitoring/rules.yaml", "components/monitoring/adapter.yaml", "components/keda/scaledobject.yaml", "overlays/production/scaling.yaml"} {
		text, err := os.ReadFile(filepath.Join(base, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\boctet_[a-z_]+`).FindAllString(string(text), -1) {
			used++
			if !strings.Contains(string(known), "`"+name+"`") {
				t.Errorf("%s: docs/operations.md has no metric %s", file, name)
			}
		}
	}
	if used < 8 {
		t.Errorf("found only %d names", used)
	}
}
