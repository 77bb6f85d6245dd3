// Command sbom prints a CycloneDX list of the modules that a Go program was built
// from, as the program itself tells.
//
//	sbom [-version TEXT] PROGRAM
package main

import (
	"debug/buildinfo"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	version := flag.String("version", "", "of the program")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: sbom [-version TEXT] PROGRAM")
		os.Exit(2)
	}
	if err := print(os.Stdout, flag.Arg(0), *version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func print(to io.Writer, program, version string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return fmt.Errorf("read %s: %w", program, err)
	}
	enc := cdx.NewBOMEncoder(to, cdx.BOMFileFormatJSON)
	enc.SetPretty(true)
	return enc.Encode(list(info, version))
}

func list(info *debug.BuildInfo, version string) *cdx.BOM {
	self := cdx.Component{
		BOMRef: "turnpike", Type: cdx.ComponentTypeApplication, Name: "turnpike", Version: version,
		Licenses: &cdx.Licenses{{License: &cdx.License{ID: "MIT"}}},
	}
	for _, s := range info.Settings {
		if s.Key == "GOOS" || s.Key == "GOARCH" || s.Key == "vcs.revision" {
			self.Properties = properties(self.Properties, s.Key, s.Value)
		}
	}
	parts := []cdx.Component{module("std", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		parts = append(parts, module(m.Path, m.Version, m.Sum))
	}
	refs := make([]string, len(parts))
	for i := range parts {
		refs[i] = parts[i].BOMRef
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &self}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: self.BOMRef, Dependencies: &refs}}
	return bom
}

// module is a component; sum is go.sum's, of the files of the module.
func module(path, version, sum string) cdx.Component {
	url := "pkg:golang/" + path + "@" + version
	c := cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: path, Version: version, PackageURL: url, Scope: cdx.ScopeRequired}
	if sum != "" {
		c.Properties = properties(nil, "go.sum", sum)
	}
	return c
}

func properties(list *[]cdx.Property, name, value string) *[]cdx.Property {
	all := []cdx.Property{{Name: name, Value: value}}
	if list != nil {
		all = append(*list, all...)
	}
	return &all
}
