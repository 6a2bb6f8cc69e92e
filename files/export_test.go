package files

// CleanName makes a harmless name.
var CleanName = cleanName
