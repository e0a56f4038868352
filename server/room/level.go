// Package room tells pilots by mail when the vault gets full: at 80 % and at
// 95 % of the quota, once for each crossing.
//
// What counts is what documents take and what uploads under way have reserved:
// that is what the next upload is measured by. A level that was told stands, in
// the database, until three points below it are free again: a vault that hovers
// at a level tells it once, and a restart tells nothing.
package room

// Level is how many percent of the quota have been told to be taken; 0 when
// nothing was.
type Level int

// Levels that are told, the highest first.
var levels = []Level{95, 80}

// margin is how far, in points, the vault must be below a level for it to be
// forgotten.
const margin = 3

// After is the level from a level that stands and what is taken now.
func After(before Level, taken, quota int64) Level {
	for _, level := range levels {
		from := level
		if before >= level {
			from -= margin
		}
		if reaches(taken, quota, from) {
			return level
		}
	}
	return 0
}

// reaches is exact: no rounding lets a vault seem fuller than it is.
func reaches(taken, quota int64, percent Level) bool {
	if quota <= 0 {
		return taken > 0
	}
	whole, rest := quota/100, quota%100
	return taken >= whole*int64(percent)+(rest*int64(percent)+99)/100
}
