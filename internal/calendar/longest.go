package calendar

import "time"

// Longest is the longest time for which periods are open on end, in a week without
// holidays, freezes and clocks that are set. What never closes has weeks.
func Longest(periods []Period) time.Duration {
	var longest int64
	for _, s := range weekly(periods, span{0, stride}) {
		longest = max(longest, s.to-s.from)
	}
	return time.Duration(longest) * time.Second
}
