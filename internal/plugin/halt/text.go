package halt

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// text is a file by its lines, each with its end.
type text []string

func (t text) String() string { return strings.Join(t, "") }

// add puts an item in, with as much around it as is not there yet.
func (t text) add(root *yaml.Node, item string) (string, error) {
	rollout, there := find(root, rolloutField)
	if !there {
		if isFlow(root) {
			return t.open(root, "rollout: {halted: ["+item+"]}")
		}
		return t.after(len(t), root.Column-1, "rollout:", "  halted:", "  - "+item), nil
	}
	halted, there := find(rollout.value, haltedField)
	switch {
	case there:
		return t.addItem(halted, item)
	case isNull(rollout.value):
		return t.fill(rollout, "{halted: ["+item+"]}", "  halted:", "  - "+item)
	case rollout.value.Kind != yaml.MappingNode:
		return "", errByHand
	case isFlow(rollout.value):
		return t.open(rollout.value, "halted: ["+item+"]")
	default:
		return t.after(rollout.key.Line, rollout.value.Content[0].Column-1, "halted:", "- "+item), nil
	}
}

func (t text) addItem(halted entry, item string) (string, error) {
	switch {
	case isNull(halted.value):
		return t.fill(halted, "["+item+"]", "- "+item)
	case halted.value.Kind != yaml.SequenceNode:
		return "", errByHand
	case isFlow(halted.value):
		return t.open(halted.value, item)
	default:
		return t.after(halted.key.Line, halted.value.Column-1, "- "+item), nil
	}
}

// after puts lines in after another. Comments that stand above what was first stay
// there.
func (t text) after(line, indent int, lines ...string) string {
	before := strings.Join(t[:line], "")
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	for _, each := range lines {
		before += strings.Repeat(" ", indent) + each + "\n"
	}
	return before + strings.Join(t[line:], "")
}

// fill gives a field a value that has none: lines where nothing is written, and else
// one in the place of the null.
func (t text) fill(field entry, flow string, lines ...string) (string, error) {
	if field.value.Value == "" {
		return t.after(field.key.Line, field.key.Column-1, lines...), nil
	}
	whole, at := t.String(), t.offset(field.value)
	rest, found := strings.CutPrefix(whole[at:], field.value.Value)
	if !found {
		return "", errByHand
	}
	return whole[:at] + flow + rest, nil
}

// open puts an element in as the first of a list or mapping in flow style.
func (t text) open(node *yaml.Node, element string) (string, error) {
	whole, at := t.String(), t.offset(node)
	if !strings.ContainsRune("[{", rune(whole[at])) {
		return "", errByHand
	}
	if len(node.Content) > 0 {
		element += ", "
	}
	return whole[:at+1] + element + whole[at+1:], nil
}

// offset is where a node begins: the parser counts columns by characters.
func (t text) offset(node *yaml.Node) int {
	before := len(strings.Join(t[:node.Line-1], ""))
	line := []rune(t[node.Line-1])
	return before + len(string(line[:min(node.Column-1, len(line))]))
}

// remove cuts the item of a version out, and what would be empty without it.
func (t text) remove(root *yaml.Node, version string) (string, error) {
	rollout, _ := find(root, rolloutField)
	if rollout.value == nil || rollout.value.Kind != yaml.MappingNode {
		return "", errByHand
	}
	halted, _ := find(rollout.value, haltedField)
	if halted.value == nil || halted.value.Kind != yaml.SequenceNode {
		return "", errByHand
	}
	switch {
	case len(halted.value.Content) > 1:
		return t.removeItem(halted.value, version)
	case len(rollout.value.Content) > 2:
		return t.removeEntry(rollout.value, halted)
	default:
		return t.removeEntry(root, rollout)
	}
}

func (t text) removeItem(list *yaml.Node, version string) (string, error) {
	at := slices.IndexFunc(list.Content, func(item *yaml.Node) bool {
		named, _ := find(item, "version")
		return named.value != nil && named.value.Value == version
	})
	switch {
	case at < 0:
		return "", errByHand
	case isFlow(list):
		return t.cut(t.offset(list.Content[at]), list.Content[at])
	default:
		return t.cutBlock(list.Content[at].Line, list.Column-1, false)
	}
}

func (t text) removeEntry(of *yaml.Node, field entry) (string, error) {
	if isFlow(of) {
		return t.cut(t.offset(field.key), field.value)
	}
	return t.cutBlock(field.key.Line, field.key.Column-1, field.value.Kind == yaml.SequenceNode)
}

// cutBlock takes out a line and those that belong to it, which stand further in; of a
// field with a list, its items may stand as far out as itself. Comments stay.
func (t text) cutBlock(line, indent int, items bool) (string, error) {
	first := t[line-1]
	if strings.TrimSpace(first[:min(indent, len(first))]) != "" {
		return "", errByHand
	}
	kept := slices.Clone(t[:line-1])
	rest := t[line:]
	for i, each := range rest {
		content := strings.TrimLeft(each, " ")
		far := len(each) - len(content)
		switch {
		case strings.TrimSpace(content) == "", strings.HasPrefix(content, "#"):
			kept = append(kept, each)
		case far > indent, items && far == indent && strings.HasPrefix(content, "-"):
		default:
			return (append(kept, rest[i:]...)).String(), nil
		}
	}
	return kept.String(), nil
}

// cut takes an element out of a list or mapping in flow style, from where it begins
// to the end of its value, with the comma.
func (t text) cut(from int, value *yaml.Node) (string, error) {
	whole := t.String()
	to := closing(whole, t.offset(value))
	if to < 0 {
		return "", errByHand
	}
	before, after := whole[:from], whole[to:]
	if rest, more := strings.CutPrefix(strings.TrimLeft(after, " "), ","); more {
		return before + strings.TrimLeft(rest, " "), nil
	}
	return strings.TrimSuffix(strings.TrimRight(before, " "), ",") + after, nil
}

// closing is behind the bracket that closes the one at a place; -1 where there is none.
func closing(whole string, at int) int {
	depth, quote, before := 0, byte(0), byte(' ')
	for i := at; i < len(whole); i++ {
		each := whole[i]
		switch {
		case quote == '"' && each == '\\':
			i++
		case quote != 0:
			if each == quote {
				quote = 0
			}
		case (each == '"' || each == '\'') && strings.ContainsRune(" \n,:[{'", rune(before)):
			quote = each
		case each == '[' || each == '{':
			depth++
		case each == ']' || each == '}':
			depth--
		}
		if depth == 0 {
			if i == at {
				return -1 // it is no bracket
			}
			return i + 1
		}
		before = each
	}
	return -1
}
