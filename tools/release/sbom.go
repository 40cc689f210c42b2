package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"time"
)

// The parts of CycloneDX 1.6 (JSON) that a bill of materials of a Go program needs. It has no serial number: that would differ each time.
type (
	bom struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     bomMetadata  `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	bomMetadata struct {
		Timestamp  string     `json:"timestamp"`
		Component  component  `json:"component"`
		Properties []property `json:"properties"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		Licenses   []license  `json:"licenses,omitempty"`
		PURL       string     `json:"purl"`
		Properties []property `json:"properties,omitempty"`
	}
	license struct {
		License struct {
			ID string `json:"id"`
		} `json:"license"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
)

// sbom lists the modules that are linked into a program, as the program itself tells: not those of go.mod, which are more.
func sbom(p program, s stamp) ([]byte, error) {
	self := libraryOf(p.info.Main.Path, s.version)
	self.Type = "application"
	var apache license
	apache.License.ID = "Apache-2.0"
	self.Licenses = []license{apache}
	b := bom{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: bomMetadata{
		Timestamp: s.time.Format(time.RFC3339), Component: self,
		Properties: []property{{"octet:go", p.info.GoVersion}, {"octet:target", p.target.String()}, {"octet:revision", s.revision}},
	}}
	b.Components = append(b.Components, libraryOf("std", strings.TrimPrefix(p.info.GoVersion, "go")))
	for _, m := range p.info.Deps {
		b.Components = append(b.Components, moduleOf(m))
	}
	root := dependency{Ref: self.Ref}
	for _, c := range b.Components {
		root.DependsOn = append(root.DependsOn, c.Ref)
	}
	b.Dependencies = []dependency{root}
	text, err := json.MarshalIndent(b, "", "  ")
	return append(text, '\n'), err
}

func libraryOf(path, version string) component {
	purl := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
}

// moduleOf is a module, or what stands in its place, with Go's checksum of it.
func moduleOf(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := libraryOf(m.Path, m.Version)
	if m.Sum != "" {
		c.Properties = []property{{"octet:go.sum", m.Sum}}
	}
	return c
}
