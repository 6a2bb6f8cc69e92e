package config

import "fmt"

// unknown says that what (a flag, a variable, a key) is not a setting, and
// names the nearest one when it can only be a slip.
func unknown(what, name string, known []string) error {
	if near := Nearest(name, known); near != "" {
		return fmt.Errorf("%s %s is unknown; did you mean %s?", what, name, near)
	}
	return fmt.Errorf("%s %s is unknown; snug help lists the settings", what, name)
}

// Nearest returns the member of known that takes the fewest changes to become
// name, or "" when that would be a third of it or more.
func Nearest(name string, known []string) string {
	best, nearest := max(2, len(name)/3)+1, ""
	for _, k := range known {
		if d := distance(name, k); d < best {
			best, nearest = d, k
		}
	}
	return nearest
}

// distance counts the insertions, deletions and replacements between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
