// Package admission asks a real API server about the three kinds: what it
// refuses and in which words, what may change later, and what people see.
package admission
