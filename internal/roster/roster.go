// Package roster says who a tenant's pilots are.
//
// An address stands for one person: of several Pilots with the same e-mail
// address the oldest counts, the others are duplicates until they change. A
// Pilot that is being deleted no longer counts, unless it is the last: then it
// is held, and stays a pilot until another one is named.
package roster

import (
	"cmp"
	"slices"
	"strings"

	"voute.dev/voute/api/v1alpha1"
	serverconfig "voute.dev/voute/server/config"
)

// Roster is the tenant's pilots, sorted out.
type Roster struct {
	// Pilots are those who count, oldest first.
	Pilots []v1alpha1.Pilot
	// Duplicates maps the name of each Pilot that does not count to the name of
	// the one that has its address.
	Duplicates map[string]string
}

// Of sorts out the Pilots that name one tenant.
func Of(named []v1alpha1.Pilot) Roster {
	staying, leaving := split(named)
	if len(staying) == 0 {
		staying = leaving
	}
	roster := Roster{Duplicates: map[string]string{}}
	first := map[string]string{}
	for _, pilot := range staying {
		address := strings.ToLower(pilot.Spec.Email)
		if holder, taken := first[address]; taken {
			roster.Duplicates[pilot.Name] = holder
			continue
		}
		first[address] = pilot.Name
		roster.Pilots = append(roster.Pilots, pilot)
	}
	return roster
}

// IsLast says whether nobody would be left without this Pilot.
func IsLast(named []v1alpha1.Pilot, name string) bool {
	return !slices.ContainsFunc(named, func(other v1alpha1.Pilot) bool {
		return other.Name != name && other.DeletionTimestamp == nil
	})
}

// Config is the roster as the server reads it.
func (r Roster) Config() []serverconfig.Pilot {
	pilots := make([]serverconfig.Pilot, 0, len(r.Pilots))
	for _, pilot := range r.Pilots {
		pilots = append(pilots, serverconfig.Pilot{
			ID: pilot.Name, Email: pilot.Spec.Email, Name: pilot.Spec.Name, Language: string(pilot.Spec.Language),
		})
	}
	return pilots
}

// split sorts by age, and by name among those of one age.
func split(named []v1alpha1.Pilot) (staying, leaving []v1alpha1.Pilot) {
	sorted := slices.Clone(named)
	slices.SortFunc(sorted, func(a, b v1alpha1.Pilot) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	for _, pilot := range sorted {
		if pilot.DeletionTimestamp == nil {
			staying = append(staying, pilot)
		} else {
			leaving = append(leaving, pilot)
		}
	}
	return staying, leaving
}
