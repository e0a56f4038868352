package platform

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// lines knows on which line of the file a field is written. Fields are written
// as the decoder writes them: server.images[0].version.
type lines map[string]int

// locate finds every field's line. A file that is not YAML has none; decode
// then says what is wrong with it. Of a second document nothing would be read.
func locate(data []byte) (lines, error) {
	found := lines{}
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err == nil && len(document.Content) > 0 {
		found.walk(document.Content[0], "")
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("line %d: a second document begins here: the file is one document; remove the --- before it", second.Line)
	}
	return found, nil
}

func (l lines) walk(node *yaml.Node, field string) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			name := strings.TrimPrefix(field+"."+key.Value, ".")
			l[name] = key.Line
			l.walk(value, name)
		}
	case yaml.SequenceNode:
		for i, value := range node.Content {
			name := field + "[" + strconv.Itoa(i) + "]"
			l[name] = value.Line
			l.walk(value, name)
		}
	}
}

// of is the line of a field, or of the nearest field around it that is written; 0 when none is.
func (l lines) of(field string) int {
	for field != "" {
		if line, found := l[field]; found {
			return line
		}
		field = field[:max(strings.LastIndexAny(field, ".["), 0)]
	}
	return 0
}

// problem says what is wrong with a field, and on which line.
func (l lines) problem(field, message string) error {
	if line := l.of(field); line > 0 {
		return fmt.Errorf("line %d: %s: %s", line, field, message)
	}
	return fmt.Errorf("not in the file: %s: %s", field, message)
}
