package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
)

// definitions are the files that define the kinds that are not Kubernetes' own, in modules of their projects.
var definitions = []struct{ module, file string }{
	{"github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml"},
	{"github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"},
	{"github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases/keda.sh_scaledobjects.yaml"},
	{"github.com/cert-manager/cert-manager@v1.21.2", "deploy/crds/cert-manager.io_certificates.yaml"},
	{"github.com/cert-manager/cert-manager@v1.21.2", "deploy/crds/cert-manager.io_issuers.yaml"},
}

// schemas knows all kinds of objects.
type schemas struct {
	strict      runtime.Decoder
	definitions []*unstructured.Unstructured
	validators  map[schema.GroupVersionKind]*validate.SchemaValidator
}

// openSchemas reads the definitions. Modules are downloaded if they are not there.
func openSchemas(ctx context.Context) (*schemas, error) {
	s := &schemas{
		strict:     serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, serializer.SerializerOptions{Yaml: true, Strict: true}),
		validators: map[schema.GroupVersionKind]*validate.SchemaValidator{},
	}
	dirs := map[string]string{}
	for _, d := range definitions {
		if dirs[d.module] == "" {
			dir, err := module(ctx, d.module)
			if err != nil {
				return nil, err
			}
			dirs[d.module] = dir
		}
		data, err := os.ReadFile(filepath.Join(dirs[d.module], d.file))
		if err != nil {
			return nil, err
		}
		if err := s.define(data); err != nil {
			return nil, fmt.Errorf("%s: %w", d.file, err)
		}
	}
	return s, nil
}

// module returns the folder of a module.
func module(ctx context.Context, name string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", name)
	cmd.Dir = os.TempDir() // its requirements are not ours
	out, err := cmd.Output()
	var m struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &m); jsonErr != nil {
		return "", fmt.Errorf("download %s: %w", name, errors.Join(err, jsonErr))
	}
	if m.Error != "" {
		return "", fmt.Errorf("download %s: %s", name, m.Error)
	}
	return m.Dir, nil
}

// define reads a CustomResourceDefinition.
func (s *schemas) define(text []byte) error {
	data, err := yaml.ToJSON(text)
	if err != nil {
		return err
	}
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct{ OpenAPIV3Schema *spec.Schema }
			}
		}
	}
	whole := &unstructured.Unstructured{}
	if err := errors.Join(json.Unmarshal(data, &crd), json.Unmarshal(data, &whole.Object)); err != nil {
		return err
	}
	s.definitions = append(s.definitions, whole)
	for _, v := range crd.Spec.Versions {
		root := v.Schema.OpenAPIV3Schema
		forbidUnknown(root)
		kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}
		s.validators[kind] = validate.NewSchemaValidator(root, nil, "", strfmt.Default)
	}
	return nil
}

// forbidUnknown has a schema refuse fields that it does not name, as an API server does that validates strictly.
func forbidUnknown(s *spec.Schema) {
	if keep, _ := s.Extensions.GetBool("x-kubernetes-preserve-unknown-fields"); keep {
		return
	}
	if s.AdditionalProperties == nil && len(s.Properties) > 0 {
		s.AdditionalProperties = &spec.SchemaOrBool{}
	} else if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		forbidUnknown(s.AdditionalProperties.Schema)
	}
	for name, p := range s.Properties {
		forbidUnknown(&p)
		s.Properties[name] = p
	}
	if s.Items != nil && s.Items.Schema != nil {
		forbidUnknown(s.Items.Schema)
	}
}

// decode reads objects. Fields that their types do not have are errors, and so are those that are there twice.
func (s *schemas) decode(manifests []byte) ([]object, error) {
	var all []object
	var problems []error
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(manifests)))
	defer documents.Close()
	buffer := make([]byte, len(manifests)+1)
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return all, errors.Join(problems...)
		}
		if err != nil {
			return nil, err
		}
		o, err := s.object(buffer[:n])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, o)
	}
}

func (s *schemas) object(text []byte) (object, error) {
	data, err := yaml.ToJSON(text)
	if err != nil {
		return object{}, err
	}
	raw := &unstructured.Unstructured{}
	if err := raw.UnmarshalJSON(data); err != nil {
		return object{}, err
	}
	o := object{raw, raw}
	if v, ok := s.validators[raw.GroupVersionKind()]; ok {
		if err := errors.Join(v.Validate(raw.Object).Errors...); err != nil {
			return o, fmt.Errorf("%s: %w", o.name(), err)
		}
		return o, nil
	}
	if o.Object, _, err = s.strict.Decode(text, nil, nil); err != nil {
		return o, fmt.Errorf("%s: %w", o.name(), err)
	}
	return o, nil
}
