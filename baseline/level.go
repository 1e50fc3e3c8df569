package baseline

// Level says how much a stack asks of itself.
type Level string

// Levels. Each has the controls of the one below and more.
const (
	// LevelRestricted is for everything that can be made to run under it. It is the default.
	LevelRestricted Level = "restricted"
	// LevelBaseline keeps out what is known to break clusters, and runs most software as it comes.
	LevelBaseline Level = "baseline"
)

// Levels lists the levels, the strictest first.
func Levels() []Level { return []Level{LevelRestricted, LevelBaseline} }

// The levels of a control: every one, or the strictest alone.
func everyLevel() []Level     { return []Level{LevelBaseline, LevelRestricted} }
func restrictedOnly() []Level { return []Level{LevelRestricted} }

// Version of the baseline: the year and the month in which it became final, such as 2026.11. Versions compare as text.
type Version string

// Version202611 is the first version.
const Version202611 Version = "2026.11"

// LatestVersion is what a stack gets that names no version.
func LatestVersion() Version {
	versions := Current().Versions
	return versions[len(versions)-1]
}
