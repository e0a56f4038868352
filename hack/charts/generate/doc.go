// Package generate writes what of the charts, and of the pages about them,
// follows from something else in the tree, so that nothing is kept twice:
//
//	config/crd/bases            templates/crd: each file as it is, and an annotation
//	                            by which Helm leaves it in place on uninstall
//	config/rbac, config/admission  templates/rbac.yaml, templates/admission.yaml: what
//	                            kustomize makes of them
//	config/default/platform.yaml   the section "platform" of values.yaml
//	api/config/v1alpha1         the same section of values.schema.json; the rest of
//	                            it follows from values.yaml and constraints.yaml
//	all of these                docs/reference
//
// In manifests the tree's namespace, voute-system, stands for the release's.
//
// Files is a function of the tree alone; cmd/generate writes what it returns.
package generate
