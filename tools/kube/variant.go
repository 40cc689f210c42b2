package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// variant is an overlay with components that a user may add to it, in a cluster where others have been applied.
type variant struct {
	overlay    string
	components []string
	beside     []variant
}

var production = variant{overlay: "production"}

// variants are all that is checked: each component appears in one at least, which a test makes sure of.
var variants = []variant{
	{overlay: "single"},
	production,
	{overlay: "production", components: []string{"certificates"}},
	{overlay: "production", components: []string{"tokens"}},
	{overlay: "production", components: []string{"keda"}},
	{overlay: "production", components: []string{"certificates", "tokens", "keda"}},
	{overlay: "zoo", components: []string{"tokens"}, beside: []variant{{overlay: "production", components: []string{"tokens"}}}},
	{overlay: "zoo", beside: []variant{production}},
}

func (v variant) String() string {
	return strings.Join(append([]string{v.overlay}, v.components...), "+")
}

// bundle is what a variant consists of.
type bundle struct {
	own    []object // in the order in which they are applied
	beside []object
}

func (b *bundle) all() []object { return append(slices.Clip(b.own), b.beside...) }

// object is decoded into its type, which is *unstructured.Unstructured for those that are not Kubernetes' own.
type object struct {
	runtime.Object
	raw *unstructured.Unstructured
}

func (o object) name() string { return o.raw.GetKind() + "/" + o.raw.GetName() }

// build runs kustomize and decodes what comes out.
func (v variant) build(root string, schemas *schemas) (*bundle, error) {
	manifests, err := v.kustomize(root)
	if err != nil {
		return nil, err
	}
	b := &bundle{}
	if b.own, err = schemas.decode(manifests); err != nil {
		return nil, err
	}
	for _, other := range v.beside {
		o, err := other.build(root, schemas)
		if err != nil {
			return nil, err
		}
		b.beside = append(b.beside, o.own...)
	}
	return b, nil
}

// kustomize returns the manifests as YAML.
func (v variant) kustomize(root string) ([]byte, error) {
	base, err := filepath.Abs(filepath.Join(root, "deployments", "kubernetes"))
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(base, "overlays", v.overlay)
	if len(v.components) > 0 {
		if dir, err = v.wrapper(base); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy
	all, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("kustomize: %w", err)
	}
	return all.AsYaml()
}

// wrapper makes a folder with an overlay of the overlay that adds the components.
func (v variant) wrapper(base string) (string, error) {
	dir, err := os.MkdirTemp("", "kube-")
	if err != nil {
		return "", err
	}
	relative := func(path ...string) string {
		to, err := filepath.Rel(dir, filepath.Join(append([]string{base}, path...)...))
		if err != nil {
			panic(err) // both are absolute
		}
		return to
	}
	k := map[string]any{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": "octet", "resources": []string{relative("overlays", v.overlay)}}
	var components []string
	for _, c := range v.components {
		components = append(components, relative("components", c))
	}
	k["components"] = components
	text, err := yaml.Marshal(k)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), text, 0o644)
}
