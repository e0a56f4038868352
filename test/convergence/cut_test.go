package convergence

import "fmt"

// cutDown leaves out of a sequence that fails whatever it fails without.
func cutDown(s sequence, failure error, run func(sequence) error) string {
	for i := 0; i < len(s.edits); {
		shorter := s
		shorter.edits = append(append([]edit(nil), s.edits[:i]...), s.edits[i+1:]...)
		if err := run(shorter); err != nil {
			s, failure = shorter, err
			continue
		}
		i++
	}
	return fmt.Sprintf("cut down: %v\n%v", s, failure)
}
